"""Rounds of both directions: what they cost when little or nothing has changed, by both servers' own logs.

Also: how long it takes from a webhook to the change in Odoo.
"""

from __future__ import annotations

import http.client
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cards import installation
from report import Figure, main
from servers import APP_SECRET, Servers

from isthmus.app import App
from isthmus.cli.backend_record import working_backend
from isthmus.cli.watch import taker
from isthmus.connector.direct import follow
from isthmus.connector.due import Due
from isthmus.connector.round import Round, sync_backend
from isthmus.demo import Stage
from isthmus.sandbox.trello import synthetic
from isthmus.sandbox.trello.courier import signature
from isthmus.trello.hook import path_of_hook
from isthmus.web import WebServer, receiver_of

#: How many records change on each side.
CHANGES = 100

#: After so long without a call the workers are done: longer than they wait for Trello's limits.
QUIET_S = 12.0


def run(app: App) -> Round:
    """Run a round."""
    with app.environment() as env:
        done = sync_backend(env["trello.backend"].search([]))
    assert done.ok, done
    return done


def counted(app: App, servers: Servers) -> tuple[float, int, int, int]:
    """Run a round; return seconds, calls to both sides, and writes to Trello and to Odoo among them."""
    questions = ("calls", "trello writes", "odoo writes")
    before = [servers.ask(question) for question in questions]
    start = time.perf_counter()
    run(app)
    seconds = time.perf_counter() - start
    calls, trello, odoo = (
        servers.ask(question) - one for question, one in zip(questions, before, strict=True)
    )
    return seconds, calls, trello, odoo


def change_both(app: App, servers: Servers) -> None:
    """Have people rename cards in Trello, and other tasks in Odoo."""
    with app.environment() as env:
        bindings = env["trello.card"].search([], order="id", limit=2 * CHANGES)
        cards = bindings[:CHANGES].mapped("external_id")
        tasks = [binding.odoo_id.id for binding in bindings[CHANGES:]]
    servers.ask(("rename cards", cards))
    servers.ask(("rename tasks", tasks))


def measure(quick: bool) -> Iterator[Figure]:
    """Yield the figures."""
    cards = 1_000 if quick else 10_000
    with Servers(cards) as servers, installation(servers.facts) as app:
        start = time.perf_counter()
        run(app)
        yield Figure(f"first round, {cards:,} cards", time.perf_counter() - start, "s")
        seconds, calls, *_ = counted(app, servers)
        yield Figure("round after it", seconds, "s")
        yield Figure("its calls", calls, "calls")
        rounds = [counted(app, servers) for _ in range(5)]
        yield Figure(
            "quiet round, median of five", statistics.median(one[0] for one in rounds), "s", "<= 3 s"
        )
        yield Figure("its calls", max(one[1] for one in rounds), "calls", "<= 20 calls")
        yield Figure("its writes", max(one[2] + one[3] for one in rounds), "writes", "== 0 writes")
        change_both(app, servers)
        seconds, calls, trello, odoo = counted(app, servers)
        yield Figure(f"round with {CHANGES} changes on each side", seconds, "s")
        yield Figure("its calls but for writes to Trello", calls - trello, "calls", "<= 60 calls")
        yield Figure("its writes to Trello, which takes one at a time", trello, "calls")
        yield Figure("its writes to Odoo", odoo, "calls")
        yield from webhooks(app, servers)
    yield from crew(cards)


def crew(cards: int, workers: int = 8) -> Iterator[Figure]:
    """Yield what an import as jobs costs that many workers, with Trello's real limits and full logs."""
    with Stage(synthetic.board(cards)) as stage:
        assert stage.sandbox is not None
        start = ended = time.perf_counter()
        with stage.process("import", "demo", "--later") as enqueuing:
            enqueuing.wait()
        calls = 0
        with stage.process("worker", "--processes", str(workers)):
            while time.perf_counter() - ended < QUIET_S:
                time.sleep(0.2)
                if calls != len(stage.trello.log) + len(stage.sandbox.log):
                    calls = len(stage.trello.log) + len(stage.sandbox.log)
                    ended = time.perf_counter()
        with stage.app.environment() as env:
            imported = env["trello.card"].search_count([("odoo_id", "!=", False)])
        refused = stage.trello.log.count(where=lambda entry: entry.status == 429)
        yield Figure(f"{cards:,} cards by {workers} workers", imported, "cards", f"== {cards} cards")
        yield Figure("with all that belongs to them", ended - start, "s")
        yield Figure("their calls to Trello", len(stage.trello.log), "calls")
        yield Figure("of them answered with 429", refused, "calls", "== 0 calls")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a webhook took, in ms: until its answer, until it was written in Odoo, and the servers' part."""

    answer: float
    written: float
    handling: float
    processor: float
    trello: int
    odoo: int


