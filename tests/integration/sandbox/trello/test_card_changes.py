"""Changing cards, and the actions that each change leaves."""

import pytest


def actions(trello, card, limit=20):
    return trello.get(f"/cards/{card}/actions?filter=all&limit={limit}")


def old(action):
    return action["data"].get("old")


def test_a_new_card_has_every_key_and_is_last_in_its_list(trello, small):
    card = trello.post("/cards", name="Second", idList=small.todo, desc="text", due="2026-03-01")
    assert card["pos"] == 65535 + 16384
    assert card["idShort"] == 2
    assert card["url"] == f"https://trello.com/c/{card['shortLink']}/2-second"
    assert card["due"] == card["badges"]["due"] == "2026-03-01T00:00:00.000Z"
    assert card["badges"]["description"] is True
    assert (card["attachments"], card["stickers"], card["limits"]) == ([], [], {})
    created = actions(trello, card["id"])[0]
    assert created["type"] == "createCard"
    assert created["data"]["list"] == {"id": small.todo, "name": "Todo"}
    assert created["data"]["card"] == {
        "id": card["id"],
        "name": "Second",
        "idShort": 2,
        "shortLink": card["shortLink"],
    }
    assert created["memberCreator"]["username"] == "isthmus"


def test_a_card_can_be_made_first(trello, small):
    assert trello.post("/cards", name="x", idList=small.todo, pos="top")["pos"] == 32767.5


def test_large_positions_start_at_2_to_the_47(pool, clock):
    from isthmus.sandbox.trello import TrelloSandbox
    from tests.integration.sandbox.trello.conftest import Client

    with TrelloSandbox(clock=clock, large_pos=True) as sandbox:
        trello = Client(pool, sandbox.url)
        board = trello.post("/boards", name="Large", defaultLists=False)
        list_ = trello.post("/lists", name="x", idBoard=board["id"])
        cards = [trello.post("/cards", name="x", idList=list_["id"])["pos"] for _ in range(2)]
    assert list_["pos"] == cards[0] == 140737488355328
    assert cards[1] == 140737488371712


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "x"}, "invalid value for idList"),
        ({"idList": "f" * 24}, "invalid value for idList"),
        ({"idList": "Todo"}, "invalid value for idList"),
        ({"name": "x" * 16385}, "invalid value for name"),
        ({"desc": "x" * 16385}, "invalid value for desc"),
        ({"due": "someday"}, "invalid value for due"),
        ({"idLabels": "red"}, "invalid value for idLabels"),
        ({"idLabels": "f" * 24}, "invalid value for idLabels"),
        ({"idMembers": "f" * 24}, "invalid value for idMembers"),
        ({"pos": "middle"}, "invalid value for pos"),
        ({"urlSource": "ftp://x"}, "invalid value for url"),
    ],
)
def test_a_card_is_refused_for_a_value_that_cannot_be(trello, small, fields, words):
    given = (
        fields
        if "name" in fields and "idList" not in fields and len(fields["name"]) == 1
        else {"idList": small.todo}
    )
    assert trello.refused("POST", "/cards", **{**given, **fields}) == (400, words)
    assert len(trello.get(f"/lists/{small.todo}/cards")) == 1


def test_a_name_of_16384_characters_is_taken(trello, small):
    assert len(trello.put(f"/cards/{small.card}", name="x" * 16384)["name"]) == 16384
    assert trello.refused("PUT", f"/cards/{small.card}", name="") == (400, "invalid value for name")


def test_each_changed_field_is_one_action_with_one_old_key(trello, small):
    before = len(actions(trello, small.card))
    trello.put(f"/cards/{small.card}", name="New", desc="New text", due="2026-03-01T10:00:00Z", closed=True)
    made = actions(trello, small.card)[: len(actions(trello, small.card)) - before]
    assert [old(one) for one in reversed(made)] == [
        {"name": "A card"},
        {"desc": ""},
        {"closed": False},
        {"due": None},
    ]
    assert made[0]["data"]["card"]["due"] == "2026-03-01T10:00:00.000Z"
    assert len({one["date"] for one in made}) == 4


def test_values_that_are_the_same_leave_no_action(trello, small):
    before = actions(trello, small.card)
    trello.put(f"/cards/{small.card}", name="A card", closed=False, idList=small.todo, idLabels="")
    assert actions(trello, small.card) == before


def test_a_move_names_both_lists(trello, small):
    moved = trello.put(f"/cards/{small.card}", idList=small.done)
    assert moved["idList"] == small.done
    data = actions(trello, small.card)[0]["data"]
    assert data["old"] == {"idList": small.todo}
    assert data["listBefore"] == {"id": small.todo, "name": "Todo"}
    assert data["listAfter"] == {"id": small.done, "name": "Done"}
    assert "list" not in data
    by_default = trello.get(f"/cards/{small.card}/actions")
    assert [old(one) for one in by_default] == [{"idList": small.todo}]


