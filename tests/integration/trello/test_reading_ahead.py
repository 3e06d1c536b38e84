"""Imports read ahead: Trello is asked for what comes next while Odoo writes what came before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from isthmus import telemetry
from isthmus.connector.operation import import_backend, verify_backend
from isthmus.demo import Stage
from isthmus.errors import NotFoundError, RejectedError
from isthmus.sandbox.faults import Answer
from isthmus.sandbox.trello import Limits
from isthmus.trello import markdown
from tests.integration.trello.board import BOARD, board, card

CARDS = 7
READER = "isthmus-ahead"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A board of three pages of cards."""
    monkeypatch.setattr("isthmus.trello.adapter.PAGE", 3)
    cards = [card(number, desc=f"**Card** {number}") for number in range(CARDS)]
    with Stage(board(cards), odoo_version=19, limits=Limits.off()) as stage:
        yield stage


def run_import(stage: Stage, **options: Any) -> list[Any]:
    with stage.app.environment() as env:
        return import_backend(env["trello.backend"].search([]), **options)


def paths(stage: Stage) -> list[str]:
    return [entry.path for entry in stage.trello.log]


def test_while_odoo_writes_a_page_the_next_one_arrives(stage: Stage) -> None:
    """Odoo's first answer about tasks is held back until Trello has been asked for the second page."""
    asked = threading.Event()
    pages: list[str] = []
    writes: list[bool] = []

    def hear(name: str, fields: dict[str, Any]) -> None:
        if name == "http.request" and fields["url"].endswith(f"/boards/{BOARD}/cards/all"):
            pages.append(threading.current_thread().name)
            if len(pages) == 2:
                asked.set()
        if name == "http.request" and fields["url"].endswith("project.task/load"):
            writes.append(asked.wait(10))

    end = telemetry.subscribe(hear)
    try:
        reports = run_import(stage)
    finally:
        end()
    assert next(one for one in reports if one.entity == "trello.card").counts["created"] == CARDS
    assert set(pages) == {READER}
    assert writes[0], "the second page was not asked for before the first was written"


def test_all_that_an_import_asks_is_counted_once_for_its_entity(stage: Stage) -> None:
    run_import(stage)
    before = len(stage.trello.log) + len(stage.sandbox.log)
    reports = run_import(stage)
    assert sum(one.calls for one in reports) == len(stage.trello.log) + len(stage.sandbox.log) - before
    cards = next(one for one in reports if one.entity == "trello.card")
    assert cards.calls >= 3, "its three pages, whoever asked for them"


def test_which_boards_there_are_is_asked_once_for_an_import(stage: Stage) -> None:
    run_import(stage)
    before = len(stage.trello.log)
    run_import(stage)
    assert paths(stage)[before:].count(f"/1/boards/{BOARD}") == 1


def test_descriptions_are_converted_by_the_reader(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Odoo is where the time goes: what can be computed meanwhile, is."""
    markdown._to_html.cache_clear()
    converted = set()
    original = markdown._READER.render

    def render(text: str) -> Any:
        converted.add(threading.current_thread().name)
        return original(text)

    monkeypatch.setattr(markdown._READER, "render", render)
    run_import(stage)
    assert converted == {READER}


def test_an_error_of_the_reader_comes_behind_what_was_read_before_and_the_next_import_goes_on_there(
    stage: Stage,
) -> None:
    stage.trello.faults.add(
        Answer(400, "invalid value for before"),
        times=None,
        when=lambda request: request.query.get("before") == card(1)["id"],
    )
    with pytest.raises(RejectedError, match="invalid value for before"):
        run_import(stage)
    with stage.app.environment() as env:
        assert env["trello.card"].search_count([]) == CARDS - 1
    stage.trello.faults.clear()
    before = len(stage.trello.log)
    reports = run_import(stage)
    of_cards = next(one for one in reports if one.entity == "trello.card")
    assert (of_cards.counts["created"], of_cards.counts["unchanged"]) == (1, 0)
    asked = [
        entry.query.get("before")
        for entry in list(stage.trello.log)[before:]
        if entry.path.endswith("/cards/all") and "name" in entry.query["fields"]
    ]
    assert asked == [card(1)["id"]], "the pages before are not read again"
    with stage.app.environment() as env:
        assert env["project.task"].search_count([]) == CARDS
        assert all(one.ok for one in verify_backend(env["trello.backend"].search([])))


def test_what_cannot_begin_to_be_read_fails_in_its_turn(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any) -> None:
        raise RejectedError("not now")

    monkeypatch.setattr("isthmus.trello.checkitem.CheckItem.Adapter.prepare_reading", refuse, raising=False)
    with pytest.raises(RejectedError, match="not now"):
        run_import(stage)
    with stage.app.environment() as env:
        assert env["trello.card"].search_count([]) == CARDS, "the entities before it are imported"


def test_boards_that_are_shared_are_asked_for_again_after_a_while(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared: dict[Any, Any] = {}

    def boards_asked() -> int:
        before = len(stage.trello.log)
        with stage.app.environment() as env:
            backend = env["trello.backend"].search([])
            with backend.work_on("trello.card", shared=shared) as work:
                assert work.component(usage="backend.adapter").boards() == [BOARD]
        return len(stage.trello.log) - before

    assert [boards_asked(), boards_asked()] == [1, 0]
    monkeypatch.setattr("isthmus.trello.known_boards.BOARDS_STAND", timedelta(0))
    assert boards_asked() == 1


def test_a_page_that_goes_on_from_a_cursor_does_not_ask_for_the_boards_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(cursor: Any) -> tuple[Any, int]:
        before = len(stage.trello.log)
        with stage.app.environment() as env:
            backend = env["trello.backend"].search([])
            with backend.work_on("trello.card") as work:
                _, following = next(work.component(usage="backend.adapter").pages(None, cursor))
        return following, len(stage.trello.log) - before

    second, calls = step(None)
    assert calls == 2  # the board, and its first page
    third, calls = step(second)
    assert calls == 1
    monkeypatch.setattr("isthmus.trello.known_boards.BOARDS_STAND", timedelta(0))
    assert step(third)[1] == 2
    with stage.app.environment() as env:
        env["trello.backend"].search([]).boards = [BOARD, "5f00000000000000000000ff"]
    with pytest.raises(NotFoundError, match="no board"):
        step(second)
