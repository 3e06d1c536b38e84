"""What is read: fields, nested resources, filters, windows and batches."""

import json
from urllib.parse import quote

import pytest

from isthmus.sandbox.boards import available, board_path
from isthmus.sandbox.trello.synthetic import board as synthetic_board

ONE_SHOT = (
    "fields=all&lists=all&cards=all&card_fields=all&card_attachments=true&card_customFieldItems=true&card_pluginData=true&checklists=all"
    "&labels=all&labels_limit=1000&members=all&member_fields=all&memberships=all&customFields=true&actions=all"
    "&actions_limit=1000&list_fields=all&checklist_fields=all"
)


@pytest.mark.parametrize("name", available())
def test_a_board_reads_back_as_it_was_exported(sandbox, trello, name):
    export = json.loads(board_path(name).read_text())
    answer = trello.get(f"/boards/{sandbox.load(export)}?{ONE_SHOT}")
    assert {key: answer[key] for key in ("name", "desc", "shortLink", "url", "dateLastActivity")} == {
        key: export[key] for key in ("name", "desc", "shortLink", "url", "dateLastActivity")
    }
    changed = {"badges", "email", "cover", "labels", "checkItemStates", "idChecklists", "attachments"}
    compare(answer["cards"], export["cards"], changed)
    for part in ("lists", "labels"):
        compare(answer[part], export[part], set())
    compare(answer["actions"], export["actions"], set())
    assert [one["id"] for one in answer["actions"]] == [one["id"] for one in export["actions"]]
    assert [one["id"] for one in answer["cards"]] == [one["id"] for one in export["cards"]]
    names = [sorted(one["name"] for one in source.get("checklists", [])) for source in (answer, export)]
    assert names[0] == names[1]


def compare(answers, exported, apart):
    by_id = {one["id"]: one for one in answers}
    assert len(by_id) == len(exported)
    for one in exported:
        shown = by_id[one["id"]]
        assert {key: shown[key] for key in one.keys() - apart} == {
            key: one[key] for key in one.keys() - apart
        }


def test_fields_select_and_the_id_always_comes(trello, board):
    assert set(trello.get(f"/boards/{board}?fields=name,desc")) == {"id", "name", "desc"}
    assert set(trello.get(f"/boards/{board}/lists?fields=pos")[0]) == {"id", "pos"}
    assert set(trello.get(f"/boards/{board}?fields=")) == {"id"}


def test_unknown_fields_are_refused(trello, board):
    assert trello.refused("GET", f"/boards/{board}/cards?fields=nmae") == (400, "invalid value for fields")


def test_no_key_of_the_simulation_itself_is_shown(trello, board):
    assert "lastIdShort" not in trello.get(f"/boards/{board}?fields=all")


def test_boards_and_cards_are_found_by_short_link(trello, board):
    found = trello.get("/boards/4s6rYtpy")
    assert found["id"] == board
    card = trello.get(f"/boards/{board}/cards")[0]
    assert trello.get(f"/cards/{card['shortLink']}")["id"] == card["id"]


def test_a_single_field_comes_wrapped_unless_it_is_a_list_or_an_object(trello, small):
    assert trello.get(f"/cards/{small.card}/name") == {"_value": "A card"}
    assert trello.get(f"/cards/{small.card}/due") == {"_value": None}
    assert trello.get(f"/cards/{small.card}/idLabels") == []
    assert trello.get(f"/boards/{small.id}/labelnames")["black"] == ""
    assert trello.refused("GET", f"/cards/{small.card}/nothing") == (
        404,
        f"Cannot GET /1/cards/{small.card}/nothing",
    )


def test_members_who_left_are_known_only_from_the_history(sandbox, trello, board):
    here = {one["username"] for one in trello.get(f"/boards/{board}/members")}
    gone = {
        one["memberCreator"]["username"] for one in trello.get(f"/boards/{board}/actions?limit=1000")
    } - here
    assert "isthmus" in here
    assert all(trello.get(f"/members/{username}")["username"] == username for username in gone)


# --- cards ---


