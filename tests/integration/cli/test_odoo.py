"""The commands that look at an Odoo, against simulated ones over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from isthmus.app import App
from isthmus.clock import SystemClock
from isthmus.errors import UnauthorizedError
from isthmus.odoo import OdooConnection
from isthmus.sandbox.faults import Answer, DropConnection, on
from isthmus.sandbox.odoo import OdooSandbox
from tests.command import Command


class FastClock(SystemClock):
    """A clock that is an hour ahead."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=1)


def set_up(run: Command, odoo: OdooSandbox, *more: str) -> Command:
    known = ("--odoo-database", odoo.database, "--odoo-login", odoo.login, "--odoo-key", odoo.api_key)
    assert run("init", "--odoo-url", odoo.url, *known, *more).code == 0
    return run


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no table be broken into narrow columns."""
    monkeypatch.setenv("COLUMNS", "200")


def findings(run: Command) -> dict[str, dict[str, Any]]:
    return {one["check"]: one for one in run("odoo", "check", "--json").data["main"]}


@pytest.fixture
def odoo19() -> Iterator[OdooSandbox]:
    with OdooSandbox(19) as server:
        yield server


# --- check ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("series", [14, 16, 17, 18, 19])
def test_every_version_is_checked_to_the_end(run: Command, series: int) -> None:
    with OdooSandbox(series) as odoo:
        found = findings(set_up(run, odoo))
        assert found["version"]["result"].startswith(f"{series}.0")
        assert found["protocol"]["result"] == ("json2" if series >= 19 else "jsonrpc")
        assert found["pace"]["result"] == "as fast as it answers"
        assert found["rights on project.task"]["result"] == "read, write, create"
        assert all(one["ok"] for one in found.values())


def test_an_old_protocol_on_a_new_odoo_is_advised_against(run: Command, odoo19: OdooSandbox) -> None:
    set_up(run, odoo19)
    with Path("isthmus.toml").open("a") as file:
        file.write('protocol = "xmlrpc"\nrate = 50\nconcurrency = 2\n')
    found = findings(run)
    assert (found["protocol"]["ok"], found["protocol"]["result"]) == (True, "xmlrpc")
    assert "API key and JSON-2" in found["protocol"]["advice"]
    assert found["pace"]["result"] == "50 calls a second, 2 at once"
    assert Path("isthmus.sqlite.turns").is_dir()


def test_a_protocol_that_the_odoo_does_not_speak_fails_the_check(run: Command, odoo: OdooSandbox) -> None:
    set_up(run, odoo)
    with Path("isthmus.toml").open("a") as file:
        file.write('protocol = "json2"\n')
    ran = run("odoo", "check")
    assert ran.code == 3
    assert "FAILED" in ran.out
    assert "jsonrpc" in ran.out


def test_a_clock_that_is_an_hour_ahead_is_found_with_advice(run: Command) -> None:
    with OdooSandbox(clock=FastClock()) as odoo:
        set_up(run, odoo)
        ran = run("odoo", "check")
        assert ran.code == 1
        assert "ahead of this machine" in ran.out
        assert "NTP" in ran.out


def test_a_model_that_is_not_installed_is_named_with_advice(run: Command, odoo: OdooSandbox) -> None:
    set_up(run, odoo)
    Path("shop.py").write_text(
        "from isthmus import fields, models\n\n\n"
        "class Order(models.Model):\n"
        '    _name = "shop.order"\n'
        '    _inherit = "external.binding"\n'
        '    _inherits = {"sale.order": "odoo_id"}\n'
        '    backend_id = fields.Many2one("connector.backend", required=True)\n'
        '    odoo_id = fields.Many2one("sale.order", required=True)\n'
    )
    text = Path("isthmus.toml").read_text()
    Path("isthmus.toml").write_text(f'connectors = ["shop"]\n{text}')
    found = findings(run)
    assert found["rights on sale.order"]["result"] == "the model does not exist"
    assert "Install" in found["rights on sale.order"]["advice"]


# --- fields --------------------------------------------------------------------------------------------


def test_the_fields_of_a_model_are_listed_and_narrowed_down(run: Command, odoo: OdooSandbox) -> None:
    set_up(run, odoo)
    shown = run("odoo", "fields", "project.task")
    assert shown.code == 0
    assert "date_deadline" in shown.out
    assert "project.task by parent_id" in shown.out
    assert "01_in_progress" in shown.out
    found = run("odoo", "fields", "project.task", "--search", "STAGE", "--type", "many2one", "--json").data
    assert list(found) == ["stage_id"]
    assert found["stage_id"]["relation"] == "project.task.type"
    none = run("odoo", "fields", "project.task", "--type", "many2on")
    assert none.code == 0
    assert none.out.startswith("None of the ")
    assert "many2many, many2one" in none.out


def test_the_fields_of_a_model_that_is_not_there(run: Command, odoo: OdooSandbox) -> None:
    set_up(run, odoo)
    ran = run("odoo", "fields", "sale.order")
    assert ran.code == 3
    assert "no model 'sale.order'" in ran.err
    assert "Install the app" in ran.err


# --- shell ---------------------------------------------------------------------------------------------


def test_an_expression_is_printed_and_a_script_runs(
    run: Command, odoo: OdooSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(run, odoo)
    ran = run("odoo", "shell", "--command", "env['res.users'].browse(2).login")
    assert (ran.code, ran.out.strip()) == (0, "'admin'")
    assert run("odoo", "shell", "--json", "--command", "odoo.authenticate()").data == 2
    script = "tag = env['project.tags'].create({'name': 'from a script'})\nprint('made', tag.name)\n"
    monkeypatch.setattr(sys, "stdin", StringIO(script))
    assert "made from a script" in run("odoo", "shell").out
    with odoo.environment() as env:
        assert env["project.tags"].search([("name", "=", "from a script")])


def test_local_changes_are_undone_unless_they_are_committed(run: Command, odoo: OdooSandbox) -> None:
    set_up(run, odoo)
    create = "env['connector.lease'].create({'name': 'n', 'holder': 'h', 'expires': env.now})"
    count = ("odoo", "shell", "--json", "--command", "len(env['connector.lease'].search([]))")
    assert run("odoo", "shell", "--command", create).code == 0
    assert run(*count).data == 0
    assert run("odoo", "shell", "--command", f"{create}; env.commit()").code == 0
    assert run(*count).data == 1


def test_an_error_in_the_shell_is_a_sentence(run: Command, odoo: OdooSandbox) -> None:
    set_up(run, odoo)
    ran = run("odoo", "shell", "--command", "env['sale.order'].search([])")
    assert ran.code == 3
    assert "no model 'sale.order'" in ran.err


# --- rotate-key ----------------------------------------------------------------------------------------


def key_in_file() -> str:
    with App.load() as app:
        return app.odoo_secret("main")


def works(odoo: OdooSandbox, key: str) -> bool:
    try:
        connection = OdooConnection(odoo.url, odoo.database, odoo.login, key, protocol="json2")
        return connection.authenticate() == 2
    except UnauthorizedError:
        return False


@pytest.mark.parametrize("protocol", ["auto", "json2", "jsonrpc", "xmlrpc"])
def test_a_key_is_replaced_in_odoo_and_in_the_file_and_nothing_else_of_it(
    run: Command, odoo19: OdooSandbox, protocol: str
) -> None:
    set_up(run, odoo19)
    file = Path("isthmus.toml")
    file.write_text(file.read_text() + f'protocol = "{protocol}"\n# a remark of mine\n')
    before, mode = file.read_text(), file.stat().st_mode
    ran = run("odoo", "rotate-key", "--days", "30")
    assert ran.code == 0, ran.err
    assert "The old key is revoked." in ran.out
    new = key_in_file()
    assert new != odoo19.api_key
    assert new not in ran.out + ran.err + file.read_text()
    assert works(odoo19, new)
    assert not works(odoo19, odoo19.api_key)
    changed = [
        line
        for line, old in zip(file.read_text().splitlines(), before.splitlines(), strict=True)
        if line != old
    ]
    assert [line.split()[0] for line in changed] == ["secret"]
    assert file.stat().st_mode == mode
    assert findings(run)["login"]["ok"]


@pytest.mark.parametrize("protocol", ["json2", "jsonrpc", "xmlrpc"])
def test_a_worker_that_runs_goes_on_with_the_new_key(
    run: Command, odoo19: OdooSandbox, protocol: str
) -> None:
    set_up(run, odoo19)
    with Path("isthmus.toml").open("a") as file:
        file.write(f'protocol = "{protocol}"\n')
    with App.load() as worker:
        connection = worker.connection()
        assert connection.execute("res.users", "search_count", kwargs={"domain": []}) > 0
        assert run("odoo", "rotate-key").code == 0
        assert connection.execute("res.users", "search_count", kwargs={"domain": []}) > 0


def test_a_key_that_cannot_be_tried_is_not_kept_and_is_taken_back(run: Command, odoo19: OdooSandbox) -> None:
    set_up(run, odoo19)
    odoo19.faults.add(Answer(403, "<h1>firewall</h1>", "text/html"), when=on(containing="context_get"))
    ran = run("odoo", "rotate-key")
    assert ran.code == 3
    assert key_in_file() == odoo19.api_key
    assert works(odoo19, odoo19.api_key)
    with odoo19.environment() as env:
        assert env["res.users.apikeys"].search_count([]) == 1, "the new key is revoked again"


def test_a_timeout_while_the_key_is_made_leaves_the_old_one_and_says_what_may_be_left(
    run: Command, odoo19: OdooSandbox
) -> None:
    set_up(run, odoo19)
    odoo19.faults.add(DropConnection(after_acting=True), when=on(containing="generate"))
    ran = run("odoo", "rotate-key")
    assert ran.code == 3
    assert "Look for a key named 'isthmus" in ran.err
    assert key_in_file() == odoo19.api_key
    assert works(odoo19, odoo19.api_key)


def test_an_old_key_that_cannot_be_revoked_is_told_and_the_new_one_is_kept(
    run: Command, odoo19: OdooSandbox
) -> None:
    set_up(run, odoo19)
    odoo19.faults.add(Answer(403, "<h1>firewall</h1>", "text/html"), when=on(containing="/revoke"))
    ran = run("odoo", "rotate-key")
    assert ran.code == 1
    assert "The old key is still valid" in ran.out
    assert works(odoo19, key_in_file())
    assert works(odoo19, odoo19.api_key)


def test_keys_are_not_rotated_where_that_cannot_be(
    run: Command, odoo: OdooSandbox, odoo19: OdooSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(run, odoo)
    old = run("odoo", "rotate-key")
    assert old.code == 2
    assert "Odoo 18.0-20250702 makes API keys in its own pages only" in old.err
    set_up(run, odoo19, "--force")
    monkeypatch.setenv("ISTHMUS_ODOO_MAIN_KEY", odoo19.api_key)
    outside = run("odoo", "rotate-key")
    assert outside.code == 2
    assert "comes from ISTHMUS_ODOO_MAIN_KEY" in outside.err
    assert odoo19.log.count(call="generate") == 0


def test_a_password_cannot_be_rotated(run: Command) -> None:
    with OdooSandbox(19, api_key=None, password="secret-word") as odoo:
        known = ("--odoo-database", odoo.database, "--odoo-login", odoo.login, "--odoo-key", "secret-word")
        assert run("init", "--odoo-url", odoo.url, *known).code == 0
        ran = run("odoo", "rotate-key")
        assert ran.code == 2
        assert "this is a password" in ran.err


def test_odoo_says_why_it_makes_no_key(run: Command, odoo19: OdooSandbox) -> None:
    set_up(run, odoo19)
    with odoo19.environment() as env:
        keys: Any = env["res.users.apikeys"]
        for number in range(9):
            keys.keep(f"{number:040}", 2, "another", "rpc")
    ran = run("odoo", "rotate-key")
    assert ran.code == 3
    assert "Limit of 10 API keys" in ran.err
    assert "ten keys are the most" in ran.err
    assert key_in_file() == odoo19.api_key
