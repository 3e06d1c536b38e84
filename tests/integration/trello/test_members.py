"""Members on cards and assignees of tasks, in both directions; whom Odoo does not know stays on the card."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend, verify_backend
from isthmus.demo import Stage
from isthmus.trello.client import TrelloClient
from tests.integration.trello.board import BOARD, board, card
from tests.integration.trello.both import Both

ANNA, BEN, LEFT = (f"5f000000000000000000030{number}" for number in (1, 2, 3))
PEOPLE = [(ANNA, "anna", "Anna Smith"), (BEN, "ben", "Ben Jones"), (LEFT, "left", "Who Left")]


@pytest.fixture
def stage() -> Iterator[Stage]:
    on_board = [
        {"id": f"5f00000000000000000004{number:02x}", "idMember": id_, "memberType": "normal"}
        for number, (id_, *_) in enumerate(PEOPLE[:2])
    ]
    data = board(
        [card(1, idMembers=[ANNA, BEN, LEFT]), card(2)],
        members=[{"id": id_, "username": login, "fullName": name} for id_, login, name in PEOPLE],
        memberships=on_board,
    )
    with Stage(data) as stage:
        yield stage


def user(env: Any, name: str) -> Any:
    return env["res.users"].create({"name": name, "login": f"{name.split()[0].lower()}@example.com"})


def client(stage: Stage) -> TrelloClient:
    return TrelloClient(stage.trello.key, stage.trello.token, url=stage.trello.url)


def on_card(stage: Stage, number: int) -> list[str]:
    with stage.app.environment() as env, env["trello.backend"].search([]).work_on("trello.card") as work:
        found: list[str] = work.component(usage="backend.adapter").read(card(number)["id"])["idMembers"]
        return found


def test_who_is_known_is_assigned_and_who_is_not_stays_on_the_card(stage: Stage) -> None:
    with stage.app.environment() as env:
        anna, clara = user(env, "Anna Smith"), user(env, "Clara")
        backend = env["trello.backend"].search([])
        import_backend(backend)
        task = env["trello.card"].search([("external_id", "=", card(1)["id"])]).odoo_id
        assert task.user_ids == anna
        assert "Ben Jones (@ben)" in backend.remarks()[0]
        assert "Anna" not in backend.remarks()[0]
        writes = stage.odoo_writes()
        import_backend(backend)
        assert stage.odoo_writes() == writes
        task.write({"user_ids": [(6, 0, [clara.id])]})
        export_backend(backend)
    assert on_card(stage, 1) == [BEN, LEFT]
    with stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        import_backend(backend)
        assert env["trello.card"].search([("external_id", "=", card(1)["id"])]).odoo_id.user_ids == clara
        assert all(report.ok for report in verify_backend(backend) if report.entity != "trello.card")


def test_a_user_who_becomes_known_later_is_assigned_and_lost_by_nobody(stage: Stage) -> None:
    with stage.app.environment() as env:
        anna, boss = user(env, "Anna Smith"), user(env, "Boss")
        backend = env["trello.backend"].search([])
        import_backend(backend)
        task = env["trello.card"].search([("external_id", "=", card(1)["id"])]).odoo_id
        backend.members = {"ben": "boss@example.com"}
        env.commit()
        import_backend(backend, entities=["member"])
        task.write({"user_ids": [(5,)]})
        export_backend(backend)  # it may not take Ben off: Odoo never had him
        assert on_card(stage, 1) == [ANNA, BEN, LEFT]
        import_backend(backend)
        env.clear()
        assert task.user_ids == anna | boss, "both sides changed the field, and Trello wins by default"


def test_an_assignee_is_put_on_the_card(stage: Stage) -> None:
    with stage.app.environment() as env:
        anna = user(env, "Anna Smith")
        backend = env["trello.backend"].search([])
        import_backend(backend)
        task = env["trello.card"].search([("external_id", "=", card(2)["id"])]).odoo_id
        task.write({"user_ids": [(4, anna.id)]})
        made = {"name": "New", "project_id": task.project_id.id, "stage_id": task.stage_id.id}
        env["project.task"].create({**made, "user_ids": [(4, anna.id)]})
        export_backend(backend)
        assert on_card(stage, 2) == [ANNA]
        assert all(report.ok for report in verify_backend(backend))
        task.write({"user_ids": [(4, user(env, "Stranger").id)]})
        client(stage).put(f"/cards/{card(2)['id']}", {"idMembers": [BEN, LEFT]})
        import_backend(backend)
        env.clear()
        assert task.user_ids.mapped("name") == ["Stranger"], "Anna left the card, the stranger stays"
        writes = stage.odoo_writes(), stage.trello_writes()
        import_backend(backend)
        export_backend(backend)
        assert (stage.odoo_writes(), stage.trello_writes()) == writes


ITEM, OTHER = "5f00000000000000000006a1", "5f00000000000000000006a2"


@pytest.fixture
def with_items() -> Iterator[Stage]:
    item = {"state": "incomplete", "due": None}
    plan = {
        "id": "5f0000000000000000000601", "name": "Plan", "idBoard": BOARD, "idCard": card(1)["id"], "pos": 1,
        "checkItems": [
            {**item, "id": ITEM, "name": "ask", "pos": 1, "idMember": ANNA, "due": "2026-12-24T12:00:00Z"},
            {**item, "id": OTHER, "name": "tell", "pos": 2, "idMember": LEFT},
        ],
    }  # fmt: skip
    people = [{"id": id_, "username": login, "fullName": name} for id_, login, name in PEOPLE]
    joined = [
        {"id": f"5f00000000000000000004{number:02x}", "idMember": id_, "memberType": "normal"}
        for number, (id_, *_) in enumerate(PEOPLE[:2])
    ]
    cards = [card(1, idChecklists=[plan["id"]])]
    with Stage(board(cards, members=people, memberships=joined, checklists=[plan])) as stage:
        yield stage


def test_due_dates_and_members_of_items_are_those_of_subtasks(with_items: Stage) -> None:
    with with_items.app.environment() as env:
        anna, ben, stranger = (user(env, name) for name in ("Anna Smith", "Ben Jones", "Stranger"))
        both = Both(with_items, env)

        def item(id_: str) -> tuple[Any, Any]:
            found: Any = both.trello.get(f"/cards/{card(1)['id']}/checkItem/{id_}")
            return found["due"], found["idMember"]

        def subtask(id_: str) -> Any:
            env.clear()
            return env["trello.checkitem"].search([("external_id", "=", id_)]).odoo_id

        ask, tell = subtask(ITEM), subtask(OTHER)
        assert (ask.user_ids, ask.date_deadline) == (anna, datetime(2026, 12, 24, 12))
        assert not tell.user_ids, "Odoo does not know who left"
        tell.write({"user_ids": [(4, stranger.id)], "date_deadline": datetime(2027, 1, 2, 3, 4, 5)})
        ask.write({"user_ids": [(4, ben.id), (4, stranger.id)], "date_deadline": False})
        both.settle()
        assert item(OTHER) == ("2027-01-02T03:04:05.000Z", LEFT), "nor does Trello know the stranger"
        assert item(ITEM) == (None, ANNA), "an item has one member, and hers is still one of them"

        both.trello.put(f"/cards/{card(1)['id']}/checkItem/{ITEM}", {"idMember": None})
        both.settle()
        assert subtask(ITEM).user_ids == stranger, "nobody in Trello is nobody of Trello's members"
        assert item(ITEM) == (None, None)

        subtask(ITEM).write({"user_ids": [(4, ben.id)]})
        both.settle()
        assert item(ITEM) == (None, BEN)
        both.trello.put(f"/cards/{card(1)['id']}/checkItem/{ITEM}", {"idMember": ANNA, "due": "2027-02-01"})
        both.settle()
        assert sorted(subtask(ITEM).user_ids.mapped("name")) == ["Anna Smith", "Stranger"]
        subtask(ITEM).write({"user_ids": [(5,)]})
        new = {"name": "new", "parent_id": ask.parent_id.id, "project_id": ask.project_id.id}
        env["project.task"].create({**new, "user_ids": [(4, ben.id)], "date_deadline": "2027-03-01 08:00:00"})
        both.settle()
        assert item(ITEM) == ("2027-02-01T00:00:00.000Z", None)
        made = env["trello.checkitem"].search([("external_id", "not in", [ITEM, OTHER])])
        assert item(made.external_id) == ("2027-03-01T08:00:00.000Z", BEN)


def test_an_item_whose_member_becomes_known_keeps_who_was_assigned_meanwhile(with_items: Stage) -> None:
    with with_items.app.environment() as env:
        boss = user(env, "Boss")
        both = Both(with_items, env)
        both.backend.members = {"anna": "boss@example.com"}
        env.commit()
        import_backend(both.backend, entities=["member"])
        ask = env["trello.checkitem"].search([("external_id", "=", ITEM)]).odoo_id
        assert not ask.user_ids
        ask.write({"user_ids": [(4, user(env, "Stranger").id)]})
        both.settle()
        assert ask.user_ids.mapped("name") == ["Boss", "Stranger"]
        assert boss in ask.user_ids


def test_a_deadline_from_before_it_was_synchronised_is_not_emptied(with_items: Stage) -> None:
    with with_items.app.environment() as env:
        both = Both(with_items, env)
        pair = env["trello.checkitem"].search([("external_id", "=", OTHER)])
        pair.odoo_id.write({"date_deadline": "2027-01-02 03:04:05"})
        for side, field in (("external", "due"), ("odoo", "date_deadline")):
            said = {name: value for name, value in pair.base[side].items() if name != field}
            pair.base = {**pair.base, side: said}
        import_backend(both.backend, entities=["checkitem"])
        both.settle()
        found: Any = both.trello.get(f"/cards/{card(1)['id']}/checkItem/{OTHER}")
        assert found["due"] == "2027-01-02T03:04:05.000Z"
