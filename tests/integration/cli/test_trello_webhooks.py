"""Trello's webhooks from end to end: installed, delivered by the sandbox's courier over HTTP, answered."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from isthmus.app import App
from isthmus.hints import Hints
from isthmus.sandbox.faults import Answer
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import TrelloSandbox
from isthmus.sandbox.trello.courier import signature
from isthmus.web import WebServer, receiver_of
from tests.command import Command
from tests.integration.cli.test_sync import documents, done
from tests.still_clock import StillClock


@dataclass
class Scene:
    """A backend with its webhooks installed, and a receiver that takes them."""

    run: Command
    trello: TrelloSandbox
    app: App
    server: WebServer
    hints: Hints

    def client(self) -> Any:
        """Return a client of somebody else: what it does is no echo."""
        from isthmus.trello.client import TrelloClient

        clock = StillClock()  # nobody waits for a rate limit
        return TrelloClient(self.trello.key, self.trello.token, url=self.trello.url, clock=clock)

    def callback(self) -> str:
        """Return the address that the webhooks go to, secret and all."""
        (url,) = {one["callbackURL"] for one in self.client().webhooks()}
        return str(url)

    def post(self, body: bytes, headers: dict[str, str], method: str = "POST") -> int:
        """Send a request to the webhooks' address and return the status of its answer."""
        parts = urlsplit(self.callback())
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            connection.request(method, parts.path, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def cards(self) -> list[dict[str, Any]]:
        with self.app.environment(None) as env:
            (board,) = env["trello.backend"].search([]).client().get("/members/me/boards")
        found: list[dict[str, Any]] = self.client().get(f"/boards/{board['id']}/cards")
        return found

    def taken(self) -> dict[tuple[str, str], Any]:
        self.trello.courier.wait()
        return dict(self.hints.take())


@pytest.fixture
def scene(work: Command, trello: TrelloSandbox) -> Iterator[Scene]:
    assert work("backend", "set", "work", "--secret", trello.courier.secret).code == 0
    hints = Hints(settle_s=0)
    with App.load() as app, WebServer(receiver_of(app, hints.add)) as server:
        assert work("backend", "webhooks", "install", "work", "--url", server.url).code == 0
        trello.courier.retry_s = ()
        yield Scene(work, trello, app, server, hints)


def test_they_are_installed_listed_and_removed_and_their_secret_is_kept_nowhere(
    scene: Scene, tmp_path: Any
) -> None:
    work = scene.run
    callback = scene.callback()
    secret = callback.rpartition("/")[2]
    assert len(secret) == 64
    again = work("backend", "webhooks", "install", "work", "--url", f"{scene.server.url}/", "--json")
    assert [one["is_active"] for one in again.data] == [True]
    assert scene.callback() == callback
    shown = work("backend", "webhooks", "list", "work")
    assert (shown.code, scene.server.url in shown.out.replace("\n", "")) == (0, True)
    files = [file for file in tmp_path.rglob("*") if "isthmus.sqlite" in str(file) and file.is_file()]
    database = b"".join(file.read_bytes() for file in files)
    for told in (str(again.data), shown.out, work("backend", "show", "work").out):
        assert secret not in told
    assert secret.encode() not in database
    assert scene.trello.courier.secret.encode() not in database

    (one,) = scene.client().webhooks()
    scene.client().put(f"/webhooks/{one['id']}", {"active": False})
    assert work("backend", "webhooks", "list", "work").code == 1
    work("backend", "webhooks", "install", "work", "--url", scene.server.url)
    assert work("backend", "webhooks", "list", "work").code == 0
    assert work("backend", "webhooks", "remove", "work", "--json").data == {"removed": 1}
    assert scene.client().webhooks() == []


def test_a_receiver_that_nobody_reaches_is_told_of_without_the_secret(
    work: Command, trello: TrelloSandbox
) -> None:
    refused = work("backend", "webhooks", "install", "work", "--url", "http://127.0.0.1:9")
    assert (refused.code, "app secret" in refused.err) == (2, True)
    work("backend", "set", "work", "--secret", trello.courier.secret)
    refused = work("backend", "webhooks", "install", "work", "--url", "http://127.0.0.1:9")
    assert (refused.code, "sync work --watch --listen" in refused.err) == (2, True)
    assert "/hooks/" not in refused.err
    assert work("backend", "webhooks", "install", "work", "--url", "sync.example").code == 2


def test_a_storm_is_one_look_however_it_comes(scene: Scene) -> None:
    first, second = scene.cards()[:2]
    scene.trello.courier.hold()
    for number in range(250):
        scene.client().put(f"/cards/{first['id']}", {"name": f"Name {number}"})
    scene.client().put(f"/cards/{second['id']}", {"name": "Another"})
    doubled: list[Any] = []
    scene.trello.courier.release(
        lambda waiting: doubled.extend([*reversed(waiting), *waiting, *waiting, *waiting]) or doubled
    )
    ((key, subject),) = scene.taken().items()
    assert len(doubled) == 1004
    assert key[1] == "trello.card"
    assert (subject.count, subject.ids) == (251, {first["id"], second["id"]})
    assert scene.taken() == {}
    (webhook,) = scene.client().webhooks()
    assert webhook["consecutiveFailures"] == 0


def test_what_is_not_signed_by_the_app_is_refused(scene: Scene) -> None:
    callback, secret = scene.callback(), scene.trello.courier.secret
    body = json.dumps({"action": {"id": "5" * 24, "data": {"card": {"id": "6" * 24}}}}).encode()
    good = signature(secret, body, callback)
    refused = [
        ({}, body),
        ({"X-Trello-Webhook": ""}, body),
        ({"X-Trello-Webhook": good[:-4] + "AAA="}, body),
        ({"X-Trello-Webhook": signature("another", body, callback)}, body),
        ({"X-Trello-Webhook": signature(secret, body, callback + "/")}, body),
        ({"X-Trello-Webhook": good}, body + b" "),
        ({"X-Trello-Webhook": "é"}, body),
    ]
    assert [scene.post(sent, headers) for headers, sent in refused] == [401] * len(refused)
    for garbage in (b"", b"{", b"[]", b'{"action": {}}', b'{"action": {"id": "x"}}', b'{"action": null}'):
        headers = {"X-Trello-Webhook": signature(secret, garbage, callback)}
        assert scene.post(garbage, headers) == 400
    assert scene.post(b"", {}, "HEAD") == 200
    assert scene.taken() == {}
    assert scene.post(body, {"X-Trello-Webhook": good}) == 200
    assert [one.ids for one in scene.taken().values()] == [{"6" * 24}]


def test_what_we_did_ourselves_is_no_hint(scene: Scene) -> None:
    card = scene.cards()[0]
    with scene.app.environment(None) as env:
        env["trello.backend"].search([]).client().put(f"/cards/{card['id']}", {"name": "By us"})
    assert scene.taken() == {}
    scene.client().put(f"/cards/{card['id']}", {"name": "By them"})
    assert len(scene.taken()) == 1


def test_what_a_webhook_names_is_in_odoo_without_a_round_and_outlives_a_kill(
    work: Command, trello: TrelloSandbox, odoo: OdooSandbox
) -> None:
    assert work("sync", "work").code == 0
    work("backend", "set", "work", "--secret", trello.courier.secret)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = f"-m isthmus.cli sync work --watch --listen 127.0.0.1:{port} --interval 3600 --json"
    with subprocess.Popen([sys.executable, *words.split()], stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        rounds = documents(watching.stdout)
        assert "updated" not in done(next(rounds))["import trello.card"]
        url = f"http://127.0.0.1:{port}"
        assert work("backend", "webhooks", "install", "work", "--url", url).code == 0
        with App.load() as app, app.environment() as env:
            binding = env["trello.card"].search([], limit=1)
            external_id, task = binding.external_id, binding.odoo_id
        from isthmus.trello.client import TrelloClient

        client = TrelloClient(trello.key, trello.token, url=trello.url)
        client.put(f"/cards/{external_id}", {"name": "Heard at once"})
        followed = next(rounds)
        assert (followed["told"], done(followed)) == (True, {"import trello.card": {"updated": 1}})
        with App.load() as app, app.environment() as env:
            assert env["project.task"].browse(task.id).name == "Heard at once"
        odoo.faults.add(Answer(502, "<html>Bad Gateway</html>"), times=None)
        client.put(f"/cards/{external_id}", {"name": "Answered, and then killed"})
        trello.courier.wait()  # until it was answered
        watching.kill()
    odoo.faults.clear()
    with App.load() as app, app.environment(None) as env:
        assert env["connector.hint"].search([]).mapped("record") == [external_id]
    assert done(work("sync", "work", "--json").data)["import trello.card"]["updated"] == 1
    with App.load() as app, app.environment() as env:
        assert env["project.task"].browse(task.id).name == "Answered, and then killed"
        assert not env["connector.hint"].search([])


def test_listening_goes_with_watching(work: Command) -> None:
    assert work("sync", "work", "--listen", "127.0.0.1:0").code == 2
    assert work("sync", "work", "--watch", "--listen", "here").code == 2
