"""The commands that follow an Odoo, against a simulated one over HTTP."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from isthmus.sandbox.faults import Answer, on
from isthmus.sandbox.odoo import OdooSandbox
from tests.command import Command

TASK = "project.task"


def task(odoo: OdooSandbox, name: str) -> int:
    with odoo.environment() as env:
        return int(env[TASK].create({"name": name}).id)


def changes(run: Command, *options: str) -> dict[str, tuple[int, int, int]]:
    found = run("odoo", "feed", "run", "--json", *options).data
    return {
        one["model"]: (one["created"], one["written"], one["removed"])
        for one in found
        if one["created"] or one["written"] or one["removed"]
    }


def test_a_project_is_followed_from_now_on(ready: Command, odoo: OdooSandbox) -> None:
    old = task(odoo, "old")
    first = ready("odoo", "feed", "run", "--json").data
    assert {one["model"] for one in first if one["baseline"]} == {
        TASK, "project.project", "project.tags", "project.task.type", "mail.message", "ir.attachment",
    }  # fmt: skip
    task(odoo, "new")
    with odoo.environment() as env:
        env[TASK].browse(old).unlink()
    assert changes(ready, "--sweep") == {TASK: (1, 0, 1)}
    assert changes(ready) == {}
    assert "1 created, 0 changed" not in ready("odoo", "feed", "run").out
    status = ready("odoo", "feed", "status", "--json").data[TASK]
    assert (status["delivered"], status["known_records"]) == (2, 1)
    assert "project.task" in ready("odoo", "feed", "status").out


def test_a_reset_starts_anew(ready: Command, odoo: OdooSandbox) -> None:
    task(odoo, "old")
    ready("odoo", "feed", "run")
    task(odoo, "new")
    assert ready("odoo", "feed", "reset", "--model", TASK, "--json").data == [TASK]
    assert ready("odoo", "feed", "status", "--json").data[TASK] is None
    assert changes(ready, "--from-beginning", "--model", TASK) == {TASK: (2, 0, 0)}


def test_a_model_that_is_not_followed_is_named(ready: Command) -> None:
    refused = ready("odoo", "feed", "run", "--model", "res.partner")
    assert refused.code == 2
    assert "'res.partner' is not followed" in refused.err
    with Path("isthmus.toml").open("a") as file:
        file.write('feed_models = ["res.partner"]\n')
    assert ready("odoo", "feed", "run", "--model", "res.partner").code == 0


def test_an_odoo_that_refuses_is_told(ready: Command, odoo: OdooSandbox) -> None:
    odoo.faults.add(Answer.bad_gateway(404), times=None, when=on("POST", "/jsonrpc"))
    failed = ready("odoo", "feed", "run", "--model", TASK)
    assert failed.code == 3
    assert "404" in failed.out
    for_all = ready("odoo", "feed", "run")
    assert for_all.code == 3
    assert "all 6 models" in for_all.out
    assert for_all.out.count("MalformedAnswerError") == 1


LISTENER = """
import os
from pathlib import Path

from isthmus import Component


class Noting(Component):
    _name = "noting.listener"
    _inherit = "base.event.listener"
    _apply_on = "project.task"

    def on_record_create(self, record, fields=None):
        if Path("die").exists():
            os._exit(9)
        with Path("heard").open("a") as file:
            file.write(record.name + "\\n")
"""


def test_a_process_that_is_killed_while_it_listens_loses_nothing(ready: Command, odoo: OdooSandbox) -> None:
    Path("noting.py").write_text(LISTENER)
    text = Path("isthmus.toml").read_text()
    Path("isthmus.toml").write_text(f'connectors = ["noting"]\n{text}feed_models = ["project.task"]\n')
    command = [sys.executable, "-m", "isthmus.cli", "odoo", "feed", "run"]
    assert subprocess.run(command, capture_output=True).returncode == 0
    task(odoo, "roof")
    Path("die").touch()
    assert subprocess.run(command, capture_output=True).returncode == 9
    Path("die").unlink()
    for _ in range(2):
        assert subprocess.run(command, capture_output=True).returncode == 0
    assert Path("heard").read_text() == "roof\n"


def test_watching_ends_at_the_first_signal(ready: Command, odoo: OdooSandbox) -> None:
    command = [sys.executable, "-m", "isthmus.cli", "odoo", "feed", "run", "--watch"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "project.task: followed from now on" in line:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