def test_filters_tell_open_closed_and_visible_cards_apart(trello, board):
    trello.put(f"/lists/{trello.get(f'/boards/{board}/cards/open')[0]['idList']}", closed=True)
    every = trello.get(f"/boards/{board}/cards/all")
    closed_lists = {one["id"] for one in trello.get(f"/boards/{board}/lists/closed")}
    wanted = {
        "open": [one["id"] for one in every if not one["closed"]],
        "closed": [one["id"] for one in every if one["closed"]],
        "visible": [one["id"] for one in every if not one["closed"] and one["idList"] not in closed_lists],
        "none": [],
    }
    assert len(wanted["visible"]) < len(wanted["open"]) < len(every) == 69
    for name, ids in wanted.items():
        assert [one["id"] for one in trello.get(f"/boards/{board}/cards/{name}")] == ids
        assert [one["id"] for one in trello.get(f"/boards/{board}/cards?filter={name}")] == ids
    assert trello.refused("GET", f"/boards/{board}/cards/some") == (400, "invalid value for cards")


def test_with_a_limit_the_newest_cards_come_in_board_order(trello, board):
    every = trello.get(f"/boards/{board}/cards/all")
    page = trello.get(f"/boards/{board}/cards/all?limit=10")
    newest = sorted((one["id"] for one in every), reverse=True)[:10]
    assert {one["id"] for one in page} == set(newest)
    assert [one["id"] for one in page] == [one["id"] for one in every if one["id"] in newest]
    assert [one["id"] for one in page] != newest


def test_pages_before_the_smallest_id_reach_every_card_once(trello, board):
    seen, before = [], ""
    while page := trello.get(f"/boards/{board}/cards/all?limit=10{before}"):
        seen += [one["id"] for one in page]
        before = f"&before={min(one['id'] for one in page)}"
    assert len(seen) == len(set(seen)) == 69


def test_since_and_a_date_cut_by_the_time_of_creation(trello, board):
    every = sorted(one["id"] for one in trello.get(f"/boards/{board}/cards/all"))
    assert (
        sorted(one["id"] for one in trello.get(f"/boards/{board}/cards/all?since={every[60]}")) == every[61:]
    )
    by_date = trello.get(f"/boards/{board}/cards/all?before=2015-06-20T00:00:00Z")
    assert 0 < len(by_date) < 69
    assert all(int(one["id"][:8], 16) < 1434758400 for one in by_date)


def test_a_page_holds_1000_cards_at_most(sandbox, trello):
    big = sandbox.load(synthetic_board(1200))
    assert len(trello.get(f"/boards/{big}/cards/all?limit=1000&fields=name")) == 1000
    assert len(trello.get(f"/boards/{big}/cards/all?fields=name")) == 1200
    assert trello.refused("GET", f"/boards/{big}/cards/all?limit=1001") == (400, "invalid value for limit")


def test_all_cards_with_all_actions_of_a_big_board_is_refused_for_good(sandbox, trello):
    big = sandbox.load(synthetic_board(1001))
    answer = trello.send("GET", f"/boards/{big}/cards/all?actions=all")
    assert (answer.status, answer.json()["error"]) == (429, "API_TOO_MANY_CARDS_REQUESTED")
    assert "Retry-After" not in answer.headers


def test_lists_of_cards_show_no_states_of_check_items(sandbox, trello):
    board = sandbox.load(board_path("10"))
    listed = next(
        one for one in trello.get(f"/boards/{board}/cards/all") if one["badges"]["checkItemsChecked"]
    )
    assert listed["checkItemStates"] is None
    assert trello.get(f"/cards/{listed['id']}")["checkItemStates"][0]["state"] == "complete"


def test_cards_nest_what_is_asked_for(sandbox, trello):
    board = sandbox.load(board_path("03"))
    parts = "attachments=true&checklists=all&members=true&list=true&customFieldItems=true"
    asked = f"{parts}&actions=all&actions_limit=3"
    cards = trello.get(f"/boards/{board}/cards?{asked}&fields=name")
    card = next(one for one in cards if one["name"] == "Lee")
    assert len(card["attachments"]) == 4
    assert card["list"]["name"] == "Personal"
    assert sum(len(one["checkItems"]) for one in card["checklists"]) == 9
    assert len(card["actions"]) == 3
    assert card["members"] == card["customFieldItems"] == []


def test_a_card_whose_list_is_missing_is_served_like_any_other(sandbox, trello):
    export = json.loads(board_path("03").read_text())
    orphaned = [card["id"] for card in export["cards"] if card["idList"] == export["lists"][0]["id"]]
    export["lists"] = export["lists"][1:]
    board = sandbox.load(export)
    assert set(orphaned) <= {one["id"] for one in trello.get(f"/boards/{board}/cards/all")}
    trello.put(f"/cards/{orphaned[0]}", name="renamed")
    assert trello.refused("GET", f"/cards/{orphaned[0]}/list")[0] == 404


