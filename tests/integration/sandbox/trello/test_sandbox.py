"""Loading, keeping and disturbing a sandbox."""

import json
import threading

import pytest

from isthmus.errors import ImportDataError
from isthmus.sandbox.boards import board_path
from isthmus.sandbox.faults import Answer, DropConnection, on
from isthmus.sandbox.trello import Limits, TrelloSandbox
from tests.integration.sandbox.trello.conftest import Client


def test_a_board_is_loaded_once(sandbox, board):
    with pytest.raises(
        ImportDataError, match=r"5582b73a8cb4e3ec6701ed69 \(FDA-Food-Recalls\) is loaded already"
    ):
        sandbox.load(board_path("08"))


def test_a_refused_export_leaves_nothing_behind(sandbox, trello, tmp_path):
    export = json.loads(board_path("03").read_text())
    export["cards"][-1].pop("idList")
    with pytest.raises(ImportDataError):
        sandbox.load(export)
    assert trello.get("/members/me/boards") == []


def test_several_boards_share_their_members(sandbox, trello):
    export = json.loads(board_path("03").read_text())
    sandbox.load(export)
    other = json.loads(board_path("08").read_text())
    other["members"] = export["members"]
    sandbox.load(other)
    assert [one["name"] for one in trello.get("/members/me/boards")] == ["Tekken Notes", "FDA-Food-Recalls"]


def test_a_file_keeps_the_boards(tmp_path, pool):
    url = f"sqlite:///{tmp_path}/trello.sqlite"
    with TrelloSandbox(url) as first:
        board = first.load(board_path("03"))
        card = Client(pool, first.url).get(f"/boards/{board}/cards")[0]["id"]
        Client(pool, first.url).put(f"/cards/{card}", name="Kept")
    with TrelloSandbox(url) as second:
        assert Client(pool, second.url).get(f"/cards/{card}")["name"] == "Kept"


def test_a_refused_change_is_not_half_done(trello, small):
    before = trello.get(f"/boards/{small.id}/actions")
    assert trello.refused("PUT", f"/cards/{small.card}", name="New", idLabels="f" * 24)[0] == 400
    assert trello.get(f"/cards/{small.card}")["name"] == "A card"
    assert trello.get(f"/boards/{small.id}/actions") == before


def test_a_post_that_got_no_answer_may_have_been_done(sandbox, trello, small):
    import urllib3

    sandbox.faults.add(DropConnection(after_acting=True), when=on(method="POST", path="/1/cards"))
    with pytest.raises(urllib3.exceptions.HTTPError):
        trello.post("/cards", name="Twin", idList=small.todo)
    assert [one["name"] for one in trello.get(f"/lists/{small.todo}/cards")] == ["A card", "Twin"]


def test_a_load_balancer_answers_in_html(sandbox, trello, small):
    sandbox.faults.add(Answer.bad_gateway())
    answer = trello.send("GET", f"/cards/{small.card}")
    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert trello.get(f"/cards/{small.card}")["name"] == "A card"


def test_many_callers_at_once_lose_no_change(pool):
    with TrelloSandbox(limits=Limits.off()) as sandbox:
        trello = Client(pool, sandbox.url)
        board = trello.post("/boards", name="Busy", defaultLists=False)["id"]
        list_ = trello.post("/lists", name="x", idBoard=board)["id"]

        def work():
            for _ in range(10):
                trello.post("/cards", name="x", idList=list_)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cards = trello.get(f"/lists/{list_}/cards")
        assert len({one["pos"] for one in cards}) == len({one["idShort"] for one in cards}) == 40
        dates = [one["date"] for one in trello.get(f"/boards/{board}/actions?filter=createCard")]
        assert len(set(dates)) == 40


def test_the_log_knows_each_call_but_no_credentials(sandbox, trello, small):
    sandbox.log.clear()
    trello.get(f"/cards/{small.card}?key=sandbox-key&token=sandbox-token&fields=name", headers={})
    (entry,) = sandbox.log.entries
    assert (entry.method, entry.path, entry.status) == ("GET", f"/1/cards/{small.card}", 200)
    assert entry.query == {"fields": "name"}
