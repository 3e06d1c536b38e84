"""Importing cards: what Isthmus itself costs, beside the two servers.

The servers run in a process of their own and say how much processor time they used; the rest is Isthmus,
the interpreter and the loopback network.
"""

from __future__ import annotations

import gc
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from report import Figure, main
from servers import API_KEY, KEY, TOKEN, Servers

from isthmus.app import App
from isthmus.config import OdooSettings, Settings
from isthmus.connector.operation import import_backend
from isthmus.connector.report import EntityReport
from isthmus.connector.secret import FernetCipher


@contextmanager
def installation(facts: dict[str, str]) -> Iterator[App]:
    """Give an app in a folder of its own, with a backend for the benchmark's board.

    ``facts`` are those of :class:`Servers`; a real Odoo has ``login`` and ``key`` as well.
    """
    environ = {
        "ISTHMUS_ODOO_MAIN_KEY": facts.get("key", API_KEY),
        "ISTHMUS_SECRET_KEY": FernetCipher.new_key(),
    }
    with tempfile.TemporaryDirectory() as folder:
        odoo = OdooSettings(url=facts["odoo"], database=facts["database"], login=facts.get("login", "admin"))
        settings = Settings(
            connectors=("isthmus.trello",), odoo={"main": odoo}, path=Path(folder) / "isthmus.toml"
        )
        with App(settings, environ=environ) as app:
            app.upgrade()
            with app.environment() as env:
                env["trello.backend"].create(
                    {
                        "name": "b",
                        "url": facts["trello"],
                        "key": KEY,
                        "token": TOKEN,
                        "boards": [facts["board"]],
                    }
                )
            yield app


def run_import(app: App) -> dict[str, int]:
    """Import everything and return the counts of all entities together."""
    with app.environment() as env:
        return summed(import_backend(env["trello.backend"].search([])))


def summed(reports: Sequence[EntityReport]) -> dict[str, int]:
    """Return the counts of all entities together."""
    return {kind: sum(report.counts[kind] for report in reports) for kind in reports[0].counts}


def measured(app: App, servers: Servers) -> tuple[dict[str, int], float, int, int]:
    """Import and return counts, seconds without the servers' own time, calls, and writes in Odoo."""
    before = {question: servers.ask(question) for question in ("seconds", "calls", "odoo writes")}
    start = time.perf_counter()
    counts = run_import(app)
    elapsed = time.perf_counter() - start
    after = {question: servers.ask(question) for question in before}
    own = elapsed - (after["seconds"] - before["seconds"])
    return counts, own, after["calls"] - before["calls"], after["odoo writes"] - before["odoo writes"]


def peak_growth(pipe: Any, facts: dict[str, str]) -> None:
    """Import in this process; send by how many MB its memory grew at most over that of a small import's
    start.
    """
    with installation(facts) as app:
        with app.environment() as env:
            env["project.task"].search_count([])
            with env["trello.backend"].search([]).work_on("trello.card") as work:
                next(iter(work.component(usage="backend.adapter").pages(None, None)))
        gc.collect()
        idle = current_mb()
        run_import(app)
        pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - idle)


def current_mb() -> float:
    """Return the memory that this process has now, in MB; on systems without /proc its peak so far."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory(cards: int) -> float:
    """Return by how many MB a fresh process grows when it imports that many cards."""
    with Servers(cards) as servers:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=peak_growth, args=(theirs, servers.facts)
        )
        process.start()
        grown: float = ours.recv()
        process.join()
    return grown


def measure(quick: bool) -> Iterator[Figure]:
    """Yield the figures."""
    cards = 1_000 if quick else 10_000
    with Servers(cards) as servers, installation(servers.facts) as app:
        counts, own, calls, _ = measured(app, servers)
        yield Figure(f"import of {cards:,} cards, own cost per card", own / cards * 1000, "ms", "<= 0.5 ms")
        yield Figure("records created", counts["created"], "records")
        yield Figure("HTTP calls", calls, "calls")
        counts, own, calls, writes = measured(app, servers)
        target = "<= 3 s" if not quick else "<= 0.3 s"
        yield Figure(f"unchanged re-import of {cards:,} cards, own time", own, "s", target)
        yield Figure("its writes in Odoo", writes, "writes", "== 0 writes")
        yield Figure("its HTTP calls", calls, "calls")
        yield from remote_loop(app)
    yield Figure(f"memory over idle, {cards:,} cards", memory(cards), "MB", "<= 120 MB")
    if not quick:
        yield Figure("memory over idle, 100,000 cards", memory(100_000), "MB", "<= 120 MB")


def remote_loop(app: App) -> Iterator[Figure]:
    """Yield the calls that reading 1,000 remote records with five fields in a loop takes."""
    with app.environment() as env:
        env["project.task"]._fields  # noqa: B018 - the description of the model is read once per connection
        calls = app.connection().calls
        before = sum(calls.values())
        for task in env["project.task"].search([], limit=1000):
            _ = (task.name, task.description, task.stage_id.id, task.date_deadline, task.state)
        yield Figure(
            "calls to read 1,000 remote records, five fields",
            sum(calls.values()) - before,
            "calls",
            "<= 2 calls",
        )


if __name__ == "__main__":
    raise SystemExit(main("Importing cards", lambda quick: list(measure(quick))))
