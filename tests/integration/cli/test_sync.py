"""``isthmus sync`` and ``isthmus plan``, as a person or a timer runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from isthmus.app import App
from isthmus.sandbox.faults import Answer, on
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import TrelloSandbox
from tests.command import Command


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have tables that break no word."""
    monkeypatch.setenv("COLUMNS", "220")


def rename_task(odoo: OdooSandbox, name: str) -> None:
    with odoo.environment() as env:
        env["project.task"].search([("parent_id", "=", False)], limit=1).write({"name": name})


def writes(odoo: OdooSandbox, trello: TrelloSandbox) -> tuple[int, int]:
    return odoo.log.count(write=True), trello.log.count(where=lambda entry: entry.method != "GET")


def done(data: Any) -> dict[str, dict[str, int]]:
    """Return what a round did, by direction and entity."""
    return {
        f"{direction} {one['entity']}": {kind: number for kind, number in one["counts"].items() if number}
        for direction in ("import", "export")
        for one in data[f"{direction}s"]
    }


def test_a_round_goes_both_ways_and_a_second_one_writes_nothing(
    work: Command, odoo: OdooSandbox, trello: TrelloSandbox
) -> None:
    first = work("sync", "work", "--json")
    assert first.code == 0
    assert done(first.data)["import trello.card"]["created"] > 10
    assert set(done(first.data)["export trello.card"]) == {"unchanged"}
    rename_task(odoo, "Renamed in Odoo")
    second = done(work("sync", "work", "--json").data)
    assert second["export trello.card"]["updated"] == 1
    assert {kind for counts in second.values() for kind in counts} <= {"unchanged", "updated", "skipped"}
    before = writes(odoo, trello)
    third = work("sync", "work")
    assert (third.code, writes(odoo, trello)) == (0, before)
    assert [word in third.out for word in ("export", "trello.card", "calls")] == [True] * 3


def test_a_conflict_is_counted_with_the_way_to_settle_it(work: Command, odoo: OdooSandbox) -> None:
    assert work("sync", "work").code == 0
    assert work("backend", "set", "work", "conflict_policy=ask").code == 0
    with App.load() as app, app.environment() as env:
        binding = env["trello.card"].search([], limit=1)
        client = env["trello.backend"].search([]).client()
        client.put(f"/cards/{binding.external_id}", {"name": "There"})
        binding.odoo_id.write({"name": "Here"})
    ran = work("sync", "work")
    assert (ran.code, "1 field waits for a decision: isthmus conflicts list" in ran.out) == (1, True)
    assert work("sync", "work", "--json").data["conflicts"] == 1


def test_what_was_set_aside_is_tried_again(work: Command, odoo: OdooSandbox, trello: TrelloSandbox) -> None:
    assert "Nothing is set aside" in work("retry", "work").out
    work("sync", "work")
    rename_task(odoo, "Renamed in Odoo")
    trello.faults.add(Answer(400, "invalid value for name"), times=2, when=on(method="PUT"))
    assert work("sync", "work").code == 1
    again = work("retry", "work")
    assert (again.code, "invalid value for name" in again.out) == (1, True)
    ran = work("retry", "work", "--entity", "card", "--json")
    assert (ran.code, done(ran.data)) == (0, {"export trello.card": {"updated": 1}})


def test_a_brake_stops_a_round_and_says_how_to_go_on(work: Command, trello: TrelloSandbox) -> None:
    assert work("sync", "work").code == 0
    with App.load() as app, app.environment() as env:
        client = env["trello.backend"].search([]).client()
        for binding in env["trello.card"].search([], limit=3):
            client.delete(f"/cards/{binding.external_id}")
    stopped = work("sync", "work", "--max-deletes", "2")
    assert (stopped.code, "--max-deletes 3" in stopped.err) == (1, True)
    assert work("import", "work", "--entity", "card", "--max-deletes", "1%").code == 1
    assert work("import", "work", "--later", "--max-deletes", "2").code == 2
    ran = work("plan", "work", "--entity", "card", "--json")
    assert ran.code == 0, ran.err
    planned = ran.data["records"]
    assert [one["deed"] for one in planned] == ["archive"] * 3
    last = work("sync", "work", "--entity", "card", "--max-deletes", "3", "--json")
    assert done(last.data)["import trello.card"]["deleted"] == 3


def test_a_plan_is_shown_and_changes_nothing(work: Command, odoo: OdooSandbox, trello: TrelloSandbox) -> None:
    assert work("sync", "work").code == 0
    assert work("plan", "work").out == "A round of work would do nothing.\n"
    rename_task(odoo, "Renamed in Odoo")
    before = writes(odoo, trello)
    planned = work("plan", "work", "--entity", "card")
    assert (planned.code, writes(odoo, trello)) == (0, before)
    said = ("export", "update", "Renamed in Odoo", "Nothing was written.")
    assert [word for word in said if word not in planned.out] == []
    assert done(work("sync", "work", "--json").data)["export trello.card"]["updated"] == 1


def test_a_watch_goes_on_through_a_failure_and_ends_between_pages_when_told(
    work: Command, odoo: OdooSandbox, trello: TrelloSandbox, tmp_path: Path
) -> None:
    assert work("sync", "work").code == 0
    rename_task(odoo, "Renamed in Odoo")
    command = [sys.executable, "-m", "isthmus.cli", "sync", "work", "--watch", "--interval", "0.05", "--json"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as watching:
        assert watching.stdout is not None
        rounds = documents(watching.stdout)
        assert done(next(rounds))["export trello.card"]["updated"] == 1
        rename_task(odoo, "Renamed again")
        assert any(done(one)["export trello.card"].get("updated") for one in rounds)
        watching.send_signal(signal.SIGTERM)
        rest, err = watching.communicate(timeout=30)
    assert (watching.returncode, err) == (0, "")
    with App.load() as app, app.environment(None) as env:
        assert not env["connector.lease"].search([])
    assert work("plan", "work").out == "A round of work would do nothing.\n"


def documents(stream: Any) -> Any:
    """Yield the JSON documents that a command prints one after the other."""
    lines: list[str] = []
    for line in stream:
        lines.append(line)
        if line.rstrip() == "}":
            yield json.loads("".join(lines))
            lines.clear()