def test_a_move_keeps_the_position_unless_told_otherwise(trello, small):
    trello.post("/cards", name="there", idList=small.done)
    assert trello.put(f"/cards/{small.card}", idList=small.done)["pos"] == 65535
    assert trello.put(f"/cards/{small.card}", idList=small.todo, pos="bottom")["pos"] == 65535


def test_the_last_activity_moves_on_changes_but_not_on_the_position(trello, small, clock):
    before = trello.get(f"/cards/{small.card}")["dateLastActivity"]
    clock.sleep(60)
    assert trello.put(f"/cards/{small.card}", pos="bottom")["dateLastActivity"] == before
    assert old(actions(trello, small.card)[0]) is None  # alone in its list, it is the last one already
    assert trello.put(f"/cards/{small.card}", pos=7)["dateLastActivity"] == before
    assert old(actions(trello, small.card)[0]) == {"pos": 65535}
    after = trello.put(f"/cards/{small.card}", desc="x")["dateLastActivity"]
    assert after > before
    assert trello.get(f"/boards/{small.id}?fields=dateLastActivity")["dateLastActivity"] == after


def test_due_is_cleared_by_null_and_by_nothing(trello, small):
    for nothing in (None, ""):
        trello.put(f"/cards/{small.card}", due="2026-03-01T10:00:00Z", start="2026-02-01")
        assert trello.put(f"/cards/{small.card}", due=nothing)["due"] is None
    assert trello.get(f"/cards/{small.card}")["start"] == "2026-02-01T00:00:00.000Z"


def test_done_and_archived_tell_when(trello, small):
    card = trello.put(f"/cards/{small.card}", dueComplete=True, closed=True)
    assert card["dueComplete"]
    assert card["closed"]
    full = trello.get(f"/cards/{small.card}?fields=dateClosed,dateCompleted")
    assert full["dateClosed"].startswith("2026-02-17T12:00")
    assert full["dateCompleted"].startswith("2026-02-17T12:00")
    trello.put(f"/cards/{small.card}", dueComplete=False, closed=False)
    full = trello.get(f"/cards/{small.card}?fields=dateClosed,dateCompleted")
    assert (full["dateClosed"], full["dateCompleted"]) == (None, None)


def test_labels_and_members_are_replaced_as_sets(sandbox, trello, small):
    sandbox.add_token("second", "bob")
    bob = trello.get("/members/bob")["id"]
    card = trello.put(f"/cards/{small.card}", idLabels=[small.red, small.sky], idMembers=bob)
    assert card["idLabels"] == [small.red, small.sky]
    assert [one["color"] for one in card["labels"]] == ["red", "sky_dark"]
    assert [old(one) for one in actions(trello, small.card)[:2]] == [{"idLabels": []}, {"idMembers": []}]
    card = trello.put(f"/cards/{small.card}", idLabels=small.sky, idMembers="")
    assert (card["idLabels"], card["idMembers"]) == ([small.sky], [])
    assert [one["uses"] for one in trello.get(f"/boards/{small.id}/labels")] == [0, 1]


def test_a_label_or_member_is_added_and_taken_off_one_by_one(trello, small):
    me = trello.get("/members/me")["id"]
    assert trello.post(f"/cards/{small.card}/idLabels", value=small.red) == [small.red]
    assert trello.refused("POST", f"/cards/{small.card}/idLabels", value=small.red)[0] == 400
    assert old(actions(trello, small.card)[0]) == {"idLabels": []}
    assert [one["id"] for one in trello.post(f"/cards/{small.card}/idMembers", value=me)] == [me]
    added = actions(trello, small.card)[0]
    assert (added["type"], added["data"]["idMember"], added["member"]["id"]) == ("addMemberToCard", me, me)
    assert trello.delete(f"/cards/{small.card}/idMembers/{me}") == []
    trello.delete(f"/cards/{small.card}/idLabels/{small.red}")
    assert trello.refused("DELETE", f"/cards/{small.card}/idLabels/{small.red}")[0] == 400
    assert trello.get(f"/cards/{small.card}")["idLabels"] == []


def test_a_vote_counts_once(trello, small):
    me = trello.get("/members/me")["id"]
    path = f"/cards/{small.card}/membersVoted"
    trello.post(path, value=me)
    assert trello.refused("POST", path, value=me) == (400, "member has already voted on the card")
    assert trello.get(f"/cards/{small.card}")["badges"]["votes"] == 1
    trello.delete(f"{path}/{me}")
    assert trello.refused("DELETE", f"{path}/{me}") == (400, "member has not voted on the card")


