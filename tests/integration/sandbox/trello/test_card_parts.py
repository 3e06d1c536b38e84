"""Comments, checklists, attachments and custom fields."""

import pytest

from tests.integration.sandbox.trello.conftest import HEADER

# --- comments ---


def test_a_comment_is_an_action_that_is_edited_in_place(trello, small, clock):
    made = trello.post(f"/cards/{small.card}/actions/comments", text="Frist")
    assert made["type"] == "commentCard"
    assert made["data"]["list"] == {"id": small.todo, "name": "Todo"}
    assert made["display"]["translationKey"] == "action_comment_on_card"
    clock.sleep(60)
    edited = trello.put(f"/actions/{made['id']}", text="First")
    assert edited["data"]["text"] == "First"
    assert edited["date"] == made["date"] < edited["data"]["dateLastEdited"]
    assert len(trello.get(f"/cards/{small.card}/actions")) == 1


def test_comments_count_on_the_card_and_disappear_when_deleted(trello, small):
    made = [trello.post(f"/cards/{small.card}/actions/comments", text=text) for text in "ab"]
    assert trello.get(f"/cards/{small.card}")["badges"]["comments"] == 2
    trello.delete(f"/actions/{made[0]['id']}")
    trello.delete(f"/cards/{small.card}/actions/{made[1]['id']}/comments")
    assert trello.get(f"/cards/{small.card}")["badges"]["comments"] == 0
    assert trello.get(f"/cards/{small.card}/actions") == []
    assert trello.refused("GET", f"/actions/{made[0]['id']}")[0] == 404


def test_only_the_author_edits_a_comment_and_other_actions_never_change(sandbox, trello, small):
    made = trello.post(f"/cards/{small.card}/actions/comments", text="mine")
    sandbox.add_token("second", "bob")
    bob = {"Authorization": HEADER["Authorization"].replace("sandbox-token", "second")}
    assert trello.refused("PUT", f"/actions/{made['id']}", bob, text="his")[0] == 401
    created = trello.get(f"/cards/{small.card}/actions?filter=createCard")[0]
    assert trello.refused("DELETE", f"/actions/{created['id']}")[0] == 400
    assert (
        trello.refused("POST", f"/cards/{small.card}/actions/comments", text="")[1]
        == "invalid value for text"
    )


def test_an_action_leads_to_what_it_happened_on(trello, small):
    made = trello.post(f"/cards/{small.card}/actions/comments", text="x")
    assert trello.get(f"/actions/{made['id']}/card")["id"] == small.card
    assert trello.get(f"/actions/{made['id']}/list")["id"] == small.todo
    assert trello.get(f"/actions/{made['id']}/board")["id"] == small.id
    assert trello.get(f"/actions/{made['id']}/memberCreator")["username"] == "isthmus"
    assert trello.get(f"/actions/{made['id']}/entities")[-1] == {"type": "comment", "text": "x"}


# --- checklists ---


@pytest.fixture
def checklist(trello, small):
    return trello.post("/checklists", idCard=small.card, name="Steps")["id"]


def item(trello, checklist, name, **more):
    return trello.post(f"/checklists/{checklist}/checkItems", name=name, **more)


def test_checklists_and_items_start_at_16384(trello, small, checklist):
    assert trello.get(f"/checklists/{checklist}")["pos"] == 16384
    assert trello.post("/checklists", idCard=small.card, pos="top")["pos"] == 8192
    assert [item(trello, checklist, name)["pos"] for name in "ab"] == [16384, 32768]
    assert item(trello, checklist, "c", pos="top")["pos"] == 8192


def test_ticking_an_item_counts_on_the_card_and_is_in_the_history(trello, small, checklist):
    made = item(trello, checklist, "one")
    item(trello, checklist, "two", due="2026-04-01")
    answer = trello.put(f"/cards/{small.card}/checkItem/{made['id']}", state="complete")
    assert (answer["state"], answer["idChecklist"]) == ("complete", checklist)
    card = trello.get(f"/cards/{small.card}")
    assert card["checkItemStates"] == [{"idCheckItem": made["id"], "state": "complete"}]
    badges = card["badges"]
    assert (badges["checkItems"], badges["checkItemsChecked"]) == (2, 1)
    assert badges["checkItemsEarliestDue"] == "2026-04-01T00:00:00.000Z"
    action = trello.get(f"/cards/{small.card}/actions?filter=all&limit=1")[0]
    assert action["type"] == "updateCheckItemStateOnCard"
    assert action["data"]["checkItem"] == {"id": made["id"], "name": "one", "state": "complete"}


def test_other_changes_of_items_are_not_in_the_history(trello, small, checklist):
    made = item(trello, checklist, "one")
    before = trello.get(f"/cards/{small.card}/actions?filter=all")
    trello.put(f"/cards/{small.card}/checkItem/{made['id']}", name="uno", pos=3)
    trello.delete(f"/checklists/{checklist}/checkItems/{made['id']}")
    assert trello.get(f"/cards/{small.card}/actions?filter=all") == before
    assert trello.get(f"/checklists/{checklist}/checkItems") == []


def test_an_item_moves_to_another_checklist_of_the_card(trello, small, checklist):
    other = trello.post("/checklists", idCard=small.card, name="Later")["id"]
    made = item(trello, checklist, "one")
    trello.put(f"/cards/{small.card}/checkItem/{made['id']}", idChecklist=other, pos="top")
    assert trello.get(f"/checklists/{checklist}/checkItems") == []
    assert trello.get(f"/checklists/{other}/checkItems")[0]["idChecklist"] == other


