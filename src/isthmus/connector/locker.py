"""Lockers keep two workers from doing the same at the same time."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from isthmus.connector.base import ConnectorComponent
from isthmus.errors import ConstraintError, RetryableJobError
from isthmus.records import fields, model


class Lease(model.Model):
    """A name that somebody holds across several transactions, until it expires."""

    _name = "connector.lease"
    _description = "Lease"

    name = fields.Char("Name", required=True)
    holder = fields.Char("Holder", required=True)
    expires = fields.Datetime("Expires", required=True)

    _sql_constraints = [("name_uniq", "unique(name)", "Somebody holds this already.")]


class RecordLocker(ConnectorComponent):
    """Locks for records, for what has no row yet, and for long work.

    Locks end with the transaction: advisory locks on PostgreSQL; on SQLite the right to write, which one
    transaction has at a time. A lease outlives commits and ends when it is given back or expires.
    """

    _abstract = False
    _name = "connector.record.locker"
    _inherit = ["base.connector"]
    _usage = "record.locker"

    seconds = 5
    ignore_retry = True

    def lock(self, records: Any) -> None:
        """Lock records until the end of the transaction.

        Raises RetryableJobError when another one holds any of them.
        """
        for id_ in sorted(records.ids):  # a fixed order, so that two lockers never wait for each other
            self.advisory_lock_or_retry(f"{records._name},{id_}")

    def advisory_lock_or_retry(self, key: str) -> None:
        """Lock a name until the end of the transaction.

        Raises RetryableJobError when another one holds it.
        """
        if not self.env.try_lock(key):
            raise RetryableJobError(
                f"somebody else is working on {key!r}",
                seconds=self.seconds,
                ignore_retry=self.ignore_retry,
                hint="It is tried again in a moment.",
            )

    @contextmanager
    def hold(self, name: str, lease_s: float = 300.0) -> Iterator[LeaseHold]:
        """Hold a name across commits while the block runs. Raises RetryableJobError when somebody else does.

        Commits. ``lease.renew()`` (done with each page of a batch) moves the end; a holder that was killed
        blocks others until the lease expires. Parts that others hold are waited for.
        """
        lease = LeaseHold(self.env, name, lease_s)
        lease.take()
        known = _wholes.set(_wholes.get() | {name})
        try:
            self._await_parts(name)
            yield lease
        except BaseException:
            self.env.rollback()
            raise
        finally:
            _wholes.reset(known)
            lease.give_back()

    @contextmanager
    def hold_part(self, whole: str, part: str, lease_s: float = 60.0) -> Iterator[LeaseHold]:
        """Hold a part of what :meth:`hold` holds as a whole: others may hold other parts meanwhile.

        Commits. Raises RetryableJobError when somebody else holds the same part, or the whole.
        """
        lease = LeaseHold(self.env, f"{whole}{OF_WHOLE}{part}", lease_s)
        lease.take()
        try:
            # After our own lease is there to be seen: of two that begin at once, one sees the other.
            if whole not in _wholes.get() and LeaseHold(self.env, whole, lease_s).is_taken():
                raise RetryableJobError(
                    f"{whole!r} is running, so {part} has to wait",
                    seconds=self.seconds,
                    ignore_retry=self.ignore_retry,
                    hint="It is tried again in a moment.",
                )
            yield lease
        except BaseException:
            self.env.rollback()
            raise
        finally:
            lease.give_back()

    def _await_parts(self, whole: str) -> None:
        """Wait until nobody holds a part. Raises RetryableJobError when that takes too long."""
        clock = self.env.clock
        end = clock.monotonic() + PATIENCE_S
        while parts := self._parts(whole):
            if clock.monotonic() > end:
                raise RetryableJobError(
                    f"{parts[0]!r} does not end, so {whole!r} has to wait",
                    seconds=PATIENCE_S,
                    ignore_retry=True,
                    hint="Wait until it ends; what a lost machine held is free again within a minute.",
                )
            self.env.commit()  # what is read next is what is there then
            clock.sleep(0.02)

    def _parts(self, whole: str) -> list[str]:
        """Return the parts that somebody holds."""
        prefix = f"{whole}{OF_WHOLE}"
        rows = self.env["connector.lease"]._read_rows([("name", "like", prefix)], ["name"])
        names = sorted(row["name"] for row in rows if row["name"].startswith(prefix))
        return [name for name in names if LeaseHold(self.env, name, 0).is_taken()]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease: a process on a machine, and one hold of it. Kept as ``machine/process/hold``."""

    machine: str
    process: int
    hold: str

    @classmethod
    def new(cls) -> Holder:
        """Return a new hold of this process."""
        return cls(socket.gethostname(), os.getpid(), uuid.uuid4().hex)

    @classmethod
    def parse(cls, text: str) -> Holder | None:
        """Read what a lease keeps; None when it is nothing that can be read."""
        match text.split("/"):
            case [machine, process, hold] if process.isdigit():
                return cls(machine, int(process), hold)
            case _:
                return None

    def __str__(self) -> str:
        return f"{self.machine}/{self.process}/{self.hold}"

    def is_gone(self) -> bool:
        """Tell whether the holder is known to have ended: a process of this machine that no longer runs.

        Of another machine nothing is known, so its lease lasts until it expires.
        """
        if self.machine != socket.gethostname():
            return False
        if self.process == os.getpid():
            return self.hold not in _held_here
        return not is_running(self.process)


