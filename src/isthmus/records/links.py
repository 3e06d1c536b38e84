"""The links of a many2many in their table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from isthmus.records.fields import Many2many
    from isthmus.records.transaction import SqlTransaction

#: Records, and the commands for each of them.
Change = tuple[Sequence[int], Sequence[Any]]

TAKE_OFF, ADD, CLEAR, SET = 3, 4, 5, 6


def targets_after(field: Many2many, present: Iterable[int], commands: Iterable[Any]) -> set[int]:
    """Return what a record is linked to after ``(3,id) (4,id) (5,) (6,0,ids)``.

    Raises FieldError for any other command.
    """
    targets = set(present)
    for command in commands:
        match command:
            case (3, int() as target, *_):
                targets.discard(target)
            case (4, int() as target, *_):
                targets.add(target)
            case (5, *_):
                targets.clear()
            case (6, _, wanted):
                targets = set(wanted)
            case _:
                raise field.refuse(command, "one of the commands (3, id), (4, id), (5,) and (6, 0, ids)")
    return targets


class LinkTable:
    """A relation table from the side of one field. Any number of changes takes three statements at most."""

    def __init__(self, transaction: SqlTransaction, table: sa.Table, field: Many2many) -> None:
        self._transaction = transaction
        self._table = table
        self._field = field
        self._owner = table.c[field.column1]
        self._target = table.c[field.column2]

    def apply(self, changes: Sequence[Change], *, is_new: bool = False) -> None:
        """Execute commands. ``is_new``: the records were just made and have no links."""
        commands: defaultdict[int, list[Any]] = defaultdict(list)
        for ids, given in changes:
            for id_ in ids:
                commands[id_] += given
        for own in commands.values():
            targets_after(self._field, (), own)  # refuses what is no command before anything is done
        present = defaultdict(set) if is_new else self._present(commands)
        added: list[dict[str, int]] = []
        removed: list[dict[str, int]] = []
        for id_, own in commands.items():
            after = targets_after(self._field, present[id_], own)
            added += ({"owner": id_, "target": target} for target in sorted(after - present[id_]))
            removed += ({"owner": id_, "target": target} for target in sorted(present[id_] - after))
        self._remove(removed)
        self._add(added)

    def _present(self, commands: dict[int, list[Any]]) -> defaultdict[int, set[int]]:
        """Return the links of the records as far as the commands may touch them."""
        one_of = self._transaction.dialect.one_of
        query = sa.select(self._owner, self._target).where(one_of(self._owner, list(commands)))
        given = [command for own in commands.values() for command in own]
        if all(command[0] in (TAKE_OFF, ADD) for command in given):
            query = query.where(one_of(self._target, list({command[1] for command in given})))
        present: defaultdict[int, set[int]] = defaultdict(set)
        for row in self._transaction.read(query).all():
            present[row[0]].add(row[1])
        return present

    def _remove(self, links: list[dict[str, int]]) -> None:
        if links:
            is_owner = self._owner == sa.bindparam("owner")
            is_target = self._target == sa.bindparam("target")
            self._transaction.change(self._table.delete().where(is_owner, is_target), links)

    def _add(self, links: list[dict[str, int]]) -> None:
        if links:
            values: dict[str, Any] = {
                self._owner.name: sa.bindparam("owner"),
                self._target.name: sa.bindparam("target"),
            }
            # Somebody else may be adding the same link at this moment; then it is there, as wanted.
            insert = self._transaction.dialect.insert_missing(self._table).values(values)
            self._transaction.change(insert, links)
