"""The links of a many2many in their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from isthmus.records.database import SqlTransaction
    from isthmus.records.fields import Field


class LinkTable:
    """A relation table seen from one of its sides: ``owner`` and ``target`` are its columns."""

    def __init__(self, transaction: SqlTransaction, table: sa.Table, owner: str, target: str) -> None:
        self._transaction = transaction
        self._table = table
        self._owner = table.c[owner]
        self._target = table.c[target]

    def apply(
        self, field: Field, ids: Sequence[int], commands: Sequence[Any], *, is_new: bool = False
    ) -> None:
        """Execute ``(3,id) (4,id) (5,) (6,0,ids)`` for every record in ``ids``; a new one has no links."""
        for command in commands:
            match command:
                case (3, int() as target, *_):
                    self.remove(ids, [target])
                case (4, int() as target, *_):
                    self.add(ids, [target], is_new=is_new and len(commands) == 1)
                case (5, *_):
                    self.remove(ids, None)
                case (6, _, targets):
                    if not is_new:
                        self.remove(ids, None)
                    self.add(ids, list(targets), is_new=True)
                case _:
                    raise field.refuse(command, "one of the commands (3, id), (4, id), (5,) and (6, 0, ids)")

    def remove(self, ids: Sequence[int], targets: Sequence[int] | None) -> None:
        """Remove links; None: to all targets."""
        one_of = self._transaction.dialect.one_of
        condition = one_of(self._owner, list(ids))
        if targets is not None:
            condition = sa.and_(condition, one_of(self._target, list(targets)))
        self._transaction.change(self._table.delete().where(condition))

    def add(self, ids: Sequence[int], targets: Sequence[int], *, is_new: bool = False) -> None:
        """Add the links that are missing. ``is_new``: it is known that there are none."""
        wanted = dict.fromkeys((id_, target) for id_ in ids for target in targets)
        if not is_new and wanted:
            for pair in self._present(ids, targets):
                wanted.pop(pair, None)
        if wanted:
            rows = [{self._owner.name: id_, self._target.name: target} for id_, target in wanted]
            self._transaction.change(self._table.insert(), rows)

    def _present(self, ids: Sequence[int], targets: Sequence[int]) -> list[tuple[int, int]]:
        one_of = self._transaction.dialect.one_of
        query = sa.select(self._owner, self._target).where(
            one_of(self._owner, list(ids)), one_of(self._target, list(targets))
        )
        return [(row[0], row[1]) for row in self._transaction.read(query).all()]
