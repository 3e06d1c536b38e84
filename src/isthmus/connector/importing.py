"""Importing the entities of a backend: one after the other, or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from isthmus.connector.lanes import Alone, Lanes, Turn
from isthmus.connector.locker import LeaseHold
from isthmus.connector.meter import Meter
from isthmus.connector.rehearsal import Rehearsal
from isthmus.connector.report import EntityReport, report_of
from isthmus.connector.working import Progress, telling, working
from isthmus.errors import IsthmusError

#: So many entities are under way at once. Some have next to nothing to write, and what comes behind one with
#: much is read meanwhile.
LANES = 4


@dataclass(frozen=True, slots=True)
class Import:
    """An import of a backend that is held by ``lease``, as it was asked for."""

    backend: Any
    lease: LeaseHold
    progress: Progress
    force: bool = False
    restart: bool = False
    max_deletes: str | None = None
    #: The models of which earlier imports left something announced; None: not known. Who holds the backend
    #: keeps it from becoming more.
    left_behind: frozenset[str] | None = None
    #: What the adapters of its entities share.
    shared: dict[str, Any] = field(default_factory=dict)

    def run(self, entities: Sequence[str]) -> list[EntityReport]:
        """Import these entities, of which none comes before one that it needs; return their reports."""
        if not self._goes_side_by_side(entities):
            return [self._entity(self.backend, self.lease, Alone(entity)) for entity in entities]
        return Lanes[EntityReport](self.backend.waits_for(entities), LANES).run(self._beside)

    def _goes_side_by_side(self, entities: Sequence[str]) -> bool:
        """Tell whether the backend wants it. What is rehearsed is all in one transaction."""
        is_rehearsed = self.backend.env.find_service(Rehearsal) is not None
        return self.backend._side_by_side and len(entities) > 1 and not is_rehearsed

    def _beside(self, turn: Turn) -> EntityReport:
        with self.backend.env.another() as env:
            return self._entity(env[self.backend._name].browse(self.backend.id), self.lease.within(env), turn)

    def _get_ready(self, batch: Any, turn: Turn, meter: Meter) -> None:
        """Ask both sides what can be asked before the entity is due: what it reads, and what Odoo has.

        One after the other, so that wrong credentials are refused once; the first asks the other side while
        the second asks Odoo. What cannot begin before it is due fails again then.
        """
        patiently = nullcontext() if turn.is_due else suppress(IsthmusError)

        def ask_outside() -> None:
            with turn.in_line("outside"), meter, patiently:
                batch.begin(restart=self.restart)

        def ask_odoo() -> None:
            with turn.in_line("odoo"), meter, patiently:
                batch.know_author()
                batch.know_fields()

        match turn.place:
            case 0:
                with turn.in_line("odoo"):  # nobody waits for what it asks there later
                    pass
                ask_outside()
                if not turn.is_alone:
                    with meter, patiently:
                        batch.know_fields()
            case 1:
                ask_odoo()
                ask_outside()
            case _:
                ask_outside()
                ask_odoo()

    def _entity(self, backend: Any, lease: LeaseHold, turn: Turn) -> EntityReport:
        entity, meter = turn.name, Meter()
        turn.come_up()
        known: dict[str, Any] = {"shared": self.shared, "left_behind": self.left_behind}
        known |= {"pause": turn.pause, "let_go": turn.let_go}
        with (
            working(backend, entity, "import", self.max_deletes, **known) as work,
            closing(work.component(usage="batch.importer")) as batch,
        ):
            self._get_ready(batch, turn, meter)
            work.env.commit()  # nothing is remembered of what the others have not done yet
            turn.wait(batch.rewrites)
            with meter:
                tally = batch.run(
                    force=self.force,
                    restart=self.restart,
                    progress=telling(self.progress, entity, lease.renew),
                )
        return report_of(entity, tally, meter)
