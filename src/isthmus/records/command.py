"""x2many commands on local models: what is done to the lines, and which links are left for the store.

Source: the command triples of Odoo's ORM, ``(0,0,vals) (1,id,vals) (2,id) (3,id) (4,id) (5,) (6,0,ids)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isthmus.records.fields import Field

CREATE, UPDATE, DELETE, UNLINK, LINK, CLEAR, SET = range(7)

Command = tuple[Any, ...]


class Lines:
    """The commands on the lines of a record that need the record's id, field by field."""

    def __init__(self) -> None:
        self._work: list[tuple[Field, list[Command]]] = []

    def add(self, field: Field, commands: list[Command]) -> None:
        """Remember commands of a field."""
        if commands:
            self._work.append((field, commands))

    def __bool__(self) -> bool:
        return bool(self._work)

    def apply(self, record: Any, *, creating: bool) -> None:
        """Do the work on one record. A new record has no lines to clear."""
        for field, commands in self._work:
            if field.type == "one2many":
                for command in commands:
                    apply_to_lines(record, field, command, creating=creating)
            else:
                apply_to_links(record, field, commands)


def split_commands(field: Field, commands: Sequence[Command]) -> tuple[list[Command], list[Command]]:
    """Split commands into (links that the store keeps, work on records of the comodel).

    All commands of a one2many are work; of a many2many those that create, update or delete.
    """
    if field.type == "one2many":
        return [], list(commands)
    if any(command[0] in (CREATE, UPDATE, DELETE) for command in commands):
        return [], list(commands)
    return list(commands), []


def apply_to_links(record: Any, field: Field, commands: Sequence[Command]) -> None:
    """Execute many2many commands, some of which create, update or delete records of the comodel."""
    target = record.env[field.comodel]
    links: list[Command] = []
    for command in commands:
        match command:
            case (0, _, values):
                links.append((LINK, target.create(values).id))
            case (1, id_, values):
                target.browse(id_).write(values)
            case (2, id_, *_):
                target.browse(id_).unlink()
            case _:
                links.append(command)
    if links:
        record.write({field.name: links})


def apply_to_lines(record: Any, field: Field, command: Command, *, creating: bool) -> None:
    """Execute one one2many command: lines are records of the comodel that point here."""
    target = record.env[field.comodel]
    inverse = field.inverse_name  # type: ignore[attr-defined]
    here = {inverse: record.id}
    match command:
        case (0, _, values):
            target.create({**values, **here})
        case (1, id_, values):
            target.browse(id_).write(values)
        case (2, id_, *_):
            target.browse(id_).unlink()
        case (3, id_, *_):
            drop(target.browse(id_), inverse)
        case (4, id_, *_):
            target.browse(id_).write(here)
        case (5, *_):
            if not creating:
                drop(lines_of(record, field), inverse)
        case (6, _, ids):
            kept = target.browse(ids)
            if not creating:
                drop(lines_of(record, field) - kept, inverse)
            kept.write(here)


def lines_of(record: Any, field: Field) -> Any:
    """Return all lines of a record, archived ones included."""
    return record.with_context(active_test=False)[field.name].with_env(record.env)


def drop(lines: Any, inverse: str) -> None:
    """Take lines off their record: delete them where they cannot be without one, as Odoo does."""
    if lines and lines._fields[inverse].ondelete == "cascade":
        lines.unlink()
    else:
        lines.write({inverse: False})
