"""The server around the models: callers, protocols, log, faults, transactions."""

from __future__ import annotations

import json
import xmlrpc.client
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from isthmus.errors import ConfigurationError
from isthmus.sandbox.faults import Answer
from isthmus.sandbox.odoo import OdooSandbox
from tests.integration.sandbox.odoo.client import Client, Refused
from tests.still_clock import StillClock

TASK = "project.task"


def limited(odoo: Client, *groups: int) -> Client:
    """Return a client for a new user in the given groups (1: internal user)."""
    field = "group_ids" if odoo.sandbox.version >= 19 else "groups_id"
    values = {"name": "Li", "login": "li", "password": "secret-li", field: [[6, 0, list(groups)]]}
    return Client(odoo.sandbox, odoo.call("res.users", "create", values), "secret-li")


def test_the_log_tells_what_was_asked_and_proves_that_nothing_was_written(odoo: Client, board: Any) -> None:
    log = odoo.sandbox.log
    log.clear()
    odoo.call(TASK, "search_read", [["project_id", "=", board.project]], ["name"])
    assert log.count(write=True) == 0
    odoo.call(
        TASK,
        "create",
        [{"name": "a", "project_id": board.project}, {"name": "b", "project_id": board.project}],
    )
    odoo.call(TASK, "load", ["id", "name"], [["x.a", "1"], ["x.b", "2"], ["x.c", "3"]])
    with pytest.raises(Refused):
        odoo.call(TASK, "write", [999], {"name": "x"})
    facts = [(entry.facts["call"], entry.facts["records"], entry.facts["write"]) for entry in log.entries]
    assert facts == [("search_read", 1, False), ("create", 2, True), ("load", 3, True), ("write", 1, True)]
    assert log.entries[-1].facts["error"] == "odoo.exceptions.MissingError"
    assert log.entries[-1].facts["model"] == TASK


def test_a_login_gives_the_users_id_or_false(odoo: Client) -> None:
    for secret, answer in (("admin", 2), (odoo.sandbox.api_key, 2), ("nope", False)):
        reply = odoo.service("common", "authenticate", odoo.sandbox.database, "admin", secret, {})
        assert reply["result"] == answer


def test_five_failures_close_the_door_for_a_minute_even_to_the_right_password(
    odoo: Client, clock: StillClock
) -> None:
    def login(secret: str) -> Any:
        return odoo.service("common", "authenticate", odoo.sandbox.database, "admin", secret, {})["result"]

    assert [login("nope") for _ in range(5)] == [False] * 5
    assert login("admin") is False
    clock.advance(61)
    assert login("admin") == 2


def test_the_password_is_never_read_back(odoo: Client) -> None:
    assert odoo.one("res.users", 2, "password") == ""
    row = odoo.call("res.users", "search_read", [["id", "=", 2]])[0]
    assert row["password"] == ""


def test_a_user_without_rights_on_projects_can_only_look(odoo: Client, board: Any) -> None:
    task = odoo.call(TASK, "create", {"name": "n", "project_id": board.project})
    user = limited(odoo, 1)
    assert user.call("project.project", "read", [board.project], ["name"])[0]["name"] == "Board"
    assert user.call(TASK, "search", []) == []
    refusals = {
        ("project.project", "create"): ({"name": "n"},),
        ("project.project", "write"): ([board.project], {"name": "n"}),
        (TASK, "create"): ({"name": "n", "project_id": board.project},),
        (TASK, "write"): ([task], {"name": "n"}),
        (TASK, "unlink"): ([task],),
        (TASK, "read"): ([task], ["name"]),
        ("ir.model.data", "search"): ([],),
    }
    for (model, method), args in refusals.items():
        with pytest.raises(Refused) as caught:
            user.call(model, method, *args)
        assert caught.value.name == "odoo.exceptions.AccessError", (model, method)
    answer = user.call(TASK, "load", ["id", "name", "project_id/.id"], [["x.a", "n", str(board.project)]])
    assert answer["ids"] is False
    assert "doesn't have 'create' access to:\n- Task (project.task)" in answer["messages"][0]["message"]
    assert odoo.call(TASK, "search_count", [["project_id", "=", board.project]]) == 1


