"""The start of cards, where Odoo has a field for it and where it has none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from isthmus.connector.operation import import_backend
from isthmus.demo import Stage
from tests.integration.trello.board import board, card
from tests.integration.trello.both import Both

CARDS = [
    card(1, start="2026-12-01T09:00:00.000Z", due="2026-12-24T12:00:00.000Z"),
    card(2),
    card(3, start="2026-12-24T12:00:00.000Z", due="2026-12-01T09:00:00.000Z"),
]


def start_of(both: Both, number: int) -> Any:
    return both.trello.get(f"/cards/{card(number)['id']}", fields=["start"])["start"]


def test_the_start_is_the_planned_begin_where_odoo_has_one() -> None:
    with Stage(board(CARDS[:2]), odoo_apps=["project_enterprise"]) as stage, stage.app.environment() as env:
        both = Both(stage, env)
        assert both.task(1).planned_date_begin == datetime(2026, 12, 1, 9)
        assert both.task(2).planned_date_begin is False
        both.task(1).write({"planned_date_begin": False})
        both.task(2).write({"planned_date_begin": "2026-11-02 08:30:00"})
        both.settle()
        assert (start_of(both, 1), start_of(both, 2)) == (None, "2026-11-02T08:30:00.000Z")
        both.trello.put(f"/cards/{card(2)['id']}", {"start": "2026-11-03T00:00:00.000Z"})
        both.settle()
        env.clear()
        assert both.task(2).planned_date_begin == datetime(2026, 11, 3)


def test_a_start_that_odoo_refuses_sets_its_card_aside_with_odoos_words() -> None:
    with Stage(board(CARDS), odoo_apps=["project_enterprise"]) as stage, stage.app.environment() as env:
        reports = import_backend(env["trello.backend"].search([]))
        (failure,) = [one for report in reports for one in report.failures]
        assert "planned start date must be before" in str(failure)
        assert env["trello.card"].search_count([]) == 2


def test_start_and_cover_stay_alone_where_odoo_has_no_field_for_them() -> None:
    cover = {"color": "green", "size": "full", "brightness": "light", "idAttachment": None}
    with Stage(board([{**CARDS[0], "cover": cover}, card(2)])) as stage, stage.app.environment() as env:
        both = Both(stage, env)
        both.task(1).write({"name": "Renamed", "date_deadline": False})
        both.settle()
        assert start_of(both, 1) == CARDS[0]["start"]
        covered: Any = both.trello.get(f"/cards/{card(1)['id']}", fields=["cover", "name"])
        assert covered["name"] == "Renamed"
        assert cover.items() <= covered["cover"].items()
        pair = env["trello.card"].search([("external_id", "=", CARDS[0]["id"])])
        assert "start" not in pair.base["external"], "an import reads it once there is a field for it"