#: What stands between the names of a whole and of its part.
OF_WHOLE = ": "

#: So long a part is waited for, in seconds.
PATIENCE_S = 30.0

#: The wholes that are held here: whoever holds one may do with its parts what it likes.
_wholes: ContextVar[frozenset[str]] = ContextVar("isthmus_wholes", default=frozenset())

#: The holds of this process: a lease with our number that is not among them is left from an earlier process.
_held_here: set[str] = set()


def is_running(process: int) -> bool:
    """Tell whether a process of this machine runs."""
    if os.name == "nt":  # there, signal 0 would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class LeaseHold:
    """A lease as its holder sees it."""

    def __init__(self, env: Any, name: str, lease_s: float, holder: Holder | None = None) -> None:
        self._env = env
        self._name = name
        self._holder = holder or Holder.new()
        self._length = timedelta(seconds=lease_s)

    def within(self, env: Any) -> LeaseHold:
        """Return the same hold for another transaction of its holder, which can renew it."""
        return LeaseHold(env, self._name, self._length.total_seconds(), self._holder)

    def take(self) -> None:
        """Become the holder and commit. Raises RetryableJobError when somebody else is."""
        leases = self._env["connector.lease"]
        mine = [("name", "=", self._name)]
        for row in self._rows():
            if self._is_over(row):
                leases.search([*mine, ("id", "=", row["id"])]).unlink()
        try:
            with self._env.savepoint():
                leases.create(
                    {"name": self._name, "holder": str(self._holder), "expires": self._env.now + self._length}
                )
        except ConstraintError:
            self._env.rollback()
            found = leases._read_rows(mine, ["expires"])
            raise RetryableJobError(
                f"{self._name!r} is running already",
                seconds=max([1.0, *((row["expires"] - self._env.now).total_seconds() for row in found)]),
                ignore_retry=True,
                hint="Wait until it ends; what a lost machine held is free again within five minutes.",
            ) from None
        self._env.commit()
        _held_here.add(self._holder.hold)

    def is_taken(self) -> bool:
        """Tell whether anybody holds it."""
        return not all(map(self._is_over, self._rows()))

    def _rows(self) -> list[dict[str, Any]]:
        """Return the lease, read at once: it may end at any time."""
        leases = self._env["connector.lease"]
        found: list[dict[str, Any]] = leases._read_rows(
            [("name", "=", self._name)], ["id", "holder", "expires"]
        )
        return found

    def _is_over(self, row: dict[str, Any]) -> bool:
        before = Holder.parse(row["holder"])
        return row["expires"] < self._env.now or (before is not None and before.is_gone())

    def renew(self) -> None:
        """Move the end of the lease; joins the transaction.

        Raises RetryableJobError when it is somebody else's by now: what was not committed must not be.
        """
        mine = self._mine()
        if not mine:
            raise RetryableJobError(
                f"{self._name!r} went on elsewhere, since this process stood still for too long",
                ignore_retry=True,
                hint="Nothing is lost: what was committed stays, the rest is done by whoever went on.",
            )
        mine.write({"expires": self._env.now + self._length})

    def give_back(self) -> None:
        """Stop holding and commit."""
        self._mine().unlink()
        self._env.commit()
        _held_here.discard(self._holder.hold)

    def _mine(self) -> Any:
        return self._env["connector.lease"].search(
            [("name", "=", self._name), ("holder", "=", str(self._holder))]
        )
