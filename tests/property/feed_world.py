"""A world of tasks in memory with the transactions of an Odoo: seen at the commit, dated at the beginning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from isthmus.records import Domain, fields
from isthmus.records.domain import And, Constant, Leaf, Not, Or
from tests.still_clock import StillClock

TASK = "project.task"


@dataclass
class Record:
    name: str
    created: datetime
    written: datetime


@dataclass
class Late:
    """A transaction that has begun and is not committed: new names for records, and new records."""

    began: datetime
    began_s: float
    changed: dict[int, str] = field(default_factory=dict)
    created: list[int] = field(default_factory=list)


class Connection:
    def __init__(self, world: World) -> None:
        self._world = world
        self.clock = world.here

    def server_now(self) -> datetime:
        return self._world.now.replace(microsecond=0)


class HereClock(StillClock):
    """Our own clock: hours off, but its seconds are as long."""

    def __init__(self, clock: StillClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        return datetime(2031, 1, 1) + timedelta(seconds=self._clock.monotonic())

    def monotonic(self) -> float:
        return self._clock.monotonic()


class World:
    """A record store of tasks, as far as a feed asks it, in the manner of a series of Odoo."""

    transactional, autonomous = False, True

    def __init__(self, series: int, start: datetime) -> None:
        self.series = series
        self.start = start
        self.clock = StillClock()
        self.here = HereClock(self.clock)
        self.connection = Connection(self)
        self.records: dict[int, Record] = {}
        self.late: list[Late] = []
        self._last_id = 0
        self._names = 0

    @property
    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.clock.monotonic())

    def state(self) -> dict[int, str]:
        return {id_: record.name for id_, record in self.records.items()}

    # --- what happens ---

    def pass_time(self, seconds: float, longest: float) -> None:
        """Let time pass; a transaction that gets too old commits on the way, at a moment of its own."""
        end = self.clock.monotonic() + seconds
        for one in sorted(self.late, key=lambda one: one.began_s):
            if one.began_s + longest < end:
                self.clock.advance(max(0.0, one.began_s + longest - self.clock.monotonic()))
                self.commit(self.late.index(one))
        self.clock.advance(max(0.0, end - self.clock.monotonic()))

    def create(self, count: int) -> None:
        for _ in range(count):
            self.records[self._new_id()] = Record(self._new_name(), self.now, self.now)

    def change(self, what: str, index: int) -> None:
        """Write, touch (without a change) or delete a record that no late transaction holds."""
        free = [id_ for id_ in self.records if not any(id_ in one.changed for one in self.late)]
        if not free:
            return
        id_ = free[index % len(free)]
        if what == "delete":
            del self.records[id_]
            return
        self.records[id_].written = self.now
        if what == "write":
            self.records[id_].name = self._new_name()

    def begin(self, index: int) -> None:
        """Begin a transaction that changes a record which no other one holds; others have to wait for it."""
        free = [id_ for id_ in self.records if not any(id_ in one.changed for one in self.late)]
        if free:
            began = Late(self.now, self.clock.monotonic())
            began.changed[free[index % len(free)]] = self._new_name()
            self.late.append(began)

    def begin_create(self, count: int) -> None:
        """Begin a transaction that creates records: their ids are taken now."""
        began = Late(self.now, self.clock.monotonic())
        began.created = [self._new_id() for _ in range(count)]
        self.late.append(began)

    def commit(self, index: int) -> None:
        """Commit one of the transactions that are under way, dated at its beginning."""
        if not self.late:
            return
        late = self.late.pop(index % len(self.late))
        for id_, name in late.changed.items():
            record = self.records[id_]
            record.name, record.written = name, late.began
        for id_ in late.created:
            self.records[id_] = Record(self._new_name(), late.began, late.began)

    def commit_all(self) -> None:
        while self.late:
            self.commit(0)

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _new_name(self) -> str:
        self._names += 1
        return f"name {self._names}"

    # --- what a feed asks ---

    def author(self) -> int:
        return 2

    def fields(self, model: str) -> Mapping[str, fields.Field]:
        return {
            "id": fields.Integer().bound("id", model),
            "name": fields.Char().bound("name", model),
            "create_date": fields.Datetime().bound("create_date", model),
            "write_date": fields.Datetime().bound("write_date", model),
            "write_uid": fields.Many2one("res.users").bound("write_uid", model),
        }

    def search_read(
        self,
        model: str,
        domain: Domain,
        names: Sequence[str],
        *,
        limit: int | None = None,
        order: str,
        context: Any = None,
    ) -> list[dict[str, Any]]:
        rows = [
            {
                "id": id_,
                "name": record.name,
                "create_date": record.created.replace(microsecond=0),
                "write_date": record.written.replace(microsecond=0),
                "write_uid": 1,
            }
            for id_, record in self._sorted(order)
            if self._holds(domain, id_, record)
        ]
        return rows[:limit]

    def search(
        self, model: str, domain: Domain, *, limit: int | None = None, order: str, context: Any = None
    ) -> list[int]:
        return [row["id"] for row in self.search_read(model, domain, [], limit=limit, order=order)]

    def count(self, model: str, domain: Domain, *, context: Any = None) -> int:
        return len(self.search_read(model, domain, [], order="id"))

    def read(
        self, model: str, ids: Sequence[int], names: Sequence[str], *, context: Any = None
    ) -> list[dict[str, Any]]:
        return [{"id": id_} for id_ in ids if id_ in self.records]

    def _sorted(self, order: str) -> list[tuple[int, Record]]:
        records = sorted(self.records.items())
        match order:
            case "id":
                return records
            case "write_date, id":
                return sorted(records, key=lambda one: (one[1].written, one[0]))
            case "write_date desc, id desc":
                return sorted(records, key=lambda one: (one[1].written, one[0]), reverse=True)
        raise AssertionError(order)

    def _holds(self, domain: Domain, id_: int, record: Record) -> bool:
        match domain:
            case Constant(value):
                return value
            case And(parts):
                return all(self._holds(part, id_, record) for part in parts)
            case Or(parts):
                return any(self._holds(part, id_, record) for part in parts)
            case Not(part):
                return not self._holds(part, id_, record)
            case Leaf("id", operator, value):
                return _compared(id_, operator, value)
            case Leaf("write_date", "!=", False):
                return True
            case Leaf("write_date", operator, value):
                # 18 compares the microseconds that it keeps, 19 whole seconds.
                at = record.written if self.series < 19 else record.written.replace(microsecond=0)
                return _compared(at, operator, value)
        raise AssertionError(domain)


def _compared(own: Any, operator: str, value: Any) -> bool:
    match operator:
        case ">=":
            return bool(own >= value)
        case "<=":
            return bool(own <= value)
        case "<":
            return bool(own < value)
        case ">":
            return bool(own > value)
        case "in":
            return own in value
    raise AssertionError(operator)
