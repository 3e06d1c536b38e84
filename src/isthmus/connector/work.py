"""The work context of the connector layer."""

from __future__ import annotations

from typing import Any

from isthmus.components import WorkContext
from isthmus.connector.rehearsal import Rehearsal


class ConnectorWork(WorkContext):
    """A work context that can put records on the review list, and rehearse.

    Made by ``backend.work_on(model)``.
    """

    def component(self, usage: str | None = None, model_name: Any = None, **conditions: Any) -> Any:
        """Return a new instance of the one component that fits best.

        In a rehearsal an adapter comes with what it is told to write held back.
        """
        found = super().component(usage, model_name, **conditions)
        if found._usage == "backend.adapter":
            rehearsal = self.env.find_service(Rehearsal)
            if rehearsal is not None:
                return rehearsal.adapter(found)
        return found

    def review(self, record: Any, reason: str) -> Any:
        """Ask a person to look at a record; return the entry.

        There is one open entry for each record and reason.
        """
        return self.component(usage="reviewer").review(record, reason)
