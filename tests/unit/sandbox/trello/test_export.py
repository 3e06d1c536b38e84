import json

import pytest

from isthmus.errors import ImportDataError
from isthmus.sandbox.boards import available, board_path
from isthmus.sandbox.trello.export import read_export
from isthmus.sandbox.trello.synthetic import board as synthetic_board
from isthmus.sandbox.trello.template import CARD, LIST

LIST_ID, CARD_ID, BOARD_ID = "a" * 24, "c" * 24, "b" * 24


def export(**changes):
    card = {"id": CARD_ID, "idList": LIST_ID, "name": "card", "shortLink": "abcdefgh"}
    return {
        "id": BOARD_ID,
        "name": "board",
        "lists": [{"id": LIST_ID, "name": "list", "pos": 1}],
        "cards": [card],
        **changes,
    }


@pytest.mark.parametrize("name", available())
def test_a_real_export_of_any_year_gets_every_key_of_today(name):
    found = read_export(board_path(name))
    assert all(set(CARD) <= set(card) for card in found.cards)
    assert all(set(LIST) <= set(one) for one in found.lists)
    assert all(member["username"] for member in found.members)


def test_values_of_the_export_win_over_the_defaults():
    found = read_export(export(prefs={"voting": "org"}, labelNames={"red": "Urgent"}))
    assert found.board["prefs"]["voting"] == "org"
    assert found.board["prefs"]["comments"] == "members"
    assert found.board["labelNames"]["red"] == "Urgent"
    assert found.board["labelNames"]["black_dark"] == ""


def test_the_counter_of_cards_goes_on_after_cards_that_were_deleted():
    action = {"id": "d" * 24, "type": "deleteCard", "data": {"card": {"id": "e" * 24, "idShort": 41}}}
    assert read_export(export(actions=[action])).board["lastIdShort"] == 41


def test_who_left_the_board_is_known_from_its_history():
    action = {
        "id": "d" * 24,
        "type": "createCard",
        "data": {},
        "memberCreator": {"id": "e" * 24, "username": "gone"},
    }
    assert [one["username"] for one in read_export(export(actions=[action])).members] == ["gone"]


def test_secret_addresses_of_cards_are_forgotten():
    data = export()
    data["cards"][0]["email"] = "someone+secret@boards.trello.com"
    assert read_export(data).cards[0]["email"] is None


def test_a_card_of_a_missing_list_is_kept():
    assert len(read_export(export(lists=[])).cards) == 1


def test_states_of_check_items_follow_from_the_checklists():
    items = [
        {"id": "1" * 24, "name": "x", "pos": 2, "state": "complete"},
        {"id": "2" * 24, "name": "y", "pos": 1, "state": "incomplete"},
    ]
    checklist = {
        "id": "f" * 24,
        "idCard": CARD_ID,
        "idBoard": BOARD_ID,
        "name": "c",
        "pos": 1,
        "checkItems": items,
    }
    found = read_export(export(checklists=[checklist]))
    assert found.cards[0]["checkItemStates"] == [{"idCheckItem": "1" * 24, "state": "complete"}]
    assert found.cards[0]["idChecklists"] == ["f" * 24]
    assert found.cards[0]["badges"]["checkItems"] == 2
    assert [item["name"] for item in found.checklists[0]["checkItems"]] == ["y", "x"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "x"}, "no board id and name"),
        ([], "no board id and name"),
        (export(cards=None), "no cards"),
        ({"id": BOARD_ID, "name": "x"}, "no lists and cards"),
        (export(labels={}), None),
        (export(labels={"x": 1}), "labels is not a list"),
        (
            export(lists=[{"id": "short", "name": "x"}]),
            r"lists\[0\] has no id of 24 hexadecimal digits: 'short'",
        ),
        (export(cards=[7]), r"cards\[0\] has no id"),
        (export(cards=[{"id": CARD_ID, "name": "x", "shortLink": "x"}]), r"cards\[0\] \(c+\) has no idList"),
        (export(lists=[{"id": LIST_ID}]), r"lists\[0\] \(a+\) has no name"),
        (export(lists=[{"id": LIST_ID, "name": "x"}] * 2), r"lists\[1\] has the id of another one"),
    ],
)
def test_a_foreign_export_is_refused_and_says_why(tmp_path, data, words):
    file = tmp_path / "board.json"
    file.write_text(json.dumps(data))
    if words is None:
        assert read_export(file).board["id"] == BOARD_ID
        return
    with pytest.raises(ImportDataError, match=words) as caught:
        read_export(file)
    assert str(file) in caught.value.message


def test_a_truncated_file_says_where_it_ends(tmp_path):
    file = tmp_path / "board.json"
    text = board_path("03").read_text()
    file.write_text(text[: len(text) // 2])
    with pytest.raises(ImportDataError, match=r"is not complete JSON \(line \d+, column \d+"):
        read_export(file)


def test_a_missing_or_binary_file_is_refused(tmp_path):
    with pytest.raises(ImportDataError, match="cannot read"):
        read_export(tmp_path / "nothing.json")
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(ImportDataError, match="not UTF-8"):
        read_export(tmp_path / "picture")


def test_a_synthetic_board_has_the_size_asked_for_and_is_repeatable():
    made = synthetic_board(50)
    assert made == synthetic_board(50)
    found = read_export(made)
    assert len(found.cards) == 50
    assert {card["idList"] for card in found.cards} == {one["id"] for one in found.lists}
    assert len({card["id"] for card in found.cards}) == 50
