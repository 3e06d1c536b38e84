"""A small shop to synchronise with: its records live in a dict, its partners on the Odoo side in a local
model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from isthmus import fields, models
from isthmus.components import Component, ComponentRegistry
from isthmus.connector.mapper import ExportMapper, ImportMapper, changed_by, mapping
from isthmus.errors import NotFoundError, RejectedError
from isthmus.inheritance import capture
from isthmus.records import Registry, SqlDatabase, upgrade_schema


class Shop:
    """The other side.

    ``calls`` notes every call that the connector makes; ``refuse`` holds ids it will not write; one that
    ``is_full`` takes nothing new.
    """

    def __init__(self) -> None:
        self.partners: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, Any]] = []
        self.refuse: set[str] = set()
        self.is_full = False
        self.next_id = 1000

    def add(self, number: int = 1, **values: Any) -> list[str]:
        ids = []
        for _ in range(number):
            self.next_id += 1
            id_ = str(self.next_id)
            self.partners[id_] = {
                "id": id_,
                "title": f"P{id_}",
                "mail": f"{id_}@x.example",
                "town": None,
                **values,
            }
            ids.append(id_)
        return ids

    def count(self, name: str) -> int:
        return sum(1 for call, _ in self.calls if call == name)


with capture() as declared:

    class Partner(models.Model):
        _name = "s.partner"
        _sql_constraints = [("name_uniq", "unique(name)", "Names are unique.")]

        name = fields.Char(required=True)
        email = fields.Char()
        city = fields.Char()
        active = fields.Boolean(default=True)

    class ShopBackend(models.Model):
        _name = "shop.backend"
        _inherit = "connector.backend"
        _entities = {"shop.partner": "both"}

    class ShopPartner(models.Model):
        _name = "shop.partner"
        _inherit = "external.binding"
        _inherits = {"s.partner": "odoo_id"}

        backend_id = fields.Many2one("shop.backend", required=True, ondelete="cascade")
        odoo_id = fields.Many2one("s.partner", required=True, ondelete="cascade")

    class ShopImportMapper(ImportMapper, Component):
        _name = "shop.import.mapper"
        _inherit = "base.import.mapper"
        _apply_on = "shop.partner"
        direct = [("title", "name"), ("mail", "email")]

        @mapping
        @changed_by("town")
        def city(self, record: Any) -> dict[str, Any]:
            if record.get("town") == "boom":
                raise ValueError("there is no such town")
            return {"city": record.get("town") or False}

    class ShopExportMapper(ExportMapper, Component):
        _name = "shop.export.mapper"
        _inherit = "base.export.mapper"
        _apply_on = "shop.partner"
        direct = [("name", "title"), ("email", "mail"), ("city", "town")]

    class ShopAdapter(Component):
        _name = "shop.adapter"
        _usage = "backend.adapter"
        _collection = "shop.backend"

        @property
        def shop(self) -> Shop:
            return self.env.service(Shop)

        def count(self, filters: Any) -> int:
            return len(self.shop.partners)

        def search(self, filters: Any = None) -> list[str]:
            self.shop.calls.append(("search", filters))
            return sorted(self.shop.partners)

        def pages(self, filters: Any, cursor: Any) -> Iterator[tuple[list[Any], Any]]:
            ids = sorted(id_ for id_ in self.shop.partners if cursor is None or id_ > cursor)
            for start in range(0, len(ids), 5):
                part = ids[start : start + 5]
                self.shop.calls.append(("page", part))
                yield (
                    [dict(self.shop.partners[id_]) for id_ in part],
                    part[-1] if part[-1] != ids[-1] else None,
                )

        def read(self, external_id: str) -> Any:
            self.shop.calls.append(("read", external_id))
            if external_id not in self.shop.partners:
                raise NotFoundError(f"the shop has no partner {external_id}")
            return dict(self.shop.partners[external_id])

        def read_many(self, ids: Any) -> list[Any]:
            self.shop.calls.append(("read_many", list(ids)))
            return [dict(self.shop.partners[id_]) for id_ in ids if id_ in self.shop.partners]

        def write(self, external_id: str, data: dict[str, Any]) -> Any:
            self.shop.calls.append(("write", data))
            if external_id in self.shop.refuse:
                raise RejectedError(f"the shop will not have {external_id}")
            self.shop.partners[external_id].update(data)
            return dict(self.shop.partners[external_id])

        def create(self, data: dict[str, Any]) -> Any:
            self.shop.calls.append(("create", data))
            if self.shop.is_full:
                raise RejectedError("the shop is full")
            (id_,) = self.shop.add(**data)
            return dict(self.shop.partners[id_])

        def find_created(self, values: Any, announced: Any) -> Any:
            self.shop.calls.append(("find_created", values))
            found = [one for one in self.shop.partners.values() if one["title"] == values["title"]]
            return dict(found[0]) if found else None

        def delete(self, external_id: str) -> None:
            self.shop.calls.append(("delete", external_id))
            del self.shop.partners[external_id]

    class ShopBatchExporter(Component):
        _name = "shop.batch.exporter"
        _inherit = "connector.batch.exporter"
        _collection = "shop.backend"

        def unbound(self) -> list[int]:
            bound = {row["odoo_id"] for row in self.model._read_rows([], ["odoo_id"])}
            return [id_ for id_ in self.env["s.partner"].search([]).ids if id_ not in bound]


registry = Registry.build(["isthmus.connector"], classes=declared)
components = ComponentRegistry.build(["isthmus.connector"], classes=declared)


def new_database(url: str = "sqlite://") -> SqlDatabase:
    database = SqlDatabase(url)
    upgrade_schema(database, registry)
    return database