def test_a_project_user_works_on_tasks(odoo: Client, board: Any) -> None:
    group = odoo.call("ir.model.data", "search_read", [["name", "=", "group_project_user"]], ["res_id"])[0][
        "res_id"
    ]
    user = limited(odoo, 1, group)
    task = user.call(TASK, "create", {"name": "n", "project_id": board.project})
    assert user.call(TASK, "write", [task], {"name": "m"}) is True
    assert odoo.one(TASK, task, "name", "create_uid", "write_uid")["write_uid"] == user.uid


def test_a_failed_call_leaves_nothing_behind(odoo: Client, board: Any) -> None:
    with pytest.raises(Refused):
        odoo.call(
            TASK, "create", [{"name": "ok", "project_id": board.project}, {"name": "x", "sequence": 2**40}]
        )
    assert odoo.call(TASK, "search_count", [["name", "=", "ok"]]) == 0


def test_a_method_that_returns_nothing_looks_different_in_each_protocol(odoo: Client, board: Any) -> None:
    task = odoo.call(TASK, "create", {"name": "n", "project_id": board.project})
    who = (odoo.sandbox.database, 2, "admin")
    assert odoo.service("object", "execute_kw", *who, TASK, "action_archive", [[task]], {}) == {
        "jsonrpc": "2.0",
        "id": 7,
    }
    proxy = xmlrpc.client.ServerProxy(f"{odoo.sandbox.url}/xmlrpc/2/object")
    with pytest.raises(xmlrpc.client.Fault, match="cannot marshal None"):
        proxy.execute_kw(*who, TASK, "action_unarchive", [[task]])
    assert odoo.one(TASK, task, "active") is True, "the work was committed all the same"
    if odoo.sandbox.version >= 19:
        assert odoo.json2(TASK, "action_archive", ids=[task]) == (200, None)


def test_control_characters_survive_json_and_are_dropped_from_xml(odoo: Client, board: Any) -> None:
    task = odoo.call(TASK, "create", {"name": "a\x01b", "project_id": board.project})
    assert odoo.one(TASK, task, "name") == "a\x01b"
    proxy = xmlrpc.client.ServerProxy(f"{odoo.sandbox.url}/xmlrpc/2/object")
    rows: Any = proxy.execute_kw(odoo.sandbox.database, 2, "admin", TASK, "read", [[task], ["name"]])
    assert rows[0]["name"] == "ab"


def test_execute_takes_its_arguments_one_by_one(odoo: Client) -> None:
    who = (odoo.sandbox.database, 2, "admin")
    assert (
        odoo.service("object", "execute", *who, "res.partner", "search_count", [["id", "=", 1]])["result"]
        == 1
    )


def test_a_call_that_makes_no_sense_is_answered_as_an_error_of_the_server(odoo: Client) -> None:
    database = odoo.sandbox.database
    for args in ((), (database, 2, "admin"), (database, "two", "admin", TASK, "search", [[]])):
        assert odoo.service("object", "execute_kw", *args)["error"]["data"]["name"] == "builtins.ValueError"
    assert odoo.service("nothing", "x")["error"]["data"]["name"] == "builtins.KeyError"
    assert odoo.service("common", "x")["error"]["data"]["name"] == "builtins.Exception"


def test_json2_is_there_from_19_on(odoo: Client) -> None:
    if odoo.sandbox.version < 19:
        with pytest.raises(ValueError, match="Expecting value"):
            odoo.json2("res.partner", "search", domain=[])
        return
    assert odoo.json2("res.partner", "search_count", domain=[["id", "=", 1]]) == (200, 1)
    assert odoo.json2("project.tags", "create", vals_list={"name": "x"})[1] == [1]
    assert odoo.json2("project.tags", "write", vals={"name": "y"}) == (200, True)
    assert odoo.json2("project.tags", "read", ids=[1], fields=["name"]) == (200, [{"id": 1, "name": "x"}])
    assert odoo.json2("res.partner", "search", key="0" * 40, domain=[])[0] == 401


