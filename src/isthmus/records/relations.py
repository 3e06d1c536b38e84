"""Fields that hold links to records."""

from __future__ import annotations

from typing import Any

from isthmus.records.field import Field


class Relational(Field):
    """A field whose value is records of ``comodel``."""

    relational = True


def _id_of(field: Field, value: Any) -> int | bool:
    """Return the id that a many2one value stands for: an id, a record, a ``(id, name)`` pair, or nothing."""
    if not isinstance(value, int) and hasattr(value, "_ids"):
        value = value.id
    if isinstance(value, (tuple, list)):
        value = value[0] if value else False
    if not value:
        return False
    if not isinstance(value, int) or isinstance(value, bool):
        raise field.refuse(value, "a record or the id of one")
    return value


class Many2one(Relational):
    """A link to one record.

    ``ondelete``: what happens when that one is deleted: "set null", "cascade" or "restrict".
    """

    type = "many2one"
    ondelete: str = "set null"

    def __init__(
        self, comodel_name: str = "", string: str | None = None, *, ondelete: str | None = None, **kwargs: Any
    ):
        super().__init__(string, **kwargs)
        self.comodel = comodel_name
        self.ondelete = ondelete or ("restrict" if self.required else "set null")
        if comodel_name:
            self.given["comodel_name"] = comodel_name
        if ondelete:
            self.given["ondelete"] = ondelete

    def to_store(self, value: Any) -> int | bool:
        return _id_of(self, value)


class _X2many(Relational):
    prefetch = False

    def to_store(self, value: Any) -> list[Any]:
        """Return a list of commands: a recordset or a list of ids replaces the whole set."""
        if hasattr(value, "_ids"):
            return [(6, 0, list(value._ids))]
        if not value:
            return [(5,)]
        if isinstance(value, (list, tuple)):
            if all(isinstance(one, int) and not isinstance(one, bool) for one in value):
                return [(6, 0, list(value))]
            if all(isinstance(one, (list, tuple)) and one and one[0] in range(7) for one in value):
                return [tuple(one) for one in value]
        raise self.refuse(value, "x2many commands such as [(6, 0, ids)], a recordset or a list of ids")


class One2many(_X2many):
    """The records whose ``inverse_name`` points here."""

    type = "one2many"
    inverse_name: str = ""

    def __init__(
        self, comodel_name: str = "", inverse_name: str = "", string: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(string, **kwargs)
        self.comodel = comodel_name
        self.inverse_name = inverse_name
        self.given |= {k: v for k, v in (("comodel_name", comodel_name), ("inverse_name", inverse_name)) if v}


class Many2many(_X2many):
    """Any number of links. Relation table and columns get Odoo's default names where they are not stated."""

    type = "many2many"
    relation: str = ""
    column1: str = ""
    column2: str = ""

    def __init__(
        self,
        comodel_name: str = "",
        relation: str = "",
        column1: str = "",
        column2: str = "",
        string: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(string, **kwargs)
        self.comodel = comodel_name
        self.relation, self.column1, self.column2 = relation, column1, column2
        names = (
            ("comodel_name", comodel_name),
            ("relation", relation),
            ("column1", column1),
            ("column2", column2),
        )
        self.given |= {key: value for key, value in names if value}

    def bound(self, name: str, model_name: str) -> Field:
        field = super().bound(name, model_name)
        assert isinstance(field, Many2many)
        mine, theirs = model_name.replace(".", "_"), field.comodel.replace(".", "_")
        field.relation = field.relation or "_".join((*sorted((mine, theirs)), "rel"))
        field.column1 = field.column1 or f"{mine}_id"
        field.column2 = field.column2 or (f"{theirs}_id" if mine != theirs else f"{theirs}_id2")
        return field
