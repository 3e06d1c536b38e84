"""A plan says what the next round does, record by record and field by field, and changes nothing anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from isthmus.connector.operation import export_backend, import_backend
from isthmus.connector.plan import Plan, plan_backend
from isthmus.demo import Stage
from isthmus.errors import ConfigurationError
from isthmus.odoo.protocol import READS
from isthmus.trello.position import sequence_of
from tests.integration.trello.board import BLUE, DONE, RED, board, card


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage(board([card(number) for number in range(7)])) as stage:
        yield stage


def rows(stage: Stage) -> dict[str, list[Any]]:
    """Return everything that the local database holds, but for when Trello was asked."""
    database = stage.app.database
    with database.engine.connect() as connection:
        tables = database.tables(stage.app.registry).metadata.tables
        kept = {
            name: table for name, table in tables.items() if name != "connector_turn"
        }  # each call counts there
        return {name: list(connection.execute(sa.select(table))) for name, table in kept.items()}


def planned(stage: Stage, entities: list[str] | None = None) -> Plan:
    """Make a plan and prove that neither side nor the local database was touched by it."""
    assert stage.sandbox is not None
    before = rows(stage)
    stage.trello.log.clear()
    stage.sandbox.log.clear()
    with stage.app.rehearsal() as env:
        plan = plan_backend(env["trello.backend"].search([]), entities)
    assert {entry.method for entry in stage.trello.log} == {"GET"}
    calls = {entry.facts.get("call") for entry in stage.sandbox.log} - {None}
    assert calls
    assert calls <= READS | {"login", "version", "authenticate"}
    assert stage.odoo_writes() == 0
    assert rows(stage) == before
    return plan


def deeds(plan: Plan) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for one in plan.records:
        found.setdefault(f"{one.direction} {one.entity}", []).append((one.deed, one.name))
    return found


def fields_of(plan: Plan, name: str) -> dict[str, tuple[Any, Any]]:
    (record,) = [one for one in plan.records if one.name == name]
    return {one.name: (one.before, one.after) for one in record.fields}


def test_a_first_round_is_planned_as_a_whole_though_nothing_is_there_to_refer_to(stage: Stage) -> None:
    plan = planned(stage)
    assert deeds(plan) == {
        "import trello.board": [("create", "A board")],
        "import trello.list": [("create", "To do"), ("create", "Done")],
        "import trello.label": [("create", "Bug"), ("create", "Idea")],
        "import trello.card": [("create", f"Card {number}") for number in range(7)],
    }
    made = fields_of(plan, "Card 3")
    assert made["name"] == ("(empty)", "Card 3")
    assert made["project_id"] == ("(empty)", "A board")
    assert made["stage_id"] == ("(empty)", "To do")
    sequence = str(sequence_of(card(3)["pos"]))
    assert (made["sequence"][1], made["active"][1], made["tag_ids"][1]) == (sequence, "yes", "(empty)")
    with stage.app.environment() as env:
        reports = import_backend(env["trello.backend"].search([]))
    assert [one.counts for one in reports] == [one.counts for one in plan.imports]


def test_a_later_round_is_planned_field_by_field_and_then_does_just_that(stage: Stage) -> None:
    with stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        import_backend(backend)
        backend.conflict_policies = {"card": {"name": "ask"}}
        tasks = {one.external_id: one.odoo_id for one in env["trello.card"].search([])}
        client = backend.client()
        ids = [card(number)["id"] for number in range(7)]
        client.put(f"/cards/{ids[0]}", {"name": "Renamed there", "desc": "**New**", "idLabels": [RED, BLUE]})
        client.put(f"/cards/{ids[1]}", {"closed": True})
        client.delete(f"/cards/{ids[2]}")
        tasks[ids[3]].write({"name": "Renamed here", "description": "<p>Well</p>"})
        tasks[ids[4]].unlink()
        client.put(f"/cards/{ids[5]}", {"name": "That", "idList": DONE})
        tasks[ids[5]].write({"name": "This"})
        tasks[ids[6]].write({"active": False})
        project = env["trello.board"].search([]).odoo_id
        done = env["trello.list"].search([("external_id", "=", DONE)]).odoo_id
        env["project.task"].create({"name": "Born here", "project_id": project.id, "stage_id": done.id})
    plan = planned(stage)
    found = deeds(plan)
    assert sorted(found["import trello.card"]) == [
        ("archive", "Card 1"), ("archive", "Card 2"), ("conflict", "That"), ("update", "Renamed there"),
    ]  # fmt: skip
    assert sorted(found["export trello.card"]) == [
        ("archive", card(4)["id"]), ("create", "Born here"), ("update", "Card 6"), ("update", "Renamed here"),
    ]  # fmt: skip
    assert fields_of(plan, "Renamed there") == {
        "name": ("Card 0", "Renamed there"),
        "description": ("(empty)", "New"),
        "tag_ids": ("(empty)", "Bug, Idea"),
    }
    assert fields_of(plan, "That") == {"stage_id": ("To do", "Done"), "name": ("This", "That")}
    assert fields_of(plan, "Renamed here") == {
        "name": ("Card 3", "Renamed here"),
        "desc": ("(empty)", "Well"),
    }
    assert fields_of(plan, "Card 6") == {"closed": ("no", "yes")}
    with stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        imports, exports = import_backend(backend), export_backend(backend)
    assert [one.counts for one in (*imports, *exports)] == [
        one.counts for one in (*plan.imports, *plan.exports)
    ]
    assert not plan.ok


def test_a_plan_of_one_entity_is_about_that_one(stage: Stage) -> None:
    assert set(deeds(planned(stage, ["board"]))) == {"import trello.board"}


def test_a_plan_needs_an_environment_that_holds_back(stage: Stage) -> None:
    with stage.app.environment() as env, pytest.raises(ConfigurationError, match="no Rehearsal"):
        plan_backend(env["trello.backend"].search([]))


@pytest.mark.postgres
def test_a_plan_over_postgresql_works_on_a_copy_as_well(postgres_url: str) -> None:
    with Stage(board(), database=postgres_url) as stage:
        with stage.app.environment() as env:
            import_backend(env["trello.backend"].search([]))
            env["project.task"].search([], limit=1).write({"name": "Renamed here"})
        assert deeds(planned(stage)) == {"export trello.card": [("update", "Renamed here")]}
