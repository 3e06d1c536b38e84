"""Changing boards, lists and labels."""

import pytest

from isthmus.sandbox.trello.template import LABEL_COLORS


def test_a_new_board_has_three_lists_and_six_unnamed_labels(trello):
    board = trello.post("/boards", name="Plan", desc="text", prefs_voting="members")
    assert board["limits"] == {}
    assert board["prefs"]["voting"] == "members"
    assert [one["name"] for one in trello.get(f"/boards/{board['id']}/lists")] == ["To Do", "Doing", "Done"]
    labels = trello.get(f"/boards/{board['id']}/labels")
    assert [one["name"] for one in labels] == [""] * 6
    assert trello.get("/members/me/boards")[0]["id"] == board["id"]


def test_a_board_without_name_is_refused(trello):
    assert trello.refused("POST", "/boards", desc="x") == (400, "invalid value for name")
    assert trello.refused("POST", "/boards", name="x", idBoardSource="f" * 24)[0] == 400


def test_fields_and_preferences_of_a_board_change_one_action_each(trello, small):
    changed = {"name": "Big", "prefs/voting": "members", "labelNames/blue": "Sea"}
    board = trello.put(f"/boards/{small.id}", closed=True, **changed)
    assert (board["name"], board["closed"], board["prefs"]["voting"]) == ("Big", True, "members")
    assert board["labelNames"]["blue"] == "Sea"
    told = [one["data"]["old"] for one in trello.get(f"/boards/{small.id}/actions?filter=updateBoard")]
    assert told == [
        {"labelNames": {"blue": ""}},
        {"prefs": {"voting": "disabled"}},
        {"closed": False},
        {"name": "Small"},
    ]


def test_an_unknown_preference_is_refused(trello, small):
    answer = trello.refused("PUT", f"/boards/{small.id}", **{"prefs/nothing": "x"})
    assert answer == (400, "invalid value for prefs/nothing")


def test_a_deleted_board_is_gone_with_everything_on_it(trello, small):
    trello.delete(f"/boards/{small.id}")
    for path in (
        f"/boards/{small.id}",
        f"/lists/{small.todo}",
        f"/cards/{small.card}",
        f"/labels/{small.red}",
    ):
        assert trello.refused("GET", path)[0] == 404


def test_members_come_to_a_board_change_their_role_and_leave(sandbox, trello, small):
    sandbox.add_token("second", "bob")
    for type_ in ("normal", "admin"):
        board = trello.put(f"/boards/{small.id}/members/bob", type=type_)
        assert [one["username"] for one in board["members"]] == ["isthmus", "bob"]
    assert len(trello.get(f"/boards/{small.id}/memberships?filter=admins")) == 2
    trello.delete(f"/boards/{small.id}/members/bob")
    assert trello.refused("DELETE", f"/boards/{small.id}/members/bob")[0] == 404
    types = [one["type"] for one in trello.get(f"/boards/{small.id}/actions?limit=3")]
    assert types == ["removeMemberFromBoard", "makeAdminOfBoard", "addMemberToBoard"]


# --- lists ---


def test_a_list_is_first_unless_told_otherwise(trello, small):
    assert trello.post("/lists", name="Top", idBoard=small.id)["pos"] == 32767.5
    assert trello.post("/lists", name="End", idBoard=small.id, pos="bottom")["pos"] == 65535 + 2 * 16384
    names = [one["name"] for one in trello.get(f"/boards/{small.id}/lists")]
    assert names == ["Top", "Todo", "Done", "End"]


def test_changes_of_a_list_are_told_one_by_one(trello, small):
    trello.put(f"/lists/{small.todo}", name="Now", closed=True, pos=5)
    history = trello.get(f"/lists/{small.todo}/actions?filter=updateList")
    assert [one["data"]["old"] for one in history] == [{"pos": 65535}, {"closed": False}, {"name": "Todo"}]
    assert trello.put(f"/lists/{small.todo}/closed", value=False)["closed"] is False


