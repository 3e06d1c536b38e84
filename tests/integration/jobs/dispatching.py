"""A dispatcher in a thread, a post that a test watches, and those who take up what is sent."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from isthmus.errors import UnreachableError
from isthmus.jobs import tables
from isthmus.jobs.adopter import Adopter
from isthmus.jobs.claim import Claim, Result
from isthmus.jobs.desk import JobDesk
from isthmus.jobs.dispatcher import Dispatcher
from isthmus.jobs.doorbell import DatagramBell, NotifyBell
from isthmus.jobs.runner import Run
from isthmus.jobs.spec import JobSpec
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.records import SqlDatabase

#: How long a test waits for what must come. Only a failure takes so long.
LONGEST_S = 20.0


def job(uuid: str, **properties: Any) -> JobSpec:
    return JobSpec(uuid=uuid, model="shop.order", method="export", payload='{"n": 1}', **properties)


class Post:
    """Keeps what it is given; ``is_away`` makes it refuse."""

    def __init__(self) -> None:
        self.is_away = False
        self.refused = threading.Event()
        self.messages: queue.Queue[tuple[int, int]] = queue.Queue()
        self.is_closed = False

    def connect(self) -> None:
        if self.is_away:
            self.refused.set()
            raise UnreachableError("the broker is away")

    def send(self, claim: Claim) -> None:
        self.connect()
        self.messages.put((claim.id, claim.token))

    def close(self) -> None:
        self.is_closed = True

    def next(self) -> tuple[int, int]:
        """Return the next message, when it has come."""
        return self.messages.get(timeout=LONGEST_S)


class Yard:
    """A store with a desk, a post, and a number of those who adopt."""

    def __init__(self, database: SqlDatabase) -> None:
        with database.begin() as transaction:
            transaction.lock()
            for table in tables.metadata.sorted_tables:
                transaction.execute(f"DELETE FROM {table.name}")
        self.database = database
        self.store = SqlJobStore(database)
        self.desk = JobDesk(self.store)
        self.post = Post()
        self._adopters: list[Adopter] = []

    def add(self, *specs: JobSpec) -> None:
        with self.database.begin() as transaction:
            self.store.add(transaction, specs)

    def state(self, uuid: str) -> str:
        return str(self.desk.show(uuid).state)

    def dispatcher(self, **options: Any) -> Dispatcher:
        bell = NotifyBell(self._listener) if self.store.is_postgresql else DatagramBell()
        return Dispatcher(self.store, self.post, bell, **options)

    def _listener(self) -> Any:
        connection = self.database.engine.raw_connection()
        driver: Any = connection.driver_connection
        connection.detach()
        driver.autocommit = True
        return driver

    @contextmanager
    def dispatching(self, **options: Any) -> Iterator[Dispatcher]:
        """Dispatch in a thread until the end of the block."""
        dispatcher = self.dispatcher(**options)
        thread = threading.Thread(target=dispatcher.run, daemon=True)
        thread.start()
        try:
            yield dispatcher
        finally:
            dispatcher.stop()
            thread.join(LONGEST_S)
            assert not thread.is_alive(), "the dispatcher does not end"

    def adopter(self, perform: Callable[[Claim, Run], Result | None] | None = None, **more: Any) -> Adopter:
        def done(claim: Claim, run: Run) -> Result:
            return Result(kind="done", value=claim.payload)

        store = more.pop("store", self.store)
        made = Adopter(store, perform or done, **more)
        self._adopters.append(made)
        return made

    def workers(self) -> list[int]:
        return [one.id for one in self.desk.stats().workers]

    def close(self) -> None:
        for one in self._adopters:
            one.close()


def until(is_so: Callable[[], Any]) -> Any:
    """Wait until something is true, and return it."""
    pause = threading.Event()
    for _ in range(int(LONGEST_S / 0.005)):
        if found := is_so():
            return found
        pause.wait(0.005)
    raise AssertionError(f"not so within {LONGEST_S:g} s")


class Holding:
    """A job's body that runs until it is let go or interrupted."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()
        self.run: Run | None = None

    def __call__(self, claim: Claim, run: Run) -> Result:
        self.run = run
        self.begun.set()
        while not self.go.wait(0.005):
            pass
        return Result(kind="done")


class Later:
    """A call in a thread; ``result()`` is what it returned."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._found: queue.Queue[Any] = queue.Queue()
        thread = threading.Thread(target=lambda: self._found.put(function(*arguments)), daemon=True)
        thread.start()

    def result(self) -> Any:
        return self._found.get(timeout=LONGEST_S)
