"""A small connector, for commands that work on any kind of backend."""

from __future__ import annotations

from typing import ClassVar

from isthmus.components import Component
from isthmus.connector.backend import BackendComponent
from isthmus.connector.mapper import ImportMapper
from isthmus.errors import UnauthorizedError
from isthmus.records import fields, model


class ShopBackend(model.Model):
    _name = "shop.backend"
    _inherit = "connector.backend"

    api_key = fields.Secret("API key", required=True)
    country = fields.Selection([("be", "Belgium"), ("ch", "Switzerland")])
    limit = fields.Integer("Limit")

    _entities: ClassVar[dict[str, str]] = {"shop.article": "both"}


class ShopArticle(model.Model):
    _name = "shop.article"
    _inherit = "external.binding"
    _inherits = {"product.product": "odoo_id"}

    backend_id = fields.Many2one("shop.backend", required=True, ondelete="cascade")
    odoo_id = fields.Many2one("product.product", required=True)
    unit_id = fields.Many2one("uom.uom")


class ShopSession(BackendComponent, Component):
    _name = "shop.session"
    _inherit = "connector.backend"
    _collection = "shop.backend"

    def check(self) -> str:
        if self.collection.api_key.reveal() == "wrong":
            raise UnauthorizedError("the shop refused the key", hint="Use the right key.")
        return "The shop is open."


class ArticleMapper(ImportMapper):
    _name = "shop.article.mapper"
    _inherit = "base.import.mapper"
    _collection = "shop.backend"
    _apply_on = "shop.article"
    _abstract = False

    direct = [("title", "name"), ("price", "list_price")]
