"""Webhooks in Trello, one for each board, put there and taken away. Trello has no page that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from isthmus.errors import ConfigurationError, RejectedError
from isthmus.trello.client import TrelloClient
from isthmus.trello.hook import path_of_hook, source_of

DESCRIPTION = "Isthmus"


class Webhooks:
    """The webhooks of a backend. They belong to its token, and go when that does."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    @cached_property
    def _client(self) -> TrelloClient:
        client: TrelloClient = self._backend.client()
        return client

    def ours(self) -> list[dict[str, Any]]:
        """Return the webhooks that lead to this backend, wherever that was."""
        mark = f"/hooks/{source_of(self._backend)}/"
        return sorted(
            (one for one in self._client.webhooks() if mark in one["callbackURL"]),
            key=lambda one: (one["idModel"], one["id"]),
        )

    def install(self, url: str) -> None:
        """Have each board that is synchronised send here, once; others no longer.

        The receiver has to listen already: Trello asks whether somebody is there.
        """
        backend = self._backend
        if not backend.app_secret:
            raise ConfigurationError(
                f"{backend.name} has no app secret, so nobody could tell Trello's messages from others",
                hint=f"Set it: isthmus backend set {backend.name} --secret -",
            )
        backend.webhook_url = url.rstrip("/")
        backend.env.commit()  # whoever listens has to know it before the first message comes
        callback = backend.webhook_url + path_of_hook(backend)
        there = self.ours()
        boards = self._boards()
        for board in boards:
            self._put(board, callback, [one for one in there if one["idModel"] == board])
        for one in there:
            if one["idModel"] not in boards:
                self._client.delete(f"/webhooks/{one['id']}")

    def remove(self) -> int:
        """Take them away; return how many there were."""
        there = self.ours()
        for one in there:
            self._client.delete(f"/webhooks/{one['id']}")
        self._backend.webhook_url = False
        return len(there)

    def _boards(self) -> list[str]:
        with self._backend.work_on("trello.board") as work:
            boards: list[str] = work.component(usage="backend.adapter").boards()
        return boards

    def _put(self, board: str, callback: str, there: list[dict[str, Any]]) -> None:
        """Make the webhook of a board, or bring the first that is there up to date; one is enough."""
        first, *others = [*sorted(there, key=lambda one: one["callbackURL"] != callback), None]
        wanted = {"callbackURL": callback, "active": True}
        try:
            if first is None:
                made = {"idModel": board, "description": f"{DESCRIPTION}: {self._backend.name}", **wanted}
                self._client.post("/webhooks", made)
            elif {name: first[name] for name in wanted} != wanted:
                self._client.put(f"/webhooks/{first['id']}", wanted)
        except RejectedError as error:
            raise self._unheard(error) from error
        for other in others:
            if other is not None:
                self._client.delete(f"/webhooks/{other['id']}")

    def _unheard(self, error: RejectedError) -> Exception:
        """Return what to say of a refusal, without the secret in the address that Trello repeats."""
        if "did not return 200" not in error.message:
            return RejectedError("Trello refuses the webhook", status=error.status)
        got = error.message.rpartition(" got ")[2]
        base, name = self._backend.webhook_url, self._backend.name
        return ConfigurationError(
            f"Trello found nobody at {base}: it got {got}",
            hint=f"Run `isthmus sync {name} --watch --listen HOST:PORT` first, where Trello reaches it.",
        )


def shown(webhook: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be shown of a webhook."""
    return {
        "subject": webhook["idModel"],
        "url": str(webhook["callbackURL"]).rpartition("/")[0],
        "is_active": bool(webhook["active"]),
        "failures": int(webhook.get("consecutiveFailures") or 0),
    }
