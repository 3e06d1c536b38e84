"""Models: what a connector declares. ``Model`` has a table, ``AbstractModel`` has none."""

from __future__ import annotations

from typing import Any, ClassVar

from isthmus.records import api, fields
from isthmus.records.write import Write


class BaseModel(Write):
    """Everything that a recordset can do. Declare models with :class:`Model` or :class:`AbstractModel`.

    Class attributes, as in Odoo: ``_name``, ``_inherit``, ``_inherits`` (model -> many2one through which its
    fields are reached), ``_description``, ``_order``, ``_rec_name``, ``_table``, ``_auto`` (False: no
    table is made), ``_sql_constraints`` (``[(name, "unique(a, b)" or "check(…)", message)]``).
    """

    __slots__ = ()

    _description: ClassVar[str] = ""
    _order: ClassVar[str] = "id"
    _table: ClassVar[str] = ""
    _auto: ClassVar[bool] = True
    _sql_constraints: ClassVar[list[tuple[str, str, str]]] = []

    @classmethod
    def _finished(cls) -> None:
        """Derive what depends on all declarations of the finished model; called once while a registry is
        built.
        """


class AbstractModel(BaseModel, family=True):
    """A model without records of its own, to inherit from."""

    _abstract = True


class Model(AbstractModel, root=True):
    """A model with records."""

    _abstract = False


class Base(AbstractModel):
    """The last parent of every model: what is added here by ``_inherit = "base"`` is on all of them."""

    _name = "base"

    create_date = fields.Datetime("Created on", readonly=True)
    write_date = fields.Datetime("Last updated on", readonly=True)
    display_name = fields.Char("Display name", compute="_compute_display_name")

    @api.depends("name")
    def _compute_display_name(self) -> None:
        for record in self:
            name = record[self._rec_name] if self._rec_name in self._fields else False
            record.display_name = str(name) if name else f"{self._name},{record.id}"  # type: ignore[assignment]

    @api.model
    def name_search(self, name: str = "", domain: Any = (), operator: str = "ilike", limit: int = 100) -> Any:
        """Return ``[(id, display_name)]`` of the records whose name matches."""
        terms = [*domain, (self._rec_name, operator, name)] if name else list(domain)
        return [(record.id, record.display_name) for record in self.search(terms, limit=limit)]


__all__ = ["AbstractModel", "Base", "BaseModel", "Model"]
