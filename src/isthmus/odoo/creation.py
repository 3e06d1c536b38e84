"""A create that is done once: when its answer is lost, what it made is looked for before another try.

Odoo keeps no mark of the call, so what it made is known by its author (the connection's user), its time and
its values. What cannot be told apart stays ambiguous. Where a double must never happen, use an upsert: it has
an external identifier and needs no luck.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from isthmus.errors import AmbiguousError, FieldError, RemoteError
from isthmus.odoo.connection import OdooConnection
from isthmus.odoo.plan import differing
from isthmus.records.domain import Domain
from isthmus.records.fields import Field

Values = Mapping[str, Any]

#: After so long no request is at work any more: Odoo ends its workers after 120 s (limit_time_real).
DECIDED_S = 130.0

#: How often a create is tried when it turned out that nothing was made.
ATTEMPTS = 2

#: How many records of each model are known to be somebody else's result.
MOST_KNOWN = 1000

#: The first wait before looking again, and the longest.
_FIRST_LOOK_S, _LAST_LOOK_S = 1.0, 16.0

#: Clocks of web server and database may differ by a little, and Odoo tells whole seconds.
_SLACK = timedelta(seconds=5)

#: Fields that come back as they were written. HTML is cleaned, amounts are rounded, content is large.
_FAITHFUL = frozenset({"char", "text", "selection", "integer", "boolean", "date", "datetime", "many2one"})


class Made:
    """The records that a store made of late, so that none of them is taken for the result of a lost call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=MOST_KNOWN))

    def add(self, model: str, ids: Iterable[int]) -> None:
        """Remember records that were made."""
        with self._lock:
            self._ids[model].extend(ids)

    def ids(self, model: str) -> list[int]:
        """Return the records of a model that were made last."""
        with self._lock:
            return list(self._ids[model])


class Reader(Protocol):
    """What a record store is asked to look for what was made."""

    def search_read(
        self, model: str, domain: Domain, fields: Sequence[str], *, order: str | None, context: Any
    ) -> list[dict[str, Any]]:
        """Return the named fields of the records in a domain."""
        ...

    def count(self, model: str, domain: Domain, *, context: Any) -> int:
        """Return how many records are in a domain."""
        ...


def match_rows(
    fields: Mapping[str, Field], rows: Sequence[Values], candidates: Sequence[Values]
) -> list[int] | None:
    """Return the ids of the candidates that the rows became, in order; None when it cannot be told.

    Candidates come in the order of their ids, which is that in which Odoo makes the rows of one call. As many
    must fit as there are rows: one more may be the work of somebody else.
    """
    faithful = [{name: row[name] for name in row if fields[name].type in _FAITHFUL} for row in rows]
    if not all(faithful):
        return None
    fitting = [one for one in candidates if any(not differing(fields, one, row) for row in faithful)]
    if len(fitting) != len(rows):
        return None
    if any(differing(fields, one, row) for one, row in zip(fitting, faithful, strict=True)):
        return None
    return [int(one["id"]) for one in fitting]


@dataclass(slots=True)
class Creation:
    """The creation of some rows of a model, made once."""

    connection: OdooConnection
    reader: Reader
    made: Made
    model: str
    fields: Mapping[str, Field]
    rows: Sequence[Values]
    context: Mapping[str, Any]

    def run(self, create: Callable[[], Any]) -> Any:
        """Return what ``create`` returns, or the ids of what it made when its answer was lost.

        Raises AmbiguousError when it cannot be told whether anything was made.
        """
        for attempt in range(1, ATTEMPTS + 1):
            started = self.connection.clock.now()
            try:
                return create()
            except AmbiguousError as error:
                made = self._look(error, started)
                if made:
                    return made
                if attempt == ATTEMPTS:
                    raise
        return None

    def _look(self, error: AmbiguousError, started: datetime) -> list[int]:
        """Return the ids of what was made; empty when nothing was. Raises the error when that stays open."""
        clock, wait = self.connection.clock, _FIRST_LOOK_S
        while True:
            decided = (clock.now() - started).total_seconds() >= DECIDED_S
            try:
                domain = self._ours(started)
                found = match_rows(self.fields, self.rows, self._candidates(domain))
                if found is not None:
                    return found
                if decided and self.reader.count(self.model, domain, context=self._all()) == 0:
                    return []
            except (RemoteError, FieldError) as failed:
                raise error from failed
            if decided:
                error.hint = (
                    f"Look for it among what {self.connection.login} made in {self.model} since "
                    f"{started:%Y-%m-%d %H:%M:%S} UTC, before trying again."
                )
                raise error
            clock.sleep(wait)
            wait = min(2 * wait, _LAST_LOOK_S)

    def _ours(self, started: datetime) -> Domain:
        """Return the domain of what our user made since the call began, by the server's clock."""
        passed = self.connection.clock.now() - started
        now = self.connection.server_now() or self.connection.clock.now()
        since = (now - passed - _SLACK).replace(microsecond=0).isoformat(" ")
        user = self.connection.authenticate()
        known = self.made.ids(self.model)
        return Domain.parse(
            [("create_uid", "=", user), ("create_date", ">=", since), ("id", "not in", known)]
        )

    def _candidates(self, domain: Domain) -> list[dict[str, Any]]:
        names = sorted({name for row in self.rows for name in row if self.fields[name].type in _FAITHFUL})
        return self.reader.search_read(self.model, domain, names, order="id", context=self._all())

    def _all(self) -> dict[str, Any]:
        return {**self.context, "active_test": False}
