"""Boards, lists, labels and cards through their adapters, against the simulated Trello."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

import isthmus.trello.adapter
from isthmus.components import Component
from isthmus.errors import AmbiguousError, NotFoundError, RejectedError
from isthmus.inheritance import capture
from isthmus.sandbox.boards import board_path
from isthmus.sandbox.faults import Answer, DropConnection, on
from isthmus.sandbox.trello import Limits, TrelloSandbox
from isthmus.testing import TrialApp
from isthmus.trello.refusal import TooLargeError
from tests.still_clock import StillClock

with capture() as MORE:

    class NoBinder(Component):
        """Knows no pair, so that no Odoo is needed."""

        _name = "trello.card.no.binder"
        _usage = "binder"
        _collection = "trello.backend"
        _apply_on = "trello.card"

        def to_internal_many(self, external_ids):
            return {id_: 1 for id_ in external_ids if id_ in KNOWN}


KNOWN: set[str] = set()


@pytest.fixture(scope="module")
def clock():
    return StillClock()


@pytest.fixture(scope="module")
def app(clock):
    return TrialApp("isthmus.trello", *MORE, clock=clock)


@pytest.fixture
def sandbox(clock):
    with TrelloSandbox(limits=Limits.off(), clock=clock, seed=3) as running:
        yield running


@pytest.fixture
def adapter_of(app, sandbox):
    """Give the adapter of a model, for a backend on all boards of the sandbox or on some."""

    @contextmanager
    def give(model, boards=None):
        with app.environment() as env:
            values = {"name": "T", "url": sandbox.url, "key": sandbox.key, "token": sandbox.token}
            backend = env["trello.backend"].create({**values, "boards": boards})
            with backend.work_on(model) as work:
                yield work.component(usage="backend.adapter")
            env.rollback()

    return give


def export(number):
    return json.loads(board_path(number).read_text("utf-8"))


def requests_of(sandbox, path):
    return [entry for entry in sandbox.log if path in entry.path]


# --- reading ---


@pytest.mark.parametrize(
    ("model", "key"), [("trello.list", "lists"), ("trello.label", "labels"), ("trello.card", "cards")]
)
@pytest.mark.parametrize("number", ["03", "08", "10"])
def test_everything_of_a_board_is_found_archived_ones_included(adapter_of, sandbox, model, key, number):
    sandbox.load(board_path(number))
    wanted = {one["id"]: one["name"] for one in export(number)[key]}
    with adapter_of(model) as adapter:
        found = adapter.search_read()
        assert {one["id"]: one["name"] for one in found} == wanted
        assert len(found) == len(wanted)
        assert sorted(adapter.search()) == sorted(wanted)


def test_all_open_boards_of_the_member_are_synchronised_unless_some_are_named(adapter_of, sandbox):
    ids = sorted(sandbox.load(board_path(number)) for number in ("03", "08", "10"))
    with adapter_of("trello.board") as adapter:
        assert sorted(adapter.search()) == ids
        assert adapter.count() == 3
    short = export("08")["shortLink"]
    with adapter_of("trello.board", boards=[short]) as adapter:
        ((records, cursor),) = adapter.pages()
        assert [record["name"] for record in records] == [export("08")["name"]]
        assert cursor is None


def test_a_board_that_nobody_knows_is_named_with_what_to_check(adapter_of, sandbox):
    with adapter_of("trello.card", boards=["nowhere1"]) as adapter:
        with pytest.raises(NotFoundError, match="Trello has no board 'nowhere1'") as caught:
            adapter.search()
        assert "trello.com/b/SHORTLINK" in caught.value.hint


def test_one_record_and_many_records_are_read_with_the_same_fields(adapter_of, sandbox):
    sandbox.load(board_path("08"))
    with adapter_of("trello.card") as adapter:
        cards = adapter.search_read()
        ids = [card["id"] for card in cards]
        assert adapter.read(ids[0]) == cards[0]
        before = len(sandbox.log)
        assert adapter.read_many([*ids, "f" * 24]) == cards
        assert len(sandbox.log) - before == 7
        with pytest.raises(NotFoundError):
            adapter.read("f" * 24)


# --- pages of cards ---


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(isthmus.trello.adapter, "PAGE", 20)
    monkeypatch.setattr(isthmus.trello.adapter, "SMALLEST_PAGE", 5)


def test_pages_of_cards_are_sorted_disjoint_and_complete(adapter_of, sandbox, small_pages):
    for number in ("08", "10"):
        sandbox.load(board_path(number))
    wanted = sorted(card["id"] for number in ("08", "10") for card in export(number)["cards"])
    with adapter_of("trello.card") as adapter:
        pages = [[card["id"] for card in cards] for cards, _ in adapter.pages()]
    assert all(page == sorted(page) and len(page) <= 20 for page in pages)
    assert sorted(id_ for page in pages for id_ in page) == wanted


def goes_on_from_all_cursors(adapter: Any, pages: list[Any]) -> bool:
    """Tell whether each page but the last has a cursor of what follows it."""
    *cursors, end = [cursor for _, cursor in pages]
    followed = [list(adapter.pages(None, json.loads(json.dumps(cursor)))) for cursor in cursors]
    return end is None and followed == [pages[number:] for number in range(1, len(pages))]


def test_pages_go_on_from_any_cursor_after_a_trip_through_json(adapter_of, sandbox, small_pages):
    for number in ("08", "10"):
        sandbox.load(board_path(number))
    with adapter_of("trello.card") as adapter:
        pages = list(adapter.pages())
        assert goes_on_from_all_cursors(adapter, pages)


def test_behind_the_last_page_of_a_board_nothing_is_asked_of_it(adapter_of, sandbox, small_pages):
    first, second = sorted(sandbox.load(board_path(number)) for number in ("08", "10"))
    with adapter_of("trello.card") as adapter:
        cursors = [cursor for _, cursor in adapter.pages()]
        behind_first = next(cursor for cursor in cursors if cursor and cursor.get("done") == first)
        before = len(sandbox.log)
        assert list(adapter.pages(None, behind_first))
        asked = {entry.path for entry in list(sandbox.log)[before:] if entry.path.endswith("/cards/all")}
    assert asked == {f"/1/boards/{second}/cards/all"}


def test_a_cursor_of_another_kind_goes_on_behind_its_board(adapter_of, sandbox):
    for number in ("03", "08", "10"):
        sandbox.load(board_path(number))
    with adapter_of("trello.list") as adapter:
        pages = list(adapter.pages())
        assert len(pages) == 3
        assert goes_on_from_all_cursors(adapter, pages)


def test_a_board_that_came_in_the_meantime_does_not_shift_the_cursor(adapter_of, sandbox):
    first, second, third = sorted(["03", "08", "10"], key=lambda number: export(number)["id"])
    for number in (second, third):
        sandbox.load(board_path(number))
    with adapter_of("trello.list") as adapter:
        (_, cursor), last = adapter.pages()
    sandbox.load(board_path(first))
    with adapter_of("trello.list") as adapter:
        assert list(adapter.pages(None, cursor)) == [last]


@pytest.mark.parametrize(
    "fault",
    [
        Answer(403, "Too many checklists"),
        Answer(413, ""),
        Answer(504, ""),
        Answer(429, '{"error":"API_TOO_MANY_CARDS_REQUESTED","message":"x"}', "application/json"),
    ],
)
def test_a_page_that_is_too_much_is_halved_until_it_is_not(adapter_of, sandbox, small_pages, fault):
    sandbox.load(board_path("08"))
    sandbox.faults.add(fault, times=None, when=lambda request: request.query.get("limit") in ("20", "10"))
    with adapter_of("trello.card") as adapter:
        assert len(adapter.search()) == 69
    sizes = [entry.query["limit"] for entry in requests_of(sandbox, "/cards/all")]
    assert sizes == ["20", "10", *["5"] * 14]


def test_a_page_that_is_too_much_at_its_smallest_is_an_error(adapter_of, sandbox, small_pages):
    sandbox.load(board_path("08"))
    sandbox.faults.add(Answer(413, ""), times=None, when=lambda request: request.path.endswith("/cards/all"))
    with adapter_of("trello.card") as adapter, pytest.raises(TooLargeError):
        adapter.search()


def test_cards_deleted_between_two_pages_hide_no_other(adapter_of, sandbox, small_pages):
    sandbox.load(board_path("08"))
    with adapter_of("trello.card") as adapter:
        pages = adapter.pages()
        first, _ = next(pages)
        for card in first[:10]:
            adapter.delete(card["id"])
        rest = [card["id"] for cards, _ in pages for card in cards]
    assert len(rest) == 69 - 20
    assert not {card["id"] for card in first} & set(rest)


# --- writing ---


def test_a_card_is_created_changed_archived_and_deleted(adapter_of, sandbox):
    sandbox.load(board_path("03"))
    lists, labels = export("03")["lists"], export("03")["labels"]
    with adapter_of("trello.card") as adapter:
        made = adapter.create(
            {
                "name": "New",
                "desc": "*x*",
                "idList": lists[0]["id"],
                "idBoard": lists[0]["idBoard"],
                "idLabels": [labels[0]["id"], labels[1]["id"]],
                "due": "2026-12-24T18:00:00.000Z",
                "dueComplete": True,
                "closed": True,
            }
        )
        assert (made["closed"], made["dueComplete"], made["due"]) == (True, True, "2026-12-24T18:00:00.000Z")
        assert sorted(made["idLabels"]) == sorted([labels[0]["id"], labels[1]["id"]])
        changed = adapter.write(
            made["id"], {"closed": False, "due": None, "desc": "", "idLabels": [], "idList": lists[1]["id"]}
        )
        found = adapter.read(made["id"])
        assert found == {name: changed[name] for name in found}
        assert (found["closed"], found["due"], found["desc"]) == (False, None, "")
        assert (found["idLabels"], found["idList"]) == ([], lists[1]["id"])
        adapter.delete(made["id"])
        adapter.delete(made["id"])
        assert adapter.read_many([made["id"]]) == []


def test_a_text_of_full_length_goes_through(adapter_of, sandbox):
    sandbox.load(board_path("03"))
    name, desc = "ä" * 16384, "x y " * 4096
    with adapter_of("trello.card") as adapter:
        made = adapter.create({"name": name, "desc": desc, "idList": export("03")["lists"][0]["id"]})
        assert (made["name"], made["desc"]) == (name, desc)
        with pytest.raises(RejectedError):
            adapter.write(made["id"], {"name": ""})


def test_a_new_board_has_no_lists_and_labels_of_trellos_own(adapter_of, sandbox):
    with adapter_of("trello.board") as adapter:
        board = adapter.create({"name": "Fresh"})
        assert adapter.client.get(f"/boards/{board['id']}/lists") == []
        assert adapter.client.get(f"/boards/{board['id']}/labels") == []


def test_a_list_is_archived_since_it_cannot_be_deleted(adapter_of, sandbox):
    sandbox.load(board_path("03"))
    id_ = export("03")["lists"][0]["id"]
    with adapter_of("trello.list") as adapter:
        adapter.delete(id_)
        assert adapter.read(id_)["closed"] is True


# --- a create that was cut off ---


def test_a_card_that_was_created_without_an_answer_is_found_again(adapter_of, sandbox, clock):
    sandbox.load(board_path("03"))
    values = {"name": "Twice? ", "idList": export("03")["lists"][0]["id"], "idBoard": export("03")["id"]}
    with adapter_of("trello.card") as adapter:
        announced = clock.now()
        assert adapter.find_created(values, announced) is None
        sandbox.faults.add(DropConnection(after_acting=True), times=1, when=on(method="POST"))
        with pytest.raises(AmbiguousError):
            adapter.create(values)
        found = adapter.find_created(values, announced)
        assert found["name"].strip() == "Twice?"
        assert adapter.find_created({**values, "name": "Another"}, announced) is None
        assert adapter.find_created(values, announced + timedelta(hours=1)) is None
        KNOWN.add(found["id"])
        assert adapter.find_created(values, announced) is None


def test_an_older_card_of_that_name_is_not_taken_for_it(adapter_of, sandbox):
    sandbox.load(board_path("03"))
    card = next(card for card in export("03")["cards"] if not card["closed"])
    with adapter_of("trello.card") as adapter:
        values = {"name": card["name"], "idList": card["idList"], "idBoard": card["idBoard"]}
        assert adapter.find_created(values, datetime(2026, 11, 22)) is None


def test_ids_of_consecutive_pages_fall(adapter_of, sandbox, small_pages):
    sandbox.load(board_path("10"))
    with adapter_of("trello.card") as adapter:
        pages = [cards for cards, _ in adapter.pages()]
    assert all(one[0]["id"] > other[-1]["id"] for one, other in pairwise(pages))
