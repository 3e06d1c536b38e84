"""What every model of the simulated Odoo has: who wrote it, names for the wire, and tidy deletions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from isthmus import api, fields, models
from isthmus.sandbox.odoo.errors import MissingError
from isthmus.sandbox.odoo.session import Session

Values = dict[str, Any]

#: Models whose rows say which record they belong to, with the fields that say so.
ATTACHED = (("ir.model.data", "model"), ("mail.message", "model"), ("ir.attachment", "res_model"))


class Base(models.AbstractModel):
    _inherit = "base"

    #: Fields whose content never leaves the server.
    _masked: ClassVar[frozenset[str]] = frozenset()
    #: Fields that the version does not have yet; the server keeps them for itself.
    _absent: ClassVar[frozenset[str]] = frozenset()
    #: Fields that some group is needed for, with that group's title.
    _restricted: ClassVar[dict[str, str]] = {}

    #: Fields that are of a type of Odoo's own on the wire.
    _wire_types: ClassVar[dict[str, str]] = {}

    #: Whether the name of a copy says that it is one.
    _marks_copies: ClassVar[bool] = False

    create_date = fields.Datetime("Created on", readonly=True)
    write_date = fields.Datetime("Last Updated on", readonly=True)
    display_name = fields.Char("Display Name", compute="_compute_display_name")
    create_uid = fields.Many2one("res.users", "Created by", readonly=True)
    write_uid = fields.Many2one("res.users", "Last Updated by", readonly=True)

    @property
    def session(self: Any) -> Session:
        """Who calls."""
        return self.env.service(Session)  # type: ignore[no-any-return]

    @api.model_create_multi
    def create(self: Any, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Any:
        uid = self.session.uid or False
        stamp = {"create_uid": uid, "write_uid": uid}
        rows = self._before_create([dict(row) for row in values if isinstance(row, Mapping)])
        records = super().create([{**row, **stamp} for row in rows])
        if records:
            records._after_create(rows)
        return records

    def write(self: Any, values: Mapping[str, Any]) -> bool:
        return bool(self.write_each([(self, values)]))

    def write_each(self: Any, rows: Iterable[tuple[Any, Mapping[str, Any]]]) -> bool:
        stamp = {"write_uid": self.session.uid or False}
        ready: list[tuple[Any, Values]] = []
        for records, values in rows:
            ready.extend(records._before_write({**values}))
        super().write_each([(records, {**values, **stamp}) for records, values in ready])
        return True

    def unlink(self: Any) -> bool:
        """Delete records and what points to them by model and id; a missing one is an error for all."""
        self.check_existence()
        for model, column in ATTACHED:
            if model != self._name:
                terms = [(column, "=", self._name), ("res_id", "in", self.ids)]
                attached = self.env[model].with_context(active_test=False).search(terms)
                if attached:
                    attached.unlink()
        return bool(super().unlink())

    def check_existence(self: Any) -> None:
        """Raise MissingError when one of the records does not exist."""
        if missing := self - self.exists():
            raise MissingError(self._name, missing.ids[:1], self.session.uid)

    def _compute_display_name(self: Any) -> None:
        names = self.shown_names()
        for record in self:
            record.display_name = names.get(record.id, False)

    # --- for models to extend ---

    def _before_create(self: Any, rows: list[Values]) -> list[Values]:
        """Complete or refuse the rows of new records."""
        return rows

    def _after_create(self: Any, rows: list[Values]) -> None:
        """Do what follows from the creation of these records."""

    def _before_write(self: Any, values: Values) -> list[tuple[Any, Values]]:
        """Complete or refuse values for these records; they may differ from record to record afterwards."""
        return [(self, values)]

    def wire_rows(self: Any, rows: list[Values]) -> list[Values]:
        """Return rows of these records, as they were read, in the form that clients get."""
        return rows

    def shown_names(self: Any) -> dict[int, str | bool]:
        """Return what each existing record is called on the wire."""
        return {row["id"]: row[self._rec_name] for row in self.read([self._rec_name])}

    def copied_values(self: Any) -> list[Values]:
        """Return the values of copies of these records."""
        names = [name for name, field in self._fields.items() if self._is_copied(name, field)]
        rows = [{name: row[name] for name in names} for row in self.read(names)]
        for row in rows:
            row |= {
                name: [(6, 0, value)]
                for name, value in row.items()
                if isinstance(value, list) and self._fields[name].relational
            }
        if self._marks_copies:
            rows = [{**row, "name": f"{row['name']} (copy)"} for row in rows]
        return rows

    def _is_copied(self: Any, name: str, field: Any) -> bool:
        return bool(
            field.store and field.copy and not field.readonly and field.type != "one2many" and name != "id"
        )
