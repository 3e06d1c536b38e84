"""The job store over SQL: one meaning on SQLite (one machine, many processes) and PostgreSQL (many)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from isthmus.clock import Clock, SystemClock
from isthmus.jobs import handover, workers
from isthmus.jobs.claim import Ack, Claim, Claimed
from isthmus.jobs.claiming import claim, take_mutex
from isthmus.jobs.doorbell import Ringer
from isthmus.jobs.enqueue import add_many, add_one, is_plain
from isthmus.jobs.handover import Offer
from isthmus.jobs.moment import DatabaseTime, LocalTime, OwnTime
from isthmus.jobs.settlement import settle, settle_plain
from isthmus.jobs.spec import Added, Edge, JobSpec
from isthmus.jobs.sql import Database, Sql, Transaction
from isthmus.jobs.taking import leased

NOTIFY = (
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM job_worker WHERE idle) THEN pg_notify('isthmus_jobs', '') END"
)

NOW = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"

#: A process that is stopped inside one of our short transactions holds up the others for so long only.
SHORT = "SET LOCAL idle_in_transaction_session_timeout = 5000"


class SqlJobStore:
    """Keep jobs in a SQL database. Safe to share between threads.

    ``clock`` is only for tests: without it, time is the database's.
    """

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self.database = database
        self.is_postgresql = database.dialect.name == "postgresql"
        self._ringer = Ringer(self._ports)
        #: How many jobs were claimed through this object, for whoever cleans up behind it.
        self.claimed = 0
        self._silence = workers.Silence(clock or SystemClock())
        self._time: OwnTime | LocalTime | DatabaseTime
        if clock is not None:
            self._time = LocalTime(clock)
        elif self.is_postgresql:
            self._time = DatabaseTime(self._ask_time, SystemClock())
        else:
            self._time = OwnTime()

    def now(self) -> int:
        """Return the current moment, in µs since 1970."""
        return self._time.now()

    def _ask_time(self) -> int:
        transaction = self.database.transaction()
        try:
            return int(Sql(transaction).rows(NOW)[0][0])
        finally:
            transaction.close()

    # --- transactions ---

    @contextmanager
    def reading(self) -> Iterator[Sql]:
        """Give statements that change nothing and see one moment.

        A job moves from table to table: without that, those who look into one after the other could miss it.
        """
        transaction = self.database.transaction()
        try:
            transaction.snapshot()
            yield Sql(transaction)
        finally:
            transaction.close()

    @contextmanager
    def writing(self) -> Iterator[Sql]:
        """Give statements of one transaction: committed at the end, rolled back when the block raises."""
        transaction = self.database.transaction()
        try:
            transaction.lock()
            if self.is_postgresql:
                transaction.execute(SHORT)
            yield Sql(transaction)
            transaction.commit()
        finally:
            transaction.close()

    @contextmanager
    def alone(self) -> Iterator[Sql]:
        """Give statements of one transaction under the mutex of claims."""
        with self.writing() as sql:
            take_mutex(sql)
            yield sql

    # --- enqueueing ---

    def add(
        self, transaction: Transaction, specs: Sequence[JobSpec], edges: Sequence[Edge] = ()
    ) -> list[Added]:
        """Store jobs inside the caller's transaction (:class:`isthmus.jobs.store.Queue`)."""
        if not specs and not edges:
            return []
        now = self.now()
        sql = Sql(transaction)
        if len(specs) == 1 and not edges and is_plain(specs[0], now):
            add_one(sql, specs[0], now)
            added = [Added(specs[0].uuid, True)]
        else:
            transaction.lock()
            added = add_many(sql, specs, edges, now)
            self.call(sql)
        if not self.is_postgresql:
            transaction.on_commit(self._ringer.ring)
        return added

    def call(self, sql: Sql) -> None:
        """Call workers that sleep, once the transaction commits."""
        if self.is_postgresql:
            sql.transaction.execute(NOTIFY)
        else:
            sql.transaction.on_commit(self._ringer.ring)

    def _ports(self) -> list[int]:
        with self.reading() as sql:
            return [row[0] for row in sql.rows("SELECT port FROM job_worker WHERE port IS NOT NULL")]

    # --- working ---

    def register(self, port: int | None, threads: int, ttl_s: float, only: Sequence[str] = ()) -> int:
        """Enter this process among the workers, which takes the jobs of these channels (none: of all); return
        the worker's id.
        """
        with self.writing() as sql:
            return workers.register(sql, port, threads, ttl_s, self.now(), only)

    def beat(self, worker_id: int) -> bool:
        """Say that a worker lives. False: it was taken for dead, and what it runs is not its own any more."""
        with self.writing() as sql:
            return workers.beat(sql, worker_id, self.now())

    def bury_dead(self) -> int:
        """Take from dead workers what they held; return how many jobs that were."""
        with self.alone() as sql:
            taken = workers.bury_dead(sql, self._silence, self.now())
            if taken:
                self.call(sql)
            return taken

    def bury(self, worker_id: int) -> int:
        """Take from one worker, known to be dead or at its end, what it held, and strike it off."""
        with self.alone() as sql:
            taken = workers.bury(sql, worker_id, self.now())
            if taken:
                self.call(sql)
            return taken

    def claim(
        self, worker_id: int, want: int, counter: Callable[[], int], only: Sequence[str] = ()
    ) -> Claimed:
        """Claim jobs for a worker in a transaction of its own."""
        with self.writing() as sql:
            return self.claim_in(sql, worker_id, want, counter, only)

    def claim_in(
        self, sql: Sql, worker_id: int, want: int, counter: Callable[[], int], only: Sequence[str] = ()
    ) -> Claimed:
        """Claim jobs for a worker inside a transaction."""
        take_mutex(sql, is_durable=False)
        found = claim(sql, worker_id, want, self.now(), counter, only)
        self.claimed += len(found.claims)
        return found

    def settle(self, acks: Sequence[Ack]) -> set[int]:
        """Write what became of claims in a transaction of its own; return the tokens of lost leases."""
        with self.writing() as sql:
            return self.settle_in(sql, acks)

    def settle_in(self, sql: Sql, acks: Sequence[Ack]) -> set[int]:
        """Write what became of claims inside a transaction; return the tokens of lost leases."""
        return settle(sql, acks, self.now()) if acks else set()

    def settle_and_commit(self, sql: Sql, acks: Sequence[Ack]) -> set[int]:
        """Write what became of claims on a connection with no open transaction, and commit; return the tokens
        of lost leases.
        """
        rest = settle_plain(sql, acks, self.now())
        if not rest:
            return set()
        sql.transaction.lock()
        lost = self.settle_in(sql, rest)
        sql.transaction.commit()
        return lost

    def begin(self, claim: Claim, began_at: int) -> bool:
        """Write down that a job begins (µs since 1970). False: its lease was lost."""
        with self.writing() as sql:
            return bool(
                sql.run(
                    "UPDATE job_lease SET begun_at = ? WHERE job_id = ? AND token = ?",
                    began_at, claim.id, claim.token,
                )
            )  # fmt: skip

    def watch(self, held: Sequence[Claim], news: Sequence[tuple[Claim, int, str | None]]) -> set[int]:
        """Write down of running jobs since when they run (µs) and how far they are (JSON, None: nothing new).

        Return the tokens of those among the jobs that a worker holds which are to be stopped.
        """
        if news:
            with self.writing() as sql:
                sql.each(
                    "UPDATE job_lease SET begun_at = ?, progress = coalesce(?, progress) "
                    "WHERE job_id = ? AND token = ?",
                    [(began_at, progress, claim.id, claim.token) for claim, began_at, progress in news],
                )
        with self.reading() as sql:
            condition, ids = sql.among("job_id", [claim.id for claim in held])
            rows = sql.rows(f"SELECT token FROM job_lease WHERE {condition} AND stop", ids)
        return {row[0] for row in rows}

    def leased(self, worker_id: int) -> list[Claim]:
        """Return what a worker has according to the tables."""
        with self.reading() as sql:
            return leased(sql, worker_id)

    # --- handing over: a dispatcher claims, somebody else begins ---

    def want_calls(self, worker_id: int, wanted: bool) -> None:
        """Say whether enqueuers are to call a worker: it costs them, and only one that sleeps needs it."""
        with self.writing() as sql:
            sql.run("UPDATE job_worker SET idle = ? WHERE id = ?", wanted, worker_id)

    def offers(self, worker_id: int) -> list[Offer]:
        """Return the leases of a dispatcher that nobody has begun, in the order of their claims."""
        with self.reading() as sql:
            return handover.offers(sql, worker_id)

    def adopt(self, job_id: int, token: int, worker_id: int, own: int) -> Claim | None:
        """Make an offered lease a worker's own and begin it (:func:`isthmus.jobs.handover.adopt`)."""
        with self.writing() as sql:
            claim = handover.adopt(sql, job_id, token, worker_id, own, self.now())
            self.call(sql)  # the dispatcher has room for another one
            return claim
