"""What may have changed on one side since it was last asked: the seam by which a round learns of changes.

By default a round looks at everything. A connector, or the feed of an Odoo, that can tell what changed
declares a component with the usage ``import.intake`` (changes of the other side) or ``export.intake``
(changes of Odoo).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from isthmus.connector.base import ConnectorComponent


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of records that may have changed; None: it cannot be told, all are looked at.

    On import they are external ids, on export ids of Odoo's records. Too many do no harm: what did not change
    is not written. ``cursor`` is what the next question is asked with, any JSON value.
    """

    ids: Sequence[Any] | None = None
    cursor: Any = None


class ChangeIntake(ConnectorComponent):
    """Tells which records of an entity may have changed.

    A round keeps the cursor once it went through the records, and asks again about those that failed. So
    nothing is missed, and an intake keeps nothing by itself.
    """

    _abstract = True
    _name = "connector.change.intake"
    _inherit = ["base.connector"]

    def changes(self, cursor: Any) -> Changes:
        """Return what may have changed since ``cursor`` (None: never asked). Here it cannot be told."""
        return Changes()

    def is_due(self, cursor: Any) -> bool:
        """Tell whether it is time to look at everything again; ``cursor["full"]`` is when that was done."""
        every = timedelta(minutes=self.collection.full_look_minutes or 0)
        return bool(self.env.now - datetime.fromisoformat(cursor["full"]) >= every)


class ImportIntake(ChangeIntake):
    """Serves every entity whose changes outside nobody can tell."""

    _abstract = False
    _name = "connector.import.intake"
    _inherit = ["connector.change.intake"]
    _usage = "import.intake"


class ExportIntake(ChangeIntake):
    """Serves every entity whose changes in Odoo nobody can tell."""

    _abstract = False
    _name = "connector.export.intake"
    _inherit = ["connector.change.intake"]
    _usage = "export.intake"
