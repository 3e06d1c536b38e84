"""The work context of the connector layer."""

from __future__ import annotations

from typing import Any

from isthmus.components import WorkContext


class ConnectorWork(WorkContext):
    """A work context that can put records on the review list. Made by ``backend.work_on(model)``."""

    def review(self, record: Any, reason: str) -> Any:
        """Ask a person to look at a record; return the entry.

        There is one open entry for each record and reason.
        """
        return self.component(usage="reviewer").review(record, reason)