def test_keys_are_rotated_by_the_api_on_19(odoo: Client) -> None:
    if odoo.sandbox.version < 19:
        with pytest.raises(Refused, match="does not exist"):
            odoo.call("res.users.apikeys", "generate", "k", None, "n", False)
        return
    old = odoo.sandbox.api_key
    new = odoo.call("res.users.apikeys", "generate", old, "rpc", "next", "2030-01-01 00:00:00")
    assert odoo.json2("res.partner", "search_count", key=new, domain=[])[0] == 200
    odoo.call("res.users.apikeys", "revoke", old)
    assert odoo.json2("res.partner", "search_count", key=old, domain=[])[0] == 401


def test_a_crash_of_the_network_can_be_played(odoo: Client) -> None:
    odoo.sandbox.faults.add(Answer.bad_gateway(502))
    with pytest.raises(ValueError, match="Expecting value"):
        odoo.call("res.partner", "search", [])
    assert odoo.call("res.partner", "search", [], limit=1)


def test_the_state_is_kept_in_the_database_that_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'odoo.sqlite'}"
    with OdooSandbox(18, url) as sandbox:
        project = Client(sandbox).call("project.project", "create", {"name": "kept"})
    with OdooSandbox(18, url, password="other") as sandbox:
        assert Client(sandbox, password="other").one("project.project", project, "name") == "kept"


def test_a_version_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="it knows 14, 15, 16, 17, 18, 19"):
        OdooSandbox(12)


def test_17_answers_like_18_but_for_what_came_later() -> None:
    with OdooSandbox(17) as sandbox:
        odoo = Client(sandbox)
        assert odoo.service("common", "version")["result"]["server_serie"] == "17.0"
        task = odoo.call(TASK, "create", {"name": "n"})
        assert isinstance(odoo.call(TASK, "copy", [task]), int)
        with pytest.raises(Refused, match="does not exist"):
            odoo.call(TASK, "has_access", [], "read")


#: The fields of a task that came or went between versions, and the series that have them.
TASK_FIELDS = {
    "user_id": {14},
    "user_ids": {15, 16, 17, 18, 19},
    "kanban_state": {14, 15, 16},
    "state": {17, 18, 19},
    "planned_hours": {14, 15, 16},
    "allocated_hours": {17, 18, 19},
    "display_project_id": {15, 16},
}


@pytest.mark.parametrize("series", [14, 15, 16, 17, 18, 19])
def test_a_task_has_the_fields_of_its_version(series: int) -> None:
    with OdooSandbox(series) as sandbox:
        odoo = Client(sandbox)
        fields = odoo.call(TASK, "fields_get", attributes=["type"])
        assert {name for name in TASK_FIELDS if name in fields} == {
            name for name, there in TASK_FIELDS.items() if series in there
        }
        assert fields["date_deadline"]["type"] == ("datetime" if series >= 17 else "date")
        absent = next(name for name in ("state", "kanban_state") if name not in fields)
        with pytest.raises(Refused, match=f"Invalid field '{absent}'"):
            odoo.call(TASK, "create", {"name": "n", absent: "normal"})
        with pytest.raises(Refused, match=f"Invalid field (project.task.)?'?{absent}"):
            odoo.call(TASK, "search", [[absent, "=", "normal"]])