def test_a_state_that_is_none_is_refused(trello, small, checklist):
    made = item(trello, checklist, "one")
    answer = trello.refused("PUT", f"/cards/{small.card}/checkItem/{made['id']}", state="half")
    assert answer == (400, "invalid value for state")


def test_a_copied_checklist_starts_with_nothing_done(trello, small, checklist):
    item(trello, checklist, "one", checked=True)
    copy = trello.post("/checklists", idCard=small.card, idChecklistSource=checklist)
    assert [one["state"] for one in copy["checkItems"]] == ["incomplete"]
    assert copy["name"] == "Steps"


def test_a_deleted_checklist_leaves_the_card(trello, small, checklist):
    item(trello, checklist, "one")
    trello.put(f"/checklists/{checklist}", name="Steps to take")
    assert trello.delete(f"/checklists/{checklist}") == {"limits": {}}
    card = trello.get(f"/cards/{small.card}")
    assert (card["idChecklists"], card["badges"]["checkItems"]) == ([], 0)
    types = [one["type"] for one in trello.get(f"/cards/{small.card}/actions?filter=all&limit=3")]
    assert types == ["removeChecklistFromCard", "updateChecklist", "addChecklistToCard"]


# --- attachments ---


def test_links_are_attached_and_taken_off(trello, small):
    made = trello.post(f"/cards/{small.card}/attachments", url="https://example.com/x", name="x")
    assert (made["isUpload"], made["bytes"], made["limits"]) == (False, None, {})
    assert trello.get(f"/cards/{small.card}/attachments/{made['id']}")["name"] == "x"
    assert trello.get(f"/cards/{small.card}?attachments=true")["attachments"][0]["id"] == made["id"]
    trello.delete(f"/cards/{small.card}/attachments/{made['id']}")
    assert trello.get(f"/cards/{small.card}/attachments") == []
    types = [one["type"] for one in trello.get(f"/cards/{small.card}/actions?filter=all&limit=2")]
    assert types == ["deleteAttachmentFromCard", "addAttachmentToCard"]


# --- custom fields ---


def field(trello, small, type_, **more):
    return trello.post("/customFields", idModel=small.id, modelType="board", name=type_, type=type_, **more)[
        "id"
    ]


@pytest.mark.parametrize(
    ("type_", "given", "kept"),
    [
        ("number", {"number": "0.3"}, {"number": "0.3"}),
        ("number", {"number": 3}, {"number": "3"}),
        ("text", {"text": "x"}, {"text": "x"}),
        ("checkbox", {"checked": True}, {"checked": "true"}),
        ("date", {"date": "2026-03-01"}, {"date": "2026-03-01T00:00:00.000Z"}),
    ],
)
def test_values_are_kept_as_text_and_cleared_by_nothing(trello, small, type_, given, kept):
    id_ = field(trello, small, type_)
    path = f"/cards/{small.card}/customField/{id_}/item"
    assert trello.put(path, value=given)["value"] == kept
    shown = trello.get(f"/cards/{small.card}?customFieldItems=true")["customFieldItems"]
    assert [(one["idCustomField"], one["value"], one["idModel"]) for one in shown] == [
        (id_, kept, small.card)
    ]
    trello.put(path, value="")
    assert trello.get(f"/cards/{small.card}/customFieldItems") == []
    changes = trello.get(f"/cards/{small.card}/actions?filter=updateCustomFieldItem")
    assert [one["data"]["old"] for one in changes] == [{"value": kept}, {"value": None}]


@pytest.mark.parametrize(
    ("type_", "given"),
    [
        ("number", {"number": "many"}),
        ("checkbox", {"checked": "maybe"}),
        ("text", {"number": "1"}),
        ("text", "x"),
    ],
)
def test_a_value_of_another_type_is_refused(trello, small, type_, given):
    path = f"/cards/{small.card}/customField/{field(trello, small, type_)}/item"
    assert trello.refused("PUT", path, value=given) == (400, "invalid value for value")


def test_a_list_field_takes_one_of_its_options(trello, small):
    id_ = field(trello, small, "list", options=[{"value": {"text": "low"}, "color": "green"}])
    high = trello.post(f"/customFields/{id_}/options", value={"text": "high"})["id"]
    assert [one["value"]["text"] for one in trello.get(f"/customFields/{id_}/options")] == ["low", "high"]
    path = f"/cards/{small.card}/customField/{id_}/item"
    assert trello.put(path, idValue=high)["idValue"] == high
    assert trello.refused("PUT", path, idValue="f" * 24) == (400, "invalid value for idValue")
    trello.put(path, idValue="")
    assert trello.get(f"/cards/{small.card}/customFieldItems") == []


def test_several_values_are_set_in_one_call(trello, small):
    text, number = field(trello, small, "text"), field(trello, small, "number")
    items = [
        {"idCustomField": text, "value": {"text": "x"}},
        {"idCustomField": number, "value": {"number": "1"}},
    ]
    assert len(trello.put(f"/cards/{small.card}/customFields", customFieldItems=items)) == 2
    assert len(trello.get(f"/cards/{small.card}/customFieldItems")) == 2


def test_a_field_is_changed_and_deleted_with_its_values(trello, small):
    id_ = field(trello, small, "text")
    trello.put(f"/cards/{small.card}/customField/{id_}/item", value={"text": "x"})
    changed = trello.put(f"/customFields/{id_}", name="Note", **{"display/cardFront": False})
    assert (changed["name"], changed["display"]) == ("Note", {"cardFront": False})
    trello.delete(f"/customFields/{id_}")
    assert trello.get(f"/boards/{small.id}/customFields") == []
    assert trello.get(f"/cards/{small.card}/customFieldItems") == []
