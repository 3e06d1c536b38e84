"""Rounds that ask both sides what changed: they miss nothing, and cost few calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from isthmus.connector.operation import verify_backend
from isthmus.connector.round import sync_backend
from isthmus.demo import Stage
from isthmus.sandbox.trello import synthetic
from isthmus.trello.news import PAGE, Place, cards_of
from tests.integration.trello.board import BLUE, BOARD, DONE, RED, TODO, board, card
from tests.still_clock import StillClock


@dataclass
class Scene:
    """A stage after its first rounds, and what people do on both sides."""

    stage: Stage
    backend: Any

    def round(self, **options: Any) -> dict[str, dict[str, int]]:
        """Run a round; return what it wrote."""
        self.backend.env.clear()
        done = sync_backend(self.backend, **options)
        assert done.ok, done
        return {
            f"{direction} {one.entity.rpartition('.')[2]}": counts
            for direction, reports in (("in", done.imports), ("out", done.exports))
            for one in reports
            if (
                counts := {
                    kind: n for kind, n in one.counts.items() if n and kind not in ("unchanged", "skipped")
                }
            )
        }

    def calls(self) -> tuple[int, int]:
        """Return how many requests each side answered since this was asked, and forget them."""
        assert self.stage.sandbox is not None
        found = len(self.stage.trello.log), len(self.stage.sandbox.log)
        self.stage.trello.log.clear()
        self.stage.sandbox.log.clear()
        return found

    def looked_at_all_cards(self) -> bool:
        """Tell whether cards were read in pages since the last question, and not for their check items."""
        return (
            self.stage.trello.log.count(
                where=lambda entry: entry.path.endswith("/cards/all") and "desc" in str(entry)
            )
            > 0
        )

    @property
    def trello(self) -> Any:
        return self.backend.client()

    def people(self) -> Any:
        assert self.stage.sandbox is not None
        return self.stage.sandbox.environment()

    def task(self, number: int) -> int:
        """Return the id of a card's task."""
        env = self.backend.env
        return int(env["trello.card"].search([("external_id", "=", card(number)["id"])]).odoo_id.id)


@pytest.fixture
def scene() -> Iterator[Scene]:
    cards = [card(1, idLabels=[RED]), card(2, idLabels=[BLUE]), *(card(number) for number in range(3, 7))]
    with Stage(board(cards)) as stage, stage.app.environment() as env:
        scene = Scene(stage, env["trello.backend"].search([]))
        scene.round()
        assert scene.round() == {}
        scene.calls()
        yield scene


def test_what_people_do_on_both_sides_arrives_without_a_look_at_everything(scene: Scene) -> None:
    scene.trello.put(f"/cards/{card(1)['id']}", {"name": "Renamed there", "idList": DONE})
    scene.trello.put(f"/cards/{card(2)['id']}", {"idLabels": [RED]})
    scene.trello.delete(f"/cards/{card(3)['id']}")
    scene.trello.post("/cards", {"idList": TODO, "name": "Born there"})
    scene.trello.put(f"/lists/{DONE}", {"name": "Ready"})
    with scene.people() as people:
        tasks = people["project.task"]
        tasks.browse(scene.task(4)).write({"name": "Renamed here"})
        tasks.browse(scene.task(5)).unlink()
        project = tasks.browse(scene.task(6)).project_id.id
        stage = tasks.browse(scene.task(6)).stage_id.id
        tasks.create({"name": "Born here", "project_id": project, "stage_id": stage})
    assert scene.round() == {
        "in list": {"updated": 1},
        "in card": {"updated": 2, "created": 1, "deleted": 1},
        "out card": {"updated": 1, "created": 1, "deleted": 1},
    }
    assert not scene.looked_at_all_cards()
    assert all(report.ok for report in verify_backend(scene.backend))
    before = scene.stage.odoo_writes(), scene.stage.trello_writes()
    assert scene.round() == scene.round() == {}
    assert (scene.stage.odoo_writes(), scene.stage.trello_writes()) == before


def test_what_the_history_of_a_board_does_not_tell_arrives(scene: Scene) -> None:
    scene.trello.put(f"/labels/{RED}", {"name": "Defect"})
    assert scene.round() == {"in label": {"updated": 1}}
    scene.trello.delete(f"/labels/{BLUE}")
    assert scene.round() == {"in label": {"deleted": 1}, "in card": {"updated": 1}}
    assert all(report.ok for report in verify_backend(scene.backend))
    assert scene.round() == {}


def test_everything_is_looked_at_when_asked_for_and_when_it_is_time(scene: Scene) -> None:
    assert (scene.round(full=True), scene.looked_at_all_cards()) == ({}, True)
    scene.calls()
    assert (scene.round(), scene.looked_at_all_cards()) == ({}, False)
    scene.backend.full_look_minutes = 0
    assert (scene.round(), scene.looked_at_all_cards()) == ({}, True)


