"""Pairs are local, what they stand for is in Odoo: reading, writing and searching go through, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.operation import import_backend
from isthmus.demo import Stage
from tests.integration.trello.board import DONE, board, card

CARDS = 120


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    cards = [card(number, name=f"Card {number}", idList=DONE) for number in range(CARDS)]
    with Stage(board(cards)) as stage:
        with stage.app.environment() as env:
            import_backend(env["trello.backend"].search([]))
        yield stage


@pytest.fixture
def env(stage: Stage) -> Iterator[Any]:
    with stage.app.environment() as env:
        yield env


@pytest.fixture
def calls(stage: Stage) -> Iterator[Any]:
    """Give a function that returns the calls to Odoo since it was last asked."""
    counter = stage.app.connection().calls
    before = counter.copy()

    def since() -> dict[tuple[str, str], int]:
        nonlocal before
        found, before = counter - before, counter.copy()
        return dict(found)

    return since


def test_reading_fields_of_odoo_through_many_pairs_is_one_call(env: Any, calls: Any) -> None:
    seen = [
        (pair.external_id, pair.name, pair.date_deadline, pair.state)
        for pair in env["trello.card"].search([])
    ]
    assert len(seen) == CARDS
    assert calls() == {("project.task", "read"): 1}


def test_records_reached_over_two_links_are_read_together(env: Any, calls: Any) -> None:
    assert {pair.stage_id.name for pair in env["trello.card"].search([])} == {"Done"}
    assert calls() == {("project.task", "read"): 1, ("project.task.type", "read"): 1}


def test_a_domain_on_a_field_of_odoo_is_answered_by_one_search_there(env: Any, calls: Any) -> None:
    found = env["trello.card"].search([("name", "=", "Card 7"), ("date_deadline", "=", False)])
    assert found.external_id == card(7)["id"]
    assert calls()["project.task", "search"] == 2  # one for each term


def test_a_path_goes_from_a_pair_through_odoo(env: Any) -> None:
    assert len(env["trello.card"].search([("odoo_id.project_id.name", "=", "A board")])) == CARDS
    assert not env["trello.card"].search([("project_id.name", "=", "Another board")])


def test_a_field_of_a_pair_named_like_one_of_odoo_is_that_of_the_pair(env: Any) -> None:
    pairs = env["trello.card"].search([("state", "=", "synced"), ("odoo_id.state", "=", "01_in_progress")])
    assert len(pairs) == CARDS
    assert (pairs[0].state, pairs[0].odoo_id.state) == ("synced", "01_in_progress")


def test_a_mapper_means_the_field_of_odoo_all_the_same(env: Any) -> None:
    with env["trello.backend"].search([]).work_on("trello.card") as work:
        mapper = work.component(usage="import.mapper")
        assert mapper.field_of("state").model_name == "project.task"
        assert mapper.field_of("external_id").model_name == "trello.card"


def test_writing_through_a_pair_writes_the_record_of_odoo(env: Any, calls: Any) -> None:
    pair = env["trello.card"].search([("external_id", "=", card(3)["id"])])
    pair.write({"name": "Through the pair", "last_error": "noted"})
    assert env["project.task"].browse(pair.odoo_id.id).name == "Through the pair"
    assert pair.last_error == "noted"
    pair.name = "Card 3"


def test_different_values_for_many_pairs_take_few_calls(env: Any, calls: Any) -> None:
    pairs = env["trello.card"].search([], limit=50)
    names = pairs.mapped("name")
    calls()
    env["trello.card"].write_each([(pair, {"name": f"{pair.name}!"}) for pair in pairs])
    assert sum(calls().values()) <= 2
    assert pairs.mapped("name") == [f"{name}!" for name in names]
    env["trello.card"].write_each([(pair, {"name": name}) for pair, name in zip(pairs, names, strict=True)])


def test_creating_a_pair_creates_what_it_stands_for(env: Any) -> None:
    backend = env["trello.backend"].search([])
    made = env["trello.label"].create(
        {"backend_id": backend.id, "external_id": "x" * 24, "name": "Made here"}
    )
    assert env["project.tags"].search([("name", "=", "Made here")]) == made.odoo_id
    made.odoo_id.unlink()
    made.unlink()
