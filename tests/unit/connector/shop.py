"""A small shop to try mappers on: its models, and a way to work on one of them with components made for one
test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from isthmus.components import ComponentRegistry, WorkContext
from isthmus.inheritance import capture
from isthmus.records import Registry, SqlDatabase, fields, model, open_environment, upgrade_schema
from isthmus.records.environment import Environment

PACKAGES = ["isthmus.events", "isthmus.connector"]

with capture() as MODELS:

    class ShopBackend(model.Model):
        _name = "shop.backend"
        _inherit = "connector.backend"

    class Country(model.Model):
        _name = "res.country"
        name = fields.Char()

    class ShopCountry(model.Model):
        _name = "shop.country"
        _inherit = "external.binding"
        _inherits = {"res.country": "odoo_id"}
        backend_id = fields.Many2one("shop.backend")
        odoo_id = fields.Many2one("res.country")

    class Tag(model.Model):
        _name = "shop.tag"
        _inherit = "external.binding"
        backend_id = fields.Many2one("shop.backend")
        name = fields.Char()

    class Line(model.Model):
        _name = "shop.line"
        order_id = fields.Many2one("shop.order")
        sku = fields.Char()
        quantity = fields.Integer()
        country_id = fields.Many2one("res.country")

    class Order(model.Model):
        _name = "shop.order"
        name = fields.Char()
        note = fields.Html()
        active = fields.Boolean(default=True)
        total = fields.Float()
        count = fields.Integer()
        placed = fields.Datetime()
        state = fields.Selection([("open", "Open"), ("done", "Done"), ("cancelled", "Cancelled")])
        country_id = fields.Many2one("res.country")
        tag_ids = fields.Many2many("shop.tag")
        line_ids = fields.One2many("shop.line", "order_id")


@contextmanager
def shop(declarations: Sequence[type] = (), models: Sequence[type] = ()) -> Iterator[Environment]:
    """Open an environment on an empty shop whose components are those of the framework and the given ones."""
    registry = Registry.build(PACKAGES, classes=[*MODELS, *models])
    components = ComponentRegistry.build(PACKAGES, classes=declarations)
    database = SqlDatabase("sqlite://")
    upgrade_schema(database, registry)
    with open_environment(registry, database, services={ComponentRegistry: components}) as env:
        yield env


@contextmanager
def work_on(
    model_name: str, declarations: Sequence[type] = (), models: Sequence[type] = ()
) -> Iterator[WorkContext]:
    """Open an empty shop and give the work context of a backend on a model."""
    with shop(declarations, models) as env:
        backend = env["shop.backend"].create({"name": "A shop"})
        with backend.work_on(model_name) as work:
            yield work


def mapper_of(*declarations: type, model_name: str | None = None) -> Any:
    """Return the mapper among the declarations, on a work context without any environment."""
    registry = ComponentRegistry.build(PACKAGES, classes=declarations)
    built = [registry.by_name(name) for name in registry.names][-1]
    assert built is not None
    return built(WorkContext(model_name, components_registry=registry))
