"""Synchronizers run one import, export or deletion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from isthmus import telemetry
from isthmus.connector.base import ConnectorComponent
from isthmus.connector.outcome import Outcome
from isthmus.connector.rehearsal import Rehearsal
from isthmus.errors import (
    ConstraintError,
    FieldError,
    IsthmusError,
    MissingRecordError,
    NotFoundError,
    RejectedError,
)
from isthmus.events.origin import reference

Row = TypeVar("Row")

#: Errors that belong to one record of a batch: the batch is cut until the record is found, the rest goes on.
OF_ONE_RECORD = (ConstraintError, FieldError, MissingRecordError, NotFoundError, RejectedError)


class Synchronizer(ConnectorComponent):
    """Base of importers, exporters and deleters, with the components that they work with."""

    _abstract = True
    _name = "connector.synchronizer"
    _inherit = ["base.connector"]

    _mapper_usage = "import.mapper"

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Synchronise. Each synchronizer says what its arguments and its outcome are."""
        raise IsthmusError(
            f"{self._name} does not say how to run",
            hint="Define run() on this synchronizer, or inherit from one that does.",
        )

    @cached_property
    def mapper(self) -> Any:
        """The mapper of the model."""
        return self.component(usage=self._mapper_usage)

    @cached_property
    def binder(self) -> Any:
        """The binder of the model."""
        return self.binder_for()

    @cached_property
    def backend_adapter(self) -> Any:
        """The adapter of the model."""
        return self.component(usage="backend.adapter")

    @cached_property
    def timeline(self) -> Any:
        """The timeline of the model's pairs."""
        return self.component(usage="timeline")

    @cached_property
    def mediator(self) -> Any:
        """What knows the conflicts of the model's pairs."""
        return self.component(usage="mediator")

    @property
    def goes_both_ways(self) -> bool:
        """Tell whether the backend imports the model and exports it as well."""
        return bool(self.collection.direction_of(self.work.model_name) == "both")

    @property
    def adapter(self) -> Any:
        """The same as :attr:`backend_adapter`."""
        return self.backend_adapter

    def brake(self, number: int) -> None:
        """Count records that are about to be deleted or archived. Raises BrakeError when they are too many.

        For whole runs; a single record, or an operation without a limit, is not counted.
        """
        brake = getattr(self.work, "brake", None)
        if brake is not None:
            brake.take(number)

    def between_pages(self) -> None:
        """Let whoever runs the work end it here, where everything so far is committed."""
        pause = getattr(self.work, "pause", None)
        if pause is not None:
            pause()

    def planned(self, outcomes: Sequence[Outcome]) -> None:
        """Tell a rehearsal what would have become of records."""
        rehearsal = self.env.find_service(Rehearsal)
        if rehearsal is not None:
            rehearsal.note(self, outcomes)

    @contextmanager
    def telling(self, size: int) -> Iterator[list[Outcome]]:
        """Tell telemetry about a page of ``size`` records; the block puts their outcomes into the list."""
        outcomes: list[Outcome] = []
        model = self.work.model_name
        with telemetry.span(
            "sync.batch", backend=reference(self.collection), model=model, size=size
        ) as event:
            yield outcomes
            self.planned(outcomes)
            self.component(usage="set.aside").note(self._mapper_usage.partition(".")[0], outcomes)
            event["counts"] = dict(Counter(outcome.kind for outcome in outcomes))
            for one in outcomes:
                id_, kind = one.external_id, one.kind
                telemetry.emit("sync.record", model=model, external_id=id_, odoo_id=one.odoo_id, outcome=kind)
                if kind == "failed":
                    telemetry.emit("sync.failed", model=model, external_id=id_, error=one.reason)

    def surviving(self, rows: Sequence[Row], call: Callable[[Sequence[Row]], Any]) -> dict[int, IsthmusError]:
        """Call with all rows; when one is refused, go on with the others.

        Returns position -> error of the refused.

        ``call`` gets rows and does all of them or none. An error that belongs to no single record goes
        through.
        """
        refused: dict[int, IsthmusError] = {}
        self._cut(list(enumerate(rows)), call, refused)
        return refused

    def _cut(self, rows: list[tuple[int, Row]], call: Any, refused: dict[int, IsthmusError]) -> None:
        if not rows:
            return
        try:
            call([row for _, row in rows])
        except OF_ONE_RECORD as error:
            if len(rows) == 1:
                refused[rows[0][0]] = error
                return
            for part in cut(rows, error.details.get("row")):
                self._cut(part, call, refused)


def cut(rows: list[Row], position: Any) -> list[list[Row]]:
    """Return the rows in parts: around the position that is known to be bad, else in halves."""
    if isinstance(position, int) and 0 <= position < len(rows):
        rest = rows[:position] + rows[position + 1 :]
        return [rows[position : position + 1], rest]
    middle = len(rows) // 2
    return [rows[:middle], rows[middle:]]