def test_a_field_can_be_put_by_its_own_path(trello, small):
    assert trello.put(f"/cards/{small.card}/name", value="Renamed")["name"] == "Renamed"
    assert trello.put(f"/cards/{small.card}/idList?value={small.done}")["idList"] == small.done
    answer = trello.refused("PUT", f"/cards/{small.card}/shortLink", value="x")
    assert answer == (404, f"Cannot PUT /1/cards/{small.card}/shortLink")


def test_control_characters_and_any_script_come_back_unchanged(trello, small):
    text = "tab\there \x01\x1f \u2028 \U0001f600 日本 'quote\" <b>"
    assert trello.put(f"/cards/{small.card}", name=text, desc=text)["desc"] == text
    assert trello.get(f"/cards/{small.card}")["name"] == text


def test_a_deleted_card_leaves_one_nameless_action_and_no_history(trello, small):
    card = trello.get(f"/cards/{small.card}")
    trello.put(f"/cards/{small.card}", idLabels=small.red)
    trello.post("/checklists", idCard=small.card, name="x")
    assert trello.delete(f"/cards/{small.card}") == {"limits": {}}
    assert trello.refused("DELETE", f"/cards/{small.card}")[0] == 404
    history = trello.get(f"/boards/{small.id}/actions")
    assert history[0]["type"] == "deleteCard"
    assert history[0]["data"]["card"] == {"id": small.card, "idShort": card["idShort"]}
    assert history[0]["data"]["list"] == {"id": small.todo, "name": "Todo"}
    assert {one["type"] for one in history} == {"deleteCard", "createList", "createBoard"}
    assert trello.get(f"/boards/{small.id}/checklists") == []
    assert [one["uses"] for one in trello.get(f"/boards/{small.id}/labels")] == [0, 0]
    assert trello.post("/cards", name="next", idList=small.todo)["idShort"] == 2


def test_a_card_is_copied_with_its_parts(trello, small):
    trello.put(f"/cards/{small.card}", desc="text", idLabels=small.red)
    checklist = trello.post("/checklists", idCard=small.card, name="Steps")
    trello.post(f"/checklists/{checklist['id']}/checkItems", name="one", checked=True)
    copy = trello.post("/cards", idCardSource=small.card, idList=small.done)
    assert (copy["name"], copy["desc"], copy["idLabels"]) == ("A card", "text", [small.red])
    items = trello.get(f"/cards/{copy['id']}/checklists")[0]["checkItems"]
    assert [(one["name"], one["state"]) for one in items] == [("one", "incomplete")]
    action = actions(trello, copy["id"])[0]
    assert (action["type"], action["data"]["cardSource"]["id"]) == ("copyCard", small.card)


def test_a_link_is_attached_at_once(trello, small):
    link = "https://example.com/odoo/project.task/42"
    card = trello.post("/cards", name="x", idList=small.todo, urlSource=link)
    assert [one["url"] for one in card["attachments"]] == [link]
    assert card["badges"]["attachments"] == 1


# --- other boards ---


def test_a_card_moves_to_another_board_with_its_id_but_without_foreign_labels(trello, small):
    trello.put(f"/cards/{small.card}", idLabels=small.red)
    trello.post("/checklists", idCard=small.card, name="x")
    other = trello.post("/boards", name="Other")
    card = trello.put(f"/cards/{small.card}/idBoard?value={other['id']}")
    assert (card["id"], card["idBoard"], card["idShort"], card["idLabels"]) == (
        small.card,
        other["id"],
        1,
        [],
    )
    assert trello.get(f"/cards/{small.card}/list")["name"] == "To Do"
    assert trello.get(f"/boards/{other['id']}/checklists")[0]["idCard"] == small.card
    arrived = trello.get(f"/boards/{other['id']}/actions?limit=1")[0]
    left = trello.get(f"/boards/{small.id}/actions?limit=1")[0]
    assert (arrived["type"], arrived["data"]["boardSource"]["id"]) == ("moveCardToBoard", small.id)
    assert (left["type"], left["data"]["boardTarget"]["id"]) == ("moveCardFromBoard", other["id"])


def test_a_card_cannot_move_to_a_list_of_a_board_that_it_does_not_go_to(trello, small):
    other = trello.post("/boards", name="Other")
    foreign = trello.get(f"/boards/{other['id']}/lists")[1]["id"]
    assert trello.refused("PUT", f"/cards/{small.card}", idList=foreign) == (400, "invalid value for idList")
    card = trello.put(f"/cards/{small.card}", idBoard=other["id"], idList=foreign)
    assert (card["idBoard"], card["idList"]) == (other["id"], foreign)
