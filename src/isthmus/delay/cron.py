"""``@cron``: methods that are called again and again, as jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, TypeVar

import msgspec

from isthmus.delay.options import options_in
from isthmus.errors import ConfigurationError
from isthmus.jobs import ticks
from isthmus.jobs.moment import SECOND
from isthmus.jobs.schedule import Schedule, parse
from isthmus.jobs.spec import JobSpec
from isthmus.jobs.sql import Sql
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.jobs.uuid7 import uuid7
from isthmus.records import Registry

Method = TypeVar("Method", bound=Callable[..., Any])


def cron(
    expression: str, *, zone: str = "UTC", odoo: str | None = "main", overlap: bool = False
) -> Callable[[Method], Method]:
    """Call a model's method at the times of a cron expression, as a job on no records.

    ``@cron("*/5 * * * *")``: five fields, read in the time zone ``zone``. The job works with the Odoo
    ``odoo`` (None: with none). A tick that comes while the job of the last one waits or runs is left out,
    unless ``overlap``. Each tick happens once, however many workers and machines there are. Options of
    ``@job`` hold too. Raises ValueError for an expression or a zone that cannot be read.
    """
    schedule = parse(expression, zone)

    def mark(method: Method) -> Method:
        if not isinstance(method, FunctionType):
            raise TypeError(f"@cron marks methods of models, not {method!r}")
        method._cron = Cron("", method.__name__, schedule, odoo, overlap)  # type: ignore[attr-defined]
        return method

    return mark


class Cron(msgspec.Struct, frozen=True):
    """A method that is called at times. Its ``name`` is ``model.method``."""

    model: str
    method: str
    schedule: Schedule
    odoo: str | None
    overlap: bool

    @property
    def name(self) -> str:
        """What commands call it."""
        return f"{self.model}.{self.method}"


def crons(registry: Registry) -> list[Cron]:
    """Return the crons of all loaded models, by name; of an override, what the newest ``@cron`` says."""
    return sorted(_declared(registry), key=lambda one: one.name)


def _declared(registry: Registry) -> Iterator[Cron]:
    for cls in registry.concrete():
        stated: dict[str, Cron] = {}
        for base in reversed(cls.__mro__):
            for name, attribute in base.__dict__.items():
                if isinstance(found := getattr(attribute, "_cron", None), Cron):
                    stated[name] = found
        for one in stated.values():
            yield msgspec.structs.replace(one, model=str(cls._name))


class Clockwork:
    """Enqueues the jobs of crons when they are due."""

    def __init__(self, store: SqlJobStore, registry: Registry, has_odoo: Callable[[str], bool]) -> None:
        self._store = store
        self._registry = registry
        self._has_odoo = has_odoo
        self.crons = {one.name: one for one in crons(registry)}

    def tick(self) -> float | None:
        """Enqueue what is due; return how many seconds later something may be, None without any cron."""
        if not self.crons:
            return None
        now = self._store.now()
        with self._store.writing() as sql:
            known = ticks.states(sql, self.crons, now)
            for name, state in known.items():
                due_at = ticks.due_tick(self.crons[name].schedule, state, now)
                if due_at is not None:
                    self._enqueue(sql, self.crons[name], due_at)
        following = min(ticks.next_tick(one.schedule, now) for one in self.crons.values())
        return min(60.0, max(0.05, (following - now) / SECOND))

    def _enqueue(self, sql: Sql, cron: Cron, due_at: int) -> None:
        spec = self.spec(cron)
        if ticks.take_tick(sql, cron.name, due_at, spec.uuid):
            self._store.add(sql.transaction, [spec])

    def spec(self, cron: Cron) -> JobSpec:
        """Return the job of one tick."""
        options = options_in(self._class_of(cron.model), cron.method)
        return JobSpec(
            uuid=uuid7(),
            model=cron.model,
            method=cron.method,
            payload='{"ids":[],"args":[],"kwargs":{},"context":{}}',
            odoo=cron.odoo if cron.odoo and self._has_odoo(cron.odoo) else None,
            channel=options.channel,
            max_retries=options.max_retries,
            timeout_s=options.timeout_s,
            identity=None if cron.overlap else f"cron {cron.name}",
            identity_until="finished",
        )

    def _class_of(self, model: str) -> type:
        return self._registry[model] if self._registry.is_local(model) else self._registry.remote(model)

    # --- for people ---

    def find(self, name: str) -> Cron:
        """Return a cron by its name. Raises ConfigurationError naming those that exist."""
        if name in self.crons:
            return self.crons[name]
        known = ", ".join(self.crons) or "none"
        raise ConfigurationError(f"there is no cron {name!r}; known: {known}")

    def states(self) -> dict[str, ticks.CronState]:
        """Return what the database knows of each cron, by name."""
        with self._store.writing() as sql:
            return ticks.states(sql, self.crons, self._store.now())

    def pause(self, name: str, paused: bool) -> None:
        """Pause a cron, or let it go on."""
        self.find(name)
        with self._store.writing() as sql:
            ticks.states(sql, [name], self._store.now())
            ticks.pause(sql, name, paused, self._store.now())

    def run_now(self, name: str) -> str:
        """Enqueue a cron's job besides its times; return the job's uuid."""
        spec = self.spec(self.find(name))
        with self._store.writing() as sql:
            return self._store.add(sql.transaction, [spec])[0].uuid
