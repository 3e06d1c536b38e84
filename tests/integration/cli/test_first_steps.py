"""From a folder that is set up to a board that is in Odoo, and stays in step with it."""

from __future__ import annotations

from isthmus.odoo import OdooConnection
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import TrelloSandbox
from tests.command import Command


def connection(odoo: OdooSandbox) -> OdooConnection:
    return OdooConnection(odoo.url, odoo.database, odoo.login, odoo.api_key)


def test_a_new_installation_finds_nothing_wrong_with_its_odoo(ready: Command, odoo: OdooSandbox) -> None:
    odoo.log.clear()
    checked = ready("odoo", "check", "--json")
    assert checked.code == 0
    checks = {one["check"]: one["ok"] for one in checked.data["main"]}
    assert {"version", "login", "rights on project.task"} <= set(checks)
    assert all(checks.values())
    assert odoo.log.count(write=True) == 0


def test_missing_rights_are_found_and_named(ready: Command, odoo: OdooSandbox) -> None:
    admin = connection(odoo)
    groups = admin.execute("res.users", "read", [admin.authenticate()], kwargs={"fields": ["groups_id"]})
    manager = admin.execute(
        "ir.model.data",
        "search_read",
        kwargs={"domain": [("name", "=", "group_project_manager")], "fields": ["res_id"]},
    )[0]["res_id"]
    assert manager in groups[0]["groups_id"]
    admin.execute(
        "res.users", "write", [admin.authenticate()], kwargs={"vals": {"groups_id": [[3, manager]]}}
    )
    checked = ready("odoo", "check", "--json")
    assert checked.code == 1
    refused = {one["check"]: one["result"] for one in checked.data["main"] if not one["ok"]}
    assert refused == {"rights on project.project": "no right to write, create"}


def test_a_board_comes_into_odoo_once_and_both_sides_agree(work: Command, odoo: OdooSandbox) -> None:
    first = work("import", "work", "--json")
    assert first.code == 0
    assert first.counts["trello.card"] == {"created": 11}
    odoo.log.clear()
    again = work("import", "work", "--json")
    assert {kind for counts in again.counts.values() for kind in counts} <= {"unchanged", "skipped"}
    assert odoo.log.count(write=True) == 0
    verified = work("verify", "work")
    assert verified.code == 0
    assert "Both sides agree." in verified.out
    assert odoo.log.count(write=True) == 0


def test_a_change_in_odoo_is_found_by_verify_and_brought_across_by_export(
    work: Command, odoo: OdooSandbox
) -> None:
    work("import", "work")
    task = connection(odoo).execute(
        "project.task", "search", kwargs={"domain": [["parent_id", "=", False]], "limit": 1}
    )
    connection(odoo).execute("project.task", "write", task, kwargs={"vals": {"name": "Renamed in Odoo"}})
    differing = work("verify", "work", "--json")
    assert differing.code == 1
    found = [one for entity in differing.data["entities"] for one in entity["differences"]]
    assert [(one["odoo_id"], one["field"], one["odoo"]) for one in found] == [
        (task[0], "name", "Renamed in Odoo")
    ]
    exported = work("export", "work", "--json")
    assert exported.code == 0
    assert exported.counts["trello.card"]["updated"] == 1
    assert work("verify", "work").code == 0


def test_one_entity_can_be_imported_by_its_short_name(work: Command) -> None:
    assert list(work("import", "work", "--entity", "board", "--json").counts) == ["trello.board"]


def test_a_backend_shows_what_it_has_paired(work: Command, trello: TrelloSandbox) -> None:
    work("import", "work")
    shown = work("backend", "show", "work", "--json")
    assert shown.data["pairs"]["trello.card"] == 11
    assert trello.token not in shown.out


def test_mappers_and_components_can_be_looked_into(ready: Command) -> None:
    assert ready("map", "explain", "trello.card", "--json").data["mappers"]
    asked = ("--usage", "backend", "--collection", "trello.backend", "--model", "trello.backend")
    assert ready("components", "explain", *asked, "--json").data["chosen"] == "trello.session"
