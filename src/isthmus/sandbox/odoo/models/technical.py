"""The records in which Odoo keeps what it knows about itself."""

from __future__ import annotations

from typing import Any

from isthmus import fields
from isthmus.sandbox.odoo.errors import ValidationError
from isthmus.sandbox.odoo.models.base import Base, Values


class ModelData(Base):
    """External identifiers: ``module.name`` stands for one record."""

    _name = "ir.model.data"
    _description = "Model Data"
    _order = "module, model, name"
    _sql_constraints = [("module_name_uniq_index", "unique(module, name)", "")]

    module = fields.Char("Module", required=True, default="")
    name = fields.Char("External Identifier", required=True)
    model = fields.Char("Model Name", required=True)
    res_id = fields.Integer("Record ID", index=True)
    noupdate = fields.Boolean("Non Updatable", default=False)
    complete_name = fields.Char("Complete ID", compute="_compute_complete_name")
    reference = fields.Char("Reference", compute="_compute_reference")

    def _compute_complete_name(self: Any) -> None:
        for row in self:
            row.complete_name = f"{row.module}.{row.name}" if row.module else row.name

    def _compute_reference(self: Any) -> None:
        for row in self:
            row.reference = f"{row.model},{row.res_id}"

    def _before_create(self: Any, rows: list[Values]) -> list[Values]:
        keys = [(row.get("module", ""), row.get("name", "")) for row in rows]
        taken = set(self.known(keys))
        for key in keys:
            if key in taken:
                raise duplicate_key(key)
            taken.add(key)
        return rows

    def known(self: Any, keys: list[tuple[str, str]]) -> dict[tuple[str, str], Any]:
        """Return the rows that stand for ``(module, name)`` pairs, by pair."""
        modules = sorted({module for module, _ in keys})
        names = sorted({name for _, name in keys})
        found = self.search_fetch(
            [("module", "in", modules), ("name", "in", names)], ["module", "name", "model", "res_id"]
        )
        wanted = set(keys)
        return {key: row for row in found if (key := (row.module, row.name)) in wanted}

    def record_of(self: Any, complete_name: str) -> int | bool:
        """Return the id of the record that an external id stands for; False when there is none."""
        module, _, name = complete_name.partition(".")
        return int(self.search([("module", "=", module), ("name", "=", name)], limit=1).res_id) or False


class Model(Base):
    _name = "ir.model"
    _description = "Models"
    _order = "model"

    name = fields.Char("Model Description", required=True)
    model = fields.Char("Model", required=True, index=True)
    transient = fields.Boolean("Transient Model")


class Module(Base):
    _name = "ir.module.module"
    _description = "Module"
    _order = "name"

    name = fields.Char("Technical Name", required=True)
    shortdesc = fields.Char("Module Name")
    state = fields.Selection([("uninstalled", "Not Installed"), ("installed", "Installed")], "Status")
    latest_version = fields.Char("Installed Version")


class Cron(Base):
    _name = "ir.cron"
    _description = "Scheduled Actions"

    name = fields.Char("Name", required=True)
    active = fields.Boolean("Active", default=True)


def duplicate_key(key: tuple[str, str]) -> ValidationError:
    """Return the refusal of an external id that is taken, in the database's own words."""
    return ValidationError(
        "The operation cannot be completed: duplicate key value violates unique constraint"
        f' "ir_model_data_module_name_uniq_index"\nDETAIL:  Key (module, name)=({key[0]}, {key[1]})'
        " already exists.\n"
    )
