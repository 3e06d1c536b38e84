"""How a version of Odoo says what a task is: done, due, whose it is.

Read from what ``fields_get`` tells, never from the version: an app may bring a field back, or take one away.
Source: ``project.task`` asked of Odoo 14 to 19 servers.

=========  ===============================  =====================  ==============  ===================
version    done                             due                    assignees       hours
=========  ===============================  =====================  ==============  ===================
14         ``kanban_state`` done / normal   ``date_deadline`` day  ``user_id``     ``planned_hours``
15, 16     ``kanban_state`` done / normal   ``date_deadline`` day  ``user_ids``    ``planned_hours``
17 to 19   ``state`` 1_done / in progress   a moment               ``user_ids``    ``allocated_hours``
=========  ===============================  =====================  ==============  ===================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Self

from isthmus.records.fields import Field

#: Values of the field that says whether a task is done: (done, open).
_STATES = {"state": ("1_done", "01_in_progress"), "kanban_state": ("done", "normal")}


@dataclass(frozen=True, slots=True)
class TaskFields:
    """The fields of ``project.task`` that are not the same in every version; None where there is none."""

    done: str | None
    due_has_time: bool
    assignees: str | None
    several_assignees: bool
    hours: str | None

    @classmethod
    def of(cls, fields: Mapping[str, Field]) -> Self:
        """Read them from the fields of the model."""
        assignees = _first(fields, "user_ids", "user_id")
        return cls(
            done=_first(fields, *_STATES),
            due_has_time="date_deadline" in fields and fields["date_deadline"].type == "datetime",
            assignees=assignees,
            several_assignees=assignees is not None and fields[assignees].type == "many2many",
            hours=_first(fields, "allocated_hours", "planned_hours"),
        )

    def done_values(self, done: bool) -> dict[str, Any]:
        """Return the values that make a task done, or open again; none where a task has no such field."""
        return {self.done: _STATES[self.done][0 if done else 1]} if self.done else {}

    def is_done(self, row: Mapping[str, Any]) -> bool:
        """Tell whether the values of a task say that it is done."""
        return self.done is not None and row.get(self.done) == _STATES[self.done][0]

    def due_value(self, at: datetime | None) -> date | bool:
        """Return a deadline as the version keeps it: naive UTC, or its day."""
        if at is None:
            return False
        naive = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
        return naive if self.due_has_time else naive.date()

    def assignee_values(self, users: Sequence[int]) -> dict[str, Any]:
        """Return the values that give a task to users: to the first one where it can have no more."""
        if self.assignees is None:
            return {}
        if self.several_assignees:
            return {self.assignees: [(6, 0, list(users))]}
        return {self.assignees: users[0] if users else False}


def posted_id(answer: Any) -> int:
    """Return the id of the message that ``message_post`` made: 19 answers with a list, others with it."""
    return int(answer[0] if isinstance(answer, list) else answer)


def _first(fields: Mapping[str, Field], *names: str) -> str | None:
    return next((name for name in names if name in fields), None)
