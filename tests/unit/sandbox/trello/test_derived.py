import pytest

from isthmus.sandbox.trello.derived import board_url, card_url, emoji_data, refresh, slug, tell_items
from isthmus.sandbox.trello.template import CARD, fresh


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Hällo, Wörld!", "hallo-world"), ("  A -- b ", "a-b"), ("日本", ""), ("C2", "c2")],
)
def test_the_end_of_an_address_is_plain(name, expected):
    assert slug(name) == expected


def test_addresses_hold_short_link_and_number():
    card = {"shortLink": "DeJYDbq0", "idShort": 2, "name": "C2"}
    assert card_url(card) == "https://trello.com/c/DeJYDbq0/2-c2"
    assert board_url({"shortLink": "0zx7ive1", "name": "IT 1"}) == "https://trello.com/b/0zx7ive1/it-1"


def test_badges_follow_the_card_and_keep_what_they_do_not_know():
    card = fresh(CARD, name="x", desc="text", due="2026-01-01T00:00:00.000Z", idMembersVoted=["m"])
    card["badges"]["comments"] = 3
    refresh(card)
    assert card["badges"]["description"] is True
    assert card["badges"]["due"] == "2026-01-01T00:00:00.000Z"
    assert (card["badges"]["votes"], card["badges"]["comments"]) == (1, 3)
    assert card["descData"] == emoji_data("text") == {"emoji": {}}


def test_a_card_tells_its_items_the_done_ones_and_the_earliest_due_of_the_rest():
    items = [
        {"id": "1", "state": "complete", "due": "2025-01-01"},
        {"id": "2", "state": "incomplete", "due": "2026-03-01"},
        {"id": "3", "state": "incomplete", "due": "2026-02-01"},
    ]
    card = fresh(CARD)
    tell_items(card, [{"id": "c", "checkItems": items}])
    assert card["checkItemStates"] == [{"idCheckItem": "1", "state": "complete"}]
    assert card["badges"]["checkItems"] == 3
    assert card["badges"]["checkItemsChecked"] == 1
    assert card["badges"]["checkItemsEarliestDue"] == "2026-02-01"