def test_a_board_that_is_added_comes_as_a_whole_and_what_leaves_the_boards_is_left_alone(
    scene: Scene,
) -> None:
    other = "5f0000000000000000000002"
    there = "5f0000000000000000000099"
    scene.stage.trello.load(
        board(
            [card(90, idBoard=other, idList=there)],
            id=other,
            shortLink="bBoard02",
            lists=[{"id": there, "name": "There", "closed": False, "idBoard": other, "pos": 1}],
            labels=[],
        )
    )
    scene.trello.put(f"/cards/{card(6)['id']}", {"name": "Last words", "idBoard": other, "idList": there})
    assert scene.round() == {}
    scene.backend.boards = [BOARD, other]
    assert scene.round() == {
        "in board": {"created": 1},
        "in list": {"created": 1},
        "in card": {"created": 1, "updated": 1},
    }
    assert all(report.ok for report in verify_backend(scene.backend))


def test_a_decision_that_was_made_meanwhile_is_carried_out(scene: Scene) -> None:
    scene.backend.conflict_policy = "ask"
    scene.trello.put(f"/cards/{card(1)['id']}", {"name": "There"})
    with scene.people() as people:
        people["project.task"].browse(scene.task(1)).write({"name": "Here"})
    scene.backend.env.clear()
    for _ in range(2):
        done = sync_backend(scene.backend)
        assert done.conflicts == 1
    scene.backend.conflict_policy = "odoo"
    scene.round()
    assert scene.trello.get(f"/cards/{card(1)['id']}")["name"] == "Here"


def test_calls_of_rounds_do_not_grow_with_the_pairs() -> None:
    clock = StillClock()  # nobody waits for a rate limit
    with (
        Stage(synthetic.board(450), clock=clock, servers_clock=clock) as stage,
        stage.app.environment() as env,
    ):
        scene = Scene(stage, env["trello.backend"].search([]))
        scene.round()
        scene.round()
        scene.calls()
        assert scene.round() == {}
        trello, odoo = scene.calls()
        assert trello + odoo <= 20

        bindings = env["trello.card"].search([], limit=200)
        for binding in bindings[:100]:
            scene.trello.put(f"/cards/{binding.external_id}", {"name": f"There {binding.id}"})
        with scene.people() as people:
            for binding in bindings[100:]:
                people["project.task"].browse(binding.odoo_id.id).write({"name": f"Here {binding.id}"})
        scene.calls()
        assert scene.round() == {"in card": {"updated": 100}, "out card": {"updated": 100}}
        written = stage.trello.log.count(where=lambda entry: entry.method == "PUT")
        trello, odoo = scene.calls()
        assert written == 100  # Trello takes one change at a time
        assert trello + odoo - written <= 60


def test_a_history_longer_than_a_page_is_read_to_its_end(scene: Scene) -> None:
    assert PAGE == 1000
    for number in range(30):
        scene.trello.put(f"/cards/{card(1 + number % 2)['id']}", {"name": f"Name {number}"})
    scene.trello.put(f"/cards/{card(3)['id']}", {"name": "The newest"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("isthmus.trello.news.PAGE", 10)
        assert scene.round() == {"in card": {"updated": 3}}
    assert scene.stage.trello.log.count(where=lambda entry: "/actions" in entry.path) >= 3


def test_cards_of_a_list_that_went_to_another_board_come_with_it(scene: Scene) -> None:
    other: Any = scene.trello.post(
        "/boards", {"name": "Other", "defaultLists": False, "defaultLabels": False}
    )
    scene.backend.boards = [BOARD, other["id"]]
    scene.round()
    scene.round()
    scene.trello.put(f"/lists/{TODO}", {"idBoard": other["id"]})
    scene.round()
    assert all(report.ok for report in verify_backend(scene.backend))


def test_cards_that_left_for_another_board_are_told_apart() -> None:
    def action(card_id: str, type_: str) -> dict[str, Any]:
        return {"type": type_, "data": {"card": {"id": card_id}}}

    actions = [
        action("gone", "updateCard"),
        action("back", "moveCardFromBoard"),
        action("gone", "moveCardFromBoard"),
        action("back", "moveCardToBoard"),
        {"type": "updateBoard", "data": {}},
    ]
    assert cards_of(actions) == ["back"]


def test_a_place_keeps_what_comes_again() -> None:
    old, new = "2026-11-22T12:00:00.000Z", "2026-11-22T12:05:00.000Z"
    place = Place("a", old).after("b", [{"id": "1", "date": old}, {"id": "2", "date": new}])
    assert place == Place("b", new, frozenset({"2"}))
    assert Place.of(place.to_json()) == place
    assert place.after("b", [{"id": "2", "date": new}]) == place
