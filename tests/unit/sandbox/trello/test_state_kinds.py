"""What the columns of a record copy from an object's JSON."""

from isthmus.sandbox.trello.state import KINDS
from isthmus.sandbox.trello.template import CARD, fresh


def row(kind, **data):
    return KINDS[kind].row(data)


def test_values_that_equal_the_template_are_not_stored():
    stored = KINDS["card"].row(fresh(CARD, id="c", name="x", closed=True))["data"]
    assert stored == {"id": "c", "name": "x", "closed": True}


def test_an_update_is_found_by_the_field_that_it_changed():
    data = {"card": {"id": "c"}, "old": {"desc": "x"}, "board": {"id": "b"}, "list": {"id": "l"}}
    action = row("action", id="a", type="updateCard", date="2026", idMemberCreator="m", data=data)
    assert (action["changed"], action["card"], action["board"], action["list"]) == ("desc", "c", "b", "l")


def test_a_move_belongs_to_the_list_that_it_ends_in():
    data = {
        "card": {"id": "c"},
        "old": {"idList": "l1"},
        "listBefore": {"id": "l1"},
        "listAfter": {"id": "l2"},
    }
    action = row("action", id="a", type="updateCard", date="2026", idMemberCreator="m", data=data)
    assert action["list"] == "l2"


def test_a_deletion_is_not_part_of_the_deleted_cards_history():
    data = {"card": {"id": "c"}, "board": {"id": "b"}}
    action = row("action", id="a", type="deleteCard", date="2026", idMemberCreator="m", data=data)
    assert (action["card"], action["board"]) == (False, "b")
