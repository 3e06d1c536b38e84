"""What a write changed: old and new values, read only when somebody listens for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """The fields of one record whose value a write changed, with their old and new values.

    Values are what the record's fields read as; a secret is masked in both.
    """

    record: Any
    old: Values
    new: Values

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that changed, in the order in which they were written."""
        return tuple(self.new)


def snapshot(records: Any, fields: Mapping[int, Iterable[str]]) -> dict[int, Values]:
    """Return the values of the given fields of each record, by id."""
    return {record.id: {name: record[name] for name in fields[record.id]} for record in records}


def differences(records: Any, before: Mapping[int, Values], after: Mapping[int, Values]) -> list[Change]:
    """Return what differs between two snapshots, one change per record that has any difference."""
    changes = []
    for record in records:
        old, new = before[record.id], after[record.id]
        changed = [name for name in new if old[name] != new[name]]
        if changed:
            changes.append(
                Change(record, {name: old[name] for name in changed}, {name: new[name] for name in changed})
            )
    return changes