@pytest.mark.parametrize("series", [14, 15, 16])
def test_old_versions_know_nothing_of_what_came_later(series: int) -> None:
    with OdooSandbox(series) as sandbox:
        odoo = Client(sandbox)
        version = odoo.service("common", "version")["result"]
        assert (version["server_version"], version["server_version_info"][0]) == (f"{series}.0", series)
        project = odoo.call(
            "project.project", "create", {"name": "p", "type_ids": [[0, 0, {"name": "End", "fold": True}]]}
        )
        task = odoo.call(TASK, "create", {"name": "n", "project_id": project, "kanban_state": "blocked"})
        assert odoo.one(TASK, task, "kanban_state") == "blocked"
        if series > 14:
            assert odoo.one(TASK, task, "is_closed") is True
        for method in ("has_access", "web_read", "web_search_read", "formatted_read_group"):
            with pytest.raises(Refused, match="does not exist"):
                odoo.call(TASK, method, [task], [])


def test_every_answer_tells_the_time_of_the_server(odoo: Client, clock: StillClock) -> None:
    clock.advance(3600)
    with urlopen(f"{odoo.sandbox.url}/web/webclient/version_info") as answer:
        assert answer.headers["Date"] == "Sun, 22 Nov 2026 13:00:00 GMT"


def test_the_first_xmlrpc_names_some_exceptions_in_its_codes(odoo: Client) -> None:
    proxy = xmlrpc.client.ServerProxy(f"{odoo.sandbox.url}/xmlrpc/object")
    tag = odoo.call("project.tags", "create", {"name": "x"})

    def code(model: str, method: str, *args: Any, password: str = "admin") -> Any:
        with pytest.raises(xmlrpc.client.Fault) as caught:
            proxy.execute_kw(odoo.sandbox.database, 2, password, model, method, args)
        return caught.value.faultCode

    assert code("project.tags", "write", [tag + 1], {}).startswith(
        "warning -- MissingError\n\nRecord does not"
    )
    assert code("project.tags", "create", {"name": "x"}).startswith("warning -- UserError\n\nThe operation")
    assert code("project.tags", "_search", []).startswith("warning -- AccessError\n\nPrivate")
    assert code("project.tags", "search", [], password="nope") == "AccessDenied"
    assert code("project.tags", "nothing") == "The method 'project.tags.nothing' does not exist"


def test_programs_read_the_parameters_of_methods_on_19(odoo: Client) -> None:
    if odoo.sandbox.version < 19:
        return

    def read(key: str, model: str) -> Any:
        request = Request(
            f"{odoo.sandbox.url}/doc-bearer/{model}.json", headers={"Authorization": f"bearer {key}"}
        )
        try:
            with urlopen(request) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            return error.code

    methods = read(odoo.sandbox.api_key, "res.users")["methods"]
    assert list(methods["search"]["parameters"]) == ["domain", "offset", "limit", "order"]
    assert methods["search"]["api"] == ["model"]
    assert list(methods["has_group"]["parameters"]) == ["group_ext_id"]
    assert methods["has_group"]["api"] == []
    assert read(odoo.sandbox.api_key, "x.thing") == 404
    assert read("0" * 40, "res.users") == 401
    user = limited(odoo, 1)
    with odoo.sandbox.environment() as env:
        env["res.users.apikeys"].keep("b" * 40, user.uid, "key")
    assert read("b" * 40, "res.users") == 403


def test_keys_are_made_by_administrators_and_ten_at_most(odoo: Client) -> None:
    if odoo.sandbox.version < 19:
        return
    keys, far = "res.users.apikeys", "2030-01-01 00:00:00"
    user = limited(odoo, 1)
    with pytest.raises(Refused, match="not enabled"):
        user.call(keys, "generate", odoo.sandbox.api_key, "rpc", "n", far)
    for _ in range(9):
        odoo.call(keys, "generate", odoo.sandbox.api_key, "rpc", "n", far)
    with pytest.raises(Refused, match="Limit of 10"):
        odoo.call(keys, "generate", odoo.sandbox.api_key, "rpc", "n", far)
    with pytest.raises(Refused, match="is invalid"):
        odoo.call(keys, "revoke", "0" * 40)