def webhooks(app: App, servers: Servers, times: int = 60) -> Iterator[Figure]:
    """Yield how long it takes from a webhook to the change in Odoo, with a watch that has nothing else to do.

    Each is about another card, since one that was looked at rests.
    """
    due, shared = Due(), dict[str, Any]()
    with app.environment() as env:
        backend = env["trello.backend"].search([])
        backend.write({"app_secret": APP_SECRET})
        env.commit()
        path = path_of_hook(backend)
        cards = env["trello.card"].search([], order="id", offset=2 * CHANGES, limit=times + 1)
        named = list(zip(cards.mapped("external_id"), cards.mapped("odoo_id.id"), strict=True))
    with WebServer(receiver_of(app, taker(app, "b", due))) as server:
        with app.environment() as env:
            env["trello.backend"].search([]).write({"webhook_url": server.url})
        time.sleep(10.5)  # so that no rate limit holds it up: those count ten seconds
        told = [
            told_of(app, servers, due, shared, server.url + path, number, card)
            for number, (card, _) in enumerate(named)
        ][1:]  # the first one opens the connections
    with app.environment() as env:
        names = env["project.task"].browse([task for _, task in named]).mapped("name")
    assert names == [f"Webhook {number}" for number in range(len(named))], names
    own = [one.written - one.handling for one in told]
    written = [one.written for one in told]
    yield Figure("answer to a webhook, p50", statistics.median(one.answer for one in told), "ms")
    yield Figure("webhook -> written in Odoo, p50", statistics.median(written), "ms")
    yield Figure("webhook -> written in Odoo, p99", percentile(written, 99), "ms")
    yield Figure("of that the servers' own time, p50", statistics.median(one.handling for one in told), "ms")
    yield Figure("without the servers' own time, p50", statistics.median(own), "ms", "<= 60 ms")
    yield Figure("without the servers' own time, p99", percentile(own, 99), "ms")
    yield Figure(
        "its processor time, receiver and sender included, p50",
        statistics.median(one.processor for one in told),
        "ms",
    )
    yield Figure("calls to Trello for a webhook", max(one.trello for one in told), "calls", "<= 2 calls")
    yield Figure("calls to Odoo for a webhook", max(one.odoo for one in told), "calls", "<= 4 calls")


def told_of(
    app: App, servers: Servers, due: Due, shared: dict[str, Any], callback: str, number: int, card: str
) -> Taken:
    """Have somebody rename a card, send its webhook, and follow that as a watch does."""
    servers.ask(("rename card", (card, f"Webhook {number}")))
    questions = ("calls", "trello calls", "handling")
    before = [servers.ask(question) for question in questions]
    action = {"id": f"{number:024x}", "type": "updateCard", "data": {"card": {"id": card}}}
    start, used = time.perf_counter(), time.process_time()
    post(callback, {"action": action})
    answered = time.perf_counter()
    due.wait(10)
    with working_backend(app, "b", "webhook") as backend:
        done = follow(backend, due.take(), shared=shared)
    written, used = time.perf_counter(), time.process_time() - used
    assert [one.counts["updated"] for one in done.round.imports] == [1], done
    calls, trello, handling = (
        servers.ask(question) - one for question, one in zip(questions, before, strict=True)
    )
    taken = [(moment - start) * 1000 for moment in (answered, written)]
    return Taken(*taken, handling, used * 1000, trello, calls - trello)


def percentile(values: list[float], per_cent: int) -> float:
    """Return the value that so many per cent do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[per_cent - 1]


def post(callback: str, told: dict[str, Any]) -> None:
    """Send a signed webhook."""
    body, parts = json.dumps(told).encode(), urlsplit(callback)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.request("POST", parts.path, body, {"X-Trello-Webhook": signature(APP_SECRET, body, callback)})
    assert connection.getresponse().status == 200
    connection.close()


if __name__ == "__main__":
    raise SystemExit(main("Keeping in step", lambda quick: list(measure(quick))))
