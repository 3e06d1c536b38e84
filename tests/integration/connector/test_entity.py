"""Entities: declared once, everything made from that, every part replaceable, mistakes named at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from isthmus import Component, Entity, ExportMapper, fields, mapping, models, only_create
from isthmus.connector.base import ConnectorComponent
from isthmus.connector.converter import Related, instant, truth
from isthmus.connector.entity_parts import EntityImporter
from isthmus.connector.operation import export_backend, import_backend, verify_backend
from isthmus.errors import ForbiddenError, UnauthorizedError
from isthmus.inheritance import capture
from isthmus.sandbox.message import Response
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.server import HttpServer
from isthmus.testing import TrialApp, trap_jobs

with capture() as declared:

    class DeskBackend(models.Model):
        _name = "desk.backend"
        _inherit = "connector.rest.backend"

    class Ticket(Entity):
        _name = "desk.ticket"
        _collection = "desk.backend"
        _odoo = "project.task"

        path = "/tickets"
        _description = "Ticket"
        pairs = [
            ("title", "name"),
            ("open", "active", truth),
            ("due", "date_deadline", instant),
            ("customer", "partner_id", Related("desk.customer")),
        ]
        needs = {"customer": "desk.customer"}
        title = "title"
        version = "etag"
        new = [("project_id", "=", False), ("name", "like", "for the desk")]
        triggers = ("create", "write", "unlink")

        class Importer:
            def skip_reason(self, record: Any) -> str | None:
                return "it is spam" if record["title"] == "spam" else super().skip_reason(record)  # type: ignore[misc]

    class Customer(Entity):
        _name = "desk.customer"
        _collection = "desk.backend"
        _odoo = "res.partner"

        path = "/customers"
        direction = "import"
        pairs = [("name", "name"), ("email", "email")]
        match = ("email",)


class Desk:
    """A help desk with a REST interface."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {
            "customers": {"7": {"id": 7, "name": "Ada", "email": "ada@engine.example"}},
            "tickets": {
                "100": {"id": 100, "title": "Fire", "open": True, "customer": 7, "due": None, "etag": "a"},
                "101": {"id": 101, "title": "spam", "open": True, "customer": 7, "due": None, "etag": "b"},
            },
        }

    def __call__(self, request: Any) -> Response:
        kind, *rest = request.path.strip("/").split("/")
        rows = self.rows.get(kind, {})
        answer: Any
        if request.headers.get("authorization") != "Bearer sesame":
            return Response.text(401, '"who are you?"', "application/json")
        if request.method == "POST":
            id_ = max(map(int, rows)) + 1
            answer = rows[str(id_)] = {"id": id_, "etag": "n", **json.loads(request.body)}
        elif not rest:
            answer = list(rows.values())
        elif rest[0] not in rows:
            return Response.text(404, '"gone"', "application/json")
        else:
            answer = rows[rest[0]]
            if request.method == "PUT":
                answer.update(json.loads(request.body))
        return Response.text(200, json.dumps(answer), "application/json")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    with HttpServer(desk) as server:
        yield server.url


@pytest.fixture(scope="module")
def odoo() -> Iterator[OdooSandbox]:
    with OdooSandbox(version=18) as server:
        yield server


def trial(odoo: OdooSandbox, *more: type) -> TrialApp:
    return TrialApp(*declared, *more, odoo=(odoo.url, odoo.database, odoo.login, odoo.api_key))


@pytest.fixture
def env(odoo: OdooSandbox) -> Iterator[Any]:
    with trial(odoo) as app, app.environment() as env:
        yield env


@pytest.fixture
def backend(env: Any, url: str) -> Any:
    return env["desk.backend"].create({"name": "desk", "url": url, "token": "sesame"})


def created(reports: Any) -> dict[str, int]:
    return {report.entity: report.counts["created"] for report in reports}


def test_an_entity_comes_in_with_what_it_needs_first_and_goes_back(
    env: Any, backend: Any, desk: Desk
) -> None:
    assert backend.entities() == ["desk.customer", "desk.ticket"]
    assert backend.check().endswith("answers; the first page of desk.customer has 1 records.")
    reports = import_backend(backend)
    assert created(reports) == {"desk.customer": 1, "desk.ticket": 1}
    assert [failure.reason for failure in reports[1].failures] == ["it is spam"]
    ticket = env["desk.ticket"].search([("external_id", "=", "100")])
    assert (ticket.name, ticket.partner_id.name, ticket.external_version) == ("Fire", "Ada", "a")
    ticket.odoo_id.write({"name": "Fire is out", "date_deadline": "2027-01-15 10:00:00"})
    (report,) = export_backend(backend)
    assert report.counts["updated"] == 1
    assert desk.rows["tickets"]["100"]["title"] == "Fire is out"
    assert desk.rows["tickets"]["100"]["due"].startswith("2027-01-15T10:00")
    assert all(report.counts["updated"] == 0 for report in import_backend(backend))
    assert all(report.ok or not report.differences for report in verify_backend(backend))


def test_an_existing_record_is_recognised_and_only_those_of_the_domain_are_created_outside(
    env: Any, backend: Any, desk: Desk
) -> None:
    ada = env["res.partner"].create({"name": "Ada L.", "email": "ada@other.example"})
    desk.rows["customers"]["7"]["email"] = "ada@other.example"
    desk.rows["tickets"].clear()
    desk.rows["tickets"]["1"] = {"id": 1, "title": "One", "open": True, "customer": 7, "due": None}
    import_backend(backend)
    assert env["desk.customer"].search([("external_id", "=", "7")]).odoo_id == ada
    env["project.task"].create([{"name": "for the desk: paper"}, {"name": "not for them"}])
    (report,) = export_backend(backend)
    assert report.counts["created"] == 1
    assert [row["title"] for row in desk.rows["tickets"].values()] == ["One", "for the desk: paper"]


