"""What the Enterprise edition adds to tasks: when work on them is planned to begin.

Source: general knowledge of the edition, whose source is not public; not asked of a server.
"""

from __future__ import annotations

from typing import Any

from isthmus import fields, models
from isthmus.sandbox.odoo.errors import ValidationError
from isthmus.sandbox.odoo.models.base import Values

WRONG_ORDER = "The planned start date must be before the planned end date."


class Task(models.Model):
    _inherit = "project.task"

    planned_date_begin = fields.Datetime("Start date", copy=False)

    def _before_create(self: Any, rows: list[Values]) -> list[Values]:
        ready: list[Values] = super()._before_create(rows)  # type: ignore[misc]
        for row in ready:
            _check_order(row.get("planned_date_begin"), row.get("date_deadline"))
        return ready

    def _before_write(self: Any, values: Values) -> list[tuple[Any, Values]]:
        for task in self:
            begin = values.get("planned_date_begin", task.planned_date_begin)
            _check_order(begin, values.get("date_deadline", task.date_deadline))
        return super()._before_write(values)  # type: ignore[misc,no-any-return]


def _check_order(begin: Any, end: Any) -> None:
    """Refuse what begins after its deadline."""
    if begin and end and begin > end:
        raise ValidationError(WRONG_ORDER)