# --- labels and lists ---


def test_labels_come_50_at_a_time_unless_more_are_asked_for(sandbox, trello):
    board = sandbox.load(synthetic_board(1, labels=60))
    assert len(trello.get(f"/boards/{board}/labels")) == 50
    assert len(trello.get(f"/boards/{board}/labels?limit=1000")) == 60


def test_lists_nest_their_cards(trello, small):
    lists = trello.get(f"/boards/{small.id}/lists?cards=open&card_fields=name")
    assert [[card["name"] for card in one["cards"]] for one in lists] == [["A card"], []]


# --- actions ---


def test_actions_come_newest_first_50_at_a_time(trello, board):
    dates = [one["date"] for one in trello.get(f"/boards/{board}/actions")]
    assert len(dates) == 50
    assert dates == sorted(dates, reverse=True)
    assert len(trello.get(f"/boards/{board}/actions?limit=1000")) == 392
    assert trello.refused("GET", f"/boards/{board}/actions?limit=1001") == (400, "invalid value for limit")
    assert trello.get(f"/boards/{board}/actions?format=count") == {"_value": 392}


def test_windows_by_date_are_exclusive_at_both_ends(trello, board):
    every = [one["date"] for one in trello.get(f"/boards/{board}/actions?limit=1000")]
    window = trello.get(f"/boards/{board}/actions?limit=1000&since={every[20]}&before={every[10]}")
    assert [one["date"] for one in window] == every[11:20]


def test_an_id_in_a_window_stands_for_its_whole_second(trello, small):
    made = [trello.post(f"/cards/{small.card}/actions/comments", text=str(number)) for number in range(3)]
    assert len({one["id"][:8] for one in made}) == 1
    after = trello.get(f"/cards/{small.card}/actions?since={made[1]['id']}")
    assert [one["data"]["text"] for one in after] == ["2", "1", "0"]


def test_pages_by_date_reach_every_action_once(trello, board):
    seen, before = [], ""
    while page := trello.get(f"/boards/{board}/actions?limit=100{before}"):
        seen += [one["id"] for one in page]
        before = f"&before={page[-1]['date']}"
    assert len(seen) == len(set(seen)) == 392


def test_filters_select_types_and_changed_fields(trello, board):
    moves = trello.get(f"/boards/{board}/actions?filter=updateCard:idList,createList&limit=1000")
    assert {one["type"] for one in moves} == {"updateCard", "createList"}
    assert all("idList" in one["data"]["old"] for one in moves if one["type"] == "updateCard")
    assert trello.refused("GET", f"/boards/{board}/actions?filter=;") == (400, "invalid value for filter")


def test_people_can_be_left_out_of_actions(trello, board):
    action = trello.get(f"/boards/{board}/actions?limit=1&memberCreator=false&member=false")[0]
    assert "memberCreator" not in action
    assert action["idMemberCreator"]


def test_nested_actions_ignore_the_window(trello, board):
    nested = trello.get(f"/boards/{board}?actions=all&actions_limit=5&actions_before=2015-06-18")["actions"]
    assert nested == trello.get(f"/boards/{board}/actions?limit=5")


# --- batch ---


def test_a_batch_answers_in_order_and_each_part_fails_alone(trello, board, small):
    urls = [
        f"/cards/{small.card}?fields=name,idList",
        f"/cards/{'f' * 24}",
        "/boards/4s6rYtpy?fields=name",
        "/batch",
    ]
    batch = trello.get("/batch?urls=" + quote(",".join(quote(url, safe="/?=") for url in urls)))
    assert batch[0] == {"200": {"id": small.card, "name": "A card", "idList": small.todo}}
    assert batch[1]["statusCode"] == 404
    assert batch[1]["message"] == "The requested resource was not found."
    assert batch[2] == {"200": {"id": board, "name": "FDA-Food-Recalls"}}
    assert batch[3]["statusCode"] == 404


def test_a_batch_holds_ten_requests_at_most(trello):
    urls = ",".join(["/members/me"] * 11)
    assert trello.refused("GET", f"/batch?urls={urls}") == (400, "invalid value for urls")
