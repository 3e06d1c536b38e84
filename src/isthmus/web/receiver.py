"""What is answered to a webhook, and which hint it gives.

The address is ``/hooks/SOURCE/SECRET``; the source may have slashes (``odoo/main``). Whoever knows the secret
may give hints, and nothing else: what a body says about records is not believed. Unknown sources and wrong
secrets get the same answer.
"""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from isthmus.hints import Hook, Read, Sink, digest_of

PREFIX = "/hooks/"

#: Larger bodies are refused unread. Odoo sends some hundred bytes, Trello some thousand.
MOST_BYTES = 1_000_000

#: So many bodies are remembered, so that one that comes twice is one hint.
MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and a line that says why."""

    status: int
    text: str

    @property
    def body(self) -> bytes:
        """The line as it is sent."""
        return f"{self.text}\n".encode()


NOT_FOUND = Answer(404, "There is no such hook.")
THANKS = Answer(200, "Thank you.")


class Receiver:
    """Answer webhooks. Safe to share between threads.

    ``hooks`` gives the known addresses, ``readers`` has the reader for each kind of source (its first word),
    ``sink`` takes the hints.
    """

    def __init__(self, hooks: Callable[[], Iterable[Hook]], readers: Mapping[str, Read], sink: Sink) -> None:
        self._hooks = hooks
        self._readers = dict(readers)
        self._sink = sink
        self._lock = threading.Lock()
        self._keys: OrderedDict[tuple[str, Any], None] = OrderedDict()

    def answer(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a request; a good one has given its hint. Names of headers: lower case."""
        hook, headers = self.hook(path), headers or {}
        if hook is None:
            return NOT_FOUND
        if method in ("HEAD", "GET"):  # Trello asks so whether somebody is there
            return Answer(200, "Send hints by POST.")
        if method != "POST":
            return Answer(405, "Send hints by POST.")
        if hook.is_genuine and not hook.is_genuine(path, body, headers):
            return Answer(401, "The signature does not fit.")
        try:
            told = (hook.read or self._readers[kind_of(hook)])(body)
        except ValueError as error:
            return Answer(400, f"This body gives no hint: {error}.")
        is_echo = hook.is_echo is not None and hook.is_echo(headers)
        key = None if told.key is None else (hook.source, told.key)
        if not is_echo and key not in self._keys:
            for model, ids in told.subjects:
                self._sink(hook.source, model, ids)
            self._remember(key)  # now that its hints are taken: one that could not be may come again
        return THANKS

    def _remember(self, key: tuple[str, Any] | None) -> None:
        """Know a body from now on."""
        if key is None:
            return
        with self._lock:
            self._keys[key] = None
            self._keys.move_to_end(key)
            if len(self._keys) > MOST_KEYS:
                self._keys.popitem(last=False)

    def hook(self, path: str) -> Hook | None:
        """Return the hook that a path is the address of; None where the secret is wrong."""
        address = path.partition("?")[0]
        if not address.startswith(PREFIX):
            return None
        source, _, secret = address.removeprefix(PREFIX).rpartition("/")
        given, found = digest_of(secret), None
        for hook in self._hooks():  # to the end, so that the time tells nothing
            is_same = hmac.compare_digest(hook.digest, given)
            if is_same and hook.source == source and (hook.read or kind_of(hook) in self._readers):
                found = hook
        return found


def kind_of(hook: Hook) -> str:
    """Return the first word of a hook's source."""
    return hook.source.partition("/")[0]