def test_an_archived_list_keeps_its_open_cards(trello, small):
    trello.put(f"/lists/{small.todo}", closed=True)
    assert trello.get(f"/cards/{small.card}")["closed"] is False
    assert trello.get(f"/boards/{small.id}/cards/open")[0]["id"] == small.card
    assert trello.get(f"/boards/{small.id}/cards") == []


def test_a_list_cannot_be_deleted(trello, small):
    assert trello.refused("DELETE", f"/lists/{small.todo}") == (404, f"Cannot DELETE /1/lists/{small.todo}")


@pytest.mark.parametrize("fields", [{"name": "x"}, {"name": "", "idBoard": "x"}])
def test_a_list_needs_a_board_and_a_name(trello, small, fields):
    assert trello.refused("POST", "/lists", **fields)[0] == 400
    assert trello.refused("POST", f"/boards/{small.id}/lists")[1] == "invalid value for name"


def test_all_cards_of_a_list_move_and_are_archived_together(trello, small):
    trello.post("/cards", name="B", idList=small.todo)
    moved = trello.post(f"/lists/{small.todo}/moveAllCards", idBoard=small.id, idList=small.done)
    assert [one["pos"] for one in moved] == [65535, 81919]
    assert all(set(one) == {"id", "idBoard", "idList", "pos"} for one in moved)
    moves = trello.get(f"/boards/{small.id}/actions?filter=updateCard:idList")
    assert [one["data"]["old"] for one in moves] == [{"idList": small.todo}] * 2
    assert trello.post(f"/lists/{small.done}/archiveAllCards") == {}
    assert trello.get(f"/lists/{small.done}/cards") == []
    assert len(trello.get(f"/lists/{small.done}/cards?filter=closed")) == 2


def test_a_list_moves_to_another_board_with_its_cards(trello, small):
    other = trello.post("/boards", name="Other", defaultLists=False)
    trello.put(f"/lists/{small.todo}", idBoard=other["id"])
    assert trello.get(f"/cards/{small.card}")["idBoard"] == other["id"]
    assert trello.get(f"/boards/{other['id']}/actions?limit=1")[0]["type"] == "moveListToBoard"


# --- labels ---


@pytest.mark.parametrize("color", [*sorted(LABEL_COLORS), None])
def test_a_label_has_one_of_thirty_colours_or_none(trello, small, color):
    made = trello.post("/labels", name="x", color=color, idBoard=small.id)
    assert trello.get(f"/labels/{made['id']}")["color"] == color


def test_labels_of_the_same_name_are_allowed_and_other_colours_refused(trello, small):
    made = [trello.post("/labels", name="Bug", color="red", idBoard=small.id)["id"] for _ in range(2)]
    assert made[0] != made[1]
    answer = trello.refused("POST", "/labels", name="Bug", color="gold", idBoard=small.id)
    assert answer == (400, "invalid value for color")


def test_a_renamed_label_shows_on_its_cards_but_not_in_the_history(trello, small):
    trello.put(f"/cards/{small.card}", idLabels=small.red)
    before = trello.get(f"/boards/{small.id}/actions")
    trello.put(f"/labels/{small.red}", name="Urgent", color="orange")
    assert trello.get(f"/boards/{small.id}/cards")[0]["labels"][0]["name"] == "Urgent"
    assert trello.get(f"/boards/{small.id}/actions") == before


def test_a_deleted_label_leaves_the_cards_without_a_word(trello, small):
    trello.put(f"/cards/{small.card}", idLabels=[small.red, small.sky])
    before = trello.get(f"/cards/{small.card}/actions?filter=all")
    trello.delete(f"/labels/{small.red}")
    assert trello.get(f"/cards/{small.card}")["idLabels"] == [small.sky]
    assert trello.get(f"/cards/{small.card}/actions?filter=all") == before


def test_a_label_can_be_made_on_a_card(trello, small):
    made = trello.post(f"/cards/{small.card}/labels", color="lime", name="Fresh")
    assert trello.get(f"/cards/{small.card}")["idLabels"] == [made["id"]]
