"""The examples of the article that started this project: components, work context, events, listeners."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from isthmus import api, fields, models
from isthmus.components import Component, ComponentRegistry, WorkContext
from isthmus.events import skip_if
from isthmus.events.base import Notifier
from isthmus.inheritance import capture
from isthmus.records import Registry, SqlDatabase, open_environment, upgrade_schema

_logger = logging.getLogger(__name__)

with capture() as MODELS:

    class Collection(models.Model):
        _name = "my.collection"

        name = fields.Char()

    class MagentoBackend(models.Model):
        _name = "magento.backend"

        name = fields.Char()

    class Partner(models.Model):
        _name = "res.partner"

        name = fields.Char()

    class User(models.Model):
        _name = "res.users"

        name = fields.Char()


# --- the notifier: a base override of one's own, in place of the one that comes with Isthmus ---


def test_a_base_override_notifies_the_creation_of_every_record(caplog: pytest.LogCaptureFixture) -> None:
    with capture() as classes:

        class Base(models.AbstractModel):
            _inherit = "base"

            @api.model
            def create(self, vals: Any) -> Any:
                record = super(Base, self).create(vals)  # noqa: UP008 - as printed
                self._event("on_record_create").notify(record, fields=vals.keys())
                return record

        class MyEventListener(Component):
            _name = "my.event.listener"
            _inherit = "base.event.listener"

            def on_record_create(self, record: Any, fields: Any = None) -> None:
                _logger.info("%r has been created with %s", record, list(fields))

    caplog.set_level(logging.INFO, __name__)
    registry = Registry.build(classes=[Notifier, *MODELS, *classes])
    database = SqlDatabase("sqlite://")
    upgrade_schema(database, registry)
    components = ComponentRegistry.build(["isthmus.events"], classes=classes)
    with open_environment(registry, database, services={ComponentRegistry: components}) as env:
        env["res.partner"].create([{"name": "Ada"}, {"name": "Grace"}])
        env["res.users"].create({"name": "Joan"})

    assert [record.getMessage() for record in caplog.records] == [
        "res.partner(1) has been created with ['name']",
        "res.partner(2) has been created with ['name']",
        "res.users(1) has been created with ['name']",
    ]


# --- listeners ----------------------------------------------------------------------------------------------


class Shop:
    """The article's models with the listeners that an example declares."""

    def __init__(self, classes: list[type]) -> None:
        self.registry = Registry.build(["isthmus.events"], classes=MODELS)
        self.components = ComponentRegistry.build(["isthmus.events"], classes=classes)
        self.database = SqlDatabase("sqlite://")
        upgrade_schema(self.database, self.registry)

    def environment(self, **context: Any) -> Any:
        return open_environment(
            self.registry, self.database, services={ComponentRegistry: self.components}, context=context
        )


def test_a_listener_hears_the_creation_of_any_record() -> None:
    created: list[Any] = []
    with capture() as classes:

        class MyEventListener(Component):
            _name = "my.event.listener"
            _inherit = "base.event.listener"

            def on_record_create(self, record: Any, fields: Any = None) -> None:
                created.append(record)

    with Shop(classes).environment() as env:
        partner, user = env["res.partner"].create({"name": "Ada"}), env["res.users"].create({"name": "Grace"})

    assert created == [partner, user]


def test_a_listener_can_be_restricted_to_a_collection_or_a_model() -> None:
    heard: list[str] = []
    with capture() as classes:

        class MyEventListener(Component):
            _name = "my.event.listener"
            _inherit = "base.event.listener"
            _collection = "magento.backend"

            def on_foo_created(self, record: Any, vals: Any) -> None:
                heard.append(f"magento: {record.name}")

        class MyModelEventListener(Component):
            _name = "my.model.event.listener"
            _inherit = "base.event.listener"
            _apply_on = ["res.users"]

            def on_foo_created(self, record: Any, vals: Any) -> None:
                heard.append(f"users: {record.name}")

    vals = {"name": "Ada"}
    with Shop(classes).environment() as env:
        partner, user = env["res.partner"].create(vals), env["res.users"].create(vals)
        magento = env["magento.backend"].create({"name": "Magento"})
        other = env["my.collection"].create({"name": "Other"})
        partner._event("on_foo_created", collection=magento).notify(partner, vals)
        partner._event("on_foo_created", collection=other).notify(partner, vals)
        user._event("on_foo_created", collection=other).notify(user, vals)

    assert heard == ["magento: Ada", "users: Ada"]


def test_an_event_without_a_collection_reaches_the_listeners_of_all() -> None:
    heard: list[str] = []
    with capture() as classes:

        class MyEventListener(Component):
            _name = "my.event.listener"
            _inherit = "base.event.listener"
            _collection = "magento.backend"

            def on_record_create(self, record: Any, fields: Any = None) -> None:
                heard.append(record.name)

    with Shop(classes).environment() as env:
        env["res.partner"].create({"name": "Ada"})

    assert heard == ["Ada"]


def test_a_listener_is_skipped_by_a_context_key() -> None:
    exported: list[str] = []
    with capture() as classes:

        class ExportListener(Component):
            _name = "export.listener"
            _inherit = "base.event.listener"

            @skip_if(lambda self, *args, **kwargs: self.env.context.get("connector_no_export"))
            def on_record_write(self, record: Any, fields: Any = None) -> None:
                exported.append(record.name)

    with Shop(classes).environment() as env:
        partner = env["res.partner"].create({"name": "Ada"})
        partner.with_context(connector_no_export=True).write({"name": "silent"})
        partner.write({"name": "told"})

    assert exported == ["told"]


def test_a_listener_is_skipped_by_an_argument_of_the_event() -> None:
    delayed: list[str] = []
    with capture() as classes:

        class ExportListener(Component):
            _name = "export.listener"
            _inherit = "base.event.listener"

            @skip_if(lambda self, record, kind: kind == "complete")
            def on_record_exported(self, record: Any, kind: str) -> None:
                delayed.append(kind)

    with Shop(classes).environment() as env:
        partner = env["res.partner"].create({"name": "Ada"})
        partner._event("on_record_exported").notify(partner, "complete")
        partner._event("on_record_exported").notify(partner, kind="partial")

    assert delayed == ["partial"]


# --- the work context ---------------------------------------------------------------------------------------


@pytest.fixture
def shop() -> Shop:
    with capture() as classes:

        class RecordImporter(Component):
            _name = "my.record.importer"
            _usage = "record.importer"
            _collection = "my.collection"

            def run(self, external_id: str) -> str:
                return f"{external_id} into {self.model._name}"

    return Shop(classes)


def test_a_component_is_found_in_a_work_context(shop: Shop) -> None:
    with shop.environment() as env:
        collection = env["my.collection"].browse(1)
        work = WorkContext(model_name="res.partner", collection=collection)
        component = work.component(usage="record.importer")

        assert component.run("42") == "42 into res.partner"
        assert component.model == env["res.partner"]


def test_keywords_are_propagated_to_every_component(shop: Shop) -> None:
    with shop.environment() as env:
        work = WorkContext("res.partner", env["my.collection"].browse(1), hello="world")

        assert work.hello == "world"
        assert work.component(usage="record.importer").work.hello == "world"


def test_working_on_another_model_makes_a_new_context_with_the_attributes(shop: Shop) -> None:
    with shop.environment() as env:
        work = WorkContext("res.partner", env["my.collection"].browse(1), hello="world")
        work2 = work.work_on("res.users")

        assert (work.model_name, work2.model_name, work2.hello) == ("res.partner", "res.users", "world")
        assert work.component("record.importer", model_name=env["res.users"]).run("42") == "42 into res.users"
