"""One budget for several processes: turns never collide, a place is free when its holder is killed."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from isthmus.http import HttpClient
from isthmus.http.file_turnstile import FileTurnstile
from isthmus.odoo import OdooConnection
from isthmus.odoo.budget import Budget, allowance_for
from isthmus.odoo.reach import Reach, odoo_http
from isthmus.records import Registry, SqlDatabase, upgrade_schema
from tests.loopback import Answer, Received, json_answer, loopback
from tests.still_clock import StillClock

ODOO = "https://acme.odoo.com/acme"

#: A worker: it takes turns, or a place, as its standard input says, and tells what it got.
WORKER = """
import sys
from pathlib import Path
from isthmus.connector.turnstile import PostgresTurnstile
from isthmus.http.file_turnstile import FileTurnstile
from isthmus.records import Registry, SqlDatabase

kind, where, name = sys.argv[1:]
if kind == "file":
    turnstile = FileTurnstile(Path(where))
else:
    turnstile = PostgresTurnstile(SqlDatabase(where), Registry.build(["isthmus.connector"]))
leave = None
for line in sys.stdin:
    match line.split():
        case ["turn"]:
            print(turnstile.book(name, 50.0, 1e9), flush=True)
        case ["enter"]:
            leave = turnstile.enter(name, 1)
            print("in" if leave else "out", flush=True)
        case ["leave"]:
            leave()
            print("left", flush=True)
"""


class Worker:
    """A process that uses the turnstile."""

    def __init__(self, kind: str, where: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, kind, where, ODOO],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, order: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tell(self, order: str) -> str:
        self.start(order)
        return self.answer()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(params=["file", pytest.param("postgres", marks=pytest.mark.postgres)])
def new_worker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    where = str(tmp_path / "turns")
    if request.param == "postgres":
        where = request.getfixturevalue("postgres_url")
        database = SqlDatabase(where)
        upgrade_schema(database, Registry.build(["isthmus.connector"]))
        database.close()
    workers: list[Worker] = []

    def make() -> Worker:
        workers.append(Worker(request.param, where))
        return workers[-1]

    yield make
    for worker in workers:
        worker.close()


def test_processes_never_get_the_same_turn(new_worker: Callable[[], Worker]) -> None:
    workers = [new_worker() for _ in range(3)]
    for _ in range(5):
        for worker in workers:
            worker.start("turn")
    waits = [float(worker.answer()) for worker in workers for _ in range(5)]
    assert sorted(round(wait / 50) for wait in waits) == list(range(15))


def test_a_place_is_for_one_process_and_free_when_it_leaves_or_is_killed(
    new_worker: Callable[[], Worker],
) -> None:
    first, second, third = (new_worker() for _ in range(3))
    assert first.tell("enter") == "in"
    assert second.tell("enter") == "out"
    assert first.tell("leave") == "left"
    assert second.tell("enter") == "in"
    assert third.tell("enter") == "out"
    second.kill()
    answers = []
    while answers[-1:] != ["in"]:  # PostgreSQL notices the end of a connection when it comes to it
        answers.append(third.tell("enter"))
        assert len(answers) < 10_000


def test_requests_of_workers_that_meet_never_overlap(tmp_path: Path) -> None:
    guard, inside, most = threading.Lock(), [0], [0]

    def answer(received: Received) -> Answer:
        with guard:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        reply = json_answer({"jsonrpc": "2.0", "id": received.json()["id"], "result": 2})
        with guard:
            inside[0] -= 1
        return reply

    with loopback(answer) as server:
        reach = Reach(concurrency=1, rate=0)
        connections = [
            OdooConnection(
                server.url,
                "db",
                "admin",
                "secret",
                protocol="jsonrpc",
                http=odoo_http(
                    server.url, "db", "secret", reach, turnstile=FileTurnstile(tmp_path / "turns")
                ),
            )
            for _ in range(3)
        ]

        def work(connection: OdooConnection) -> None:
            for _ in range(10):
                connection.execute("m", "search_count", kwargs={"domain": []})

        threads = [threading.Thread(target=work, args=(one,)) for one in connections * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.received) == 3 + 60
    assert most == [1]


def test_odoo_online_is_asked_at_the_pace_that_its_operators_want() -> None:
    """The host name decides; the requests go to this machine."""
    clock = StillClock()
    budget = Budget("odoo", allowance_for("https://acme.odoo.com"), clock=clock)
    with loopback(json_answer({"jsonrpc": "2.0", "id": None, "result": 2})) as server:
        http = HttpClient(server.url, limiter=budget, clock=clock)
        connection = OdooConnection(server.url, "db", "l", "s", http=http, protocol="jsonrpc", clock=clock)
        for _ in range(5):
            connection.execute("m", "search_count", kwargs={"domain": []})
    assert clock.slept == [1.0] * 5