def test_a_change_in_odoo_triggers_its_export_and_an_import_triggers_none(env: Any, backend: Any) -> None:
    with trap_jobs() as trap:
        import_backend(backend)
        assert trap.enqueued_jobs == []
        ticket = env["desk.ticket"].search([("external_id", "=", "100")])
        ticket.odoo_id.write({"name": "By hand"})
        ticket.odoo_id.write({"priority": "1"})  # nothing that is exported
        assert [job.method_name for job in trap.enqueued_jobs] == ["export_record"]
        ticket.odoo_id.unlink()
        assert [job.method_name for job in trap.enqueued_jobs] == ["export_record", "export_delete"]


def test_every_part_is_extended_by_its_name(odoo: OdooSandbox, url: str) -> None:
    with capture() as more:

        class Shouting(Component):
            _name = "desk.ticket.import.mapper"
            _inherit = "desk.ticket.import.mapper"

            def finalize(self, map_record: Any, values: dict[str, Any]) -> dict[str, Any]:
                return {**values, "name": values["name"].upper()}

        class Numbered(models.Model):
            _name = "desk.ticket"
            _inherit = "desk.ticket"

            def number(self) -> int:
                return int(self.external_id)

    with trial(odoo, *more) as app, app.environment() as env:
        backend = env["desk.backend"].create({"name": "desk", "url": url, "token": "sesame"})
        import_backend(backend)
        ticket = env["desk.ticket"].search([("external_id", "=", "100")])
        assert (ticket.name, ticket.number()) == ("FIRE", 100)


def test_parts_are_plain_classes_components_or_derived_from_them_and_bases_hold_for_all(
    odoo: OdooSandbox, desk: Desk, url: str
) -> None:
    with capture() as more:

        class DeskImporter(EntityImporter):
            _name = "desk.importer"
            _inherit = ["connector.entity.importer"]

            def external_name_of(self, record: Any) -> str:
                return f"desk {super().external_name_of(record)}"

        class DeskEntity(Entity):
            _collection = "desk.backend"
            _odoo = "project.task"

            Importer = DeskImporter

            class Verifier:
                ignored = frozenset({"name"})

        class Note(DeskEntity):
            _name = "desk.note"
            _description = "Note"

            path = "/notes"
            pairs = [("title", "name")]
            title = "title"
            part_of = {"ticket": "desk.ticket"}
            keeps = {"about": "ticket"}
            new = [("name", "=like", "note %")]

            class Binding:
                about = fields.Char("About")

            class Importer(DeskImporter):
                def external_name_of(self, record: Any) -> str:
                    return super().external_name_of(record).upper()

            class ExportMapper(ExportMapper):
                @mapping
                @only_create
                def ticket(self, record: Any) -> dict[str, Any]:
                    return {"ticket": "100"}

            class Counter(ConnectorComponent):
                _usage = "counter"

                def count(self) -> int:
                    return len(self.backend_adapter.search())

        class Louder(Component):
            _name = "desk.importer"
            _inherit = "desk.importer"

            def external_name_of(self, record: Any) -> str:
                return f"{super().external_name_of(record)}!"  # type: ignore[misc]

    desk.rows["notes"] = {
        "1": {"id": 1, "title": "wet", "ticket": "100"},
        "2": {"id": 2, "title": "dry", "ticket": "101"},  # whose ticket is left out
    }
    with trial(odoo, *more) as app, app.environment() as env:
        backend = env["desk.backend"].create({"name": "desk", "url": url, "token": "sesame"})
        assert backend.entities() == ["desk.customer", "desk.ticket", "desk.note"]
        *_, report = import_backend(backend)
        assert [(failure.name, failure.reason) for failure in report.failures] == [
            ("DESK DRY!", "its ticket is not synchronised")
        ]
        env["project.task"].create({"name": "note of Odoo"})
        *_, report = export_backend(backend)
        notes = env["desk.note"].search([], order="id")
        assert [(note.external_id, note.about) for note in notes] == [("1", "100"), ("3", "100")]
        with backend.work_on("desk.note") as work:
            assert work.component(usage="counter").count() == 3
            assert work.component(usage="counter")._name == "desk.note.counter"
            assert work.component(usage="verifier").ignored == {"name"}
            assert work.component_by_name("desk.note.pairs") is not None


def test_a_backend_may_say_another_direction_than_the_entity(env: Any, backend: Any) -> None:
    backend.write({"directions": {"desk.ticket": "import"}})
    assert backend.entities("export") == []
    assert backend.entities("import") == ["desk.customer", "desk.ticket"]


def test_a_wrong_token_is_said_by_the_check(env: Any, backend: Any) -> None:
    backend.write({"token": "guess"})
    with pytest.raises((UnauthorizedError, ForbiddenError)) as caught:
        backend.check()
    assert "guess" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"pears": []}, "by 'pears'; did you mean 'pairs'"),
        ({"direction": "out"}, "direction is 'out', not one of import, export, both, none"),
        ({"triggers": ("delete",)}, "'delete' triggers nothing; create, write, unlink do"),
        ({"Importer": 7}, "Importer must be a class, plain or of a component; it is 7"),
        ({"Binding": Component}, "Binding must be a plain class"),
        ({"_collection": ""}, "must say its _collection"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_named_when_the_class_is_defined(body: dict[str, Any], said: str) -> None:
    with capture(), pytest.raises(TypeError) as caught:
        type("Wrong", (Entity,), {"_name": "desk.wrong", "_collection": "desk.backend", **body})
    assert said in str(caught.value)
