"""Automation rules that are put into a simulated Odoo, and what they send, from end to end."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.hints import Hints
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.web import WebServer, receiver_of
from tests.command import Command
from tests.integration.cli.test_odoo import set_up

TASK = "project.task"


def rules(odoo: OdooSandbox) -> dict[str, str]:
    """Return where each rule sends to, by its name."""
    with odoo.environment() as env:
        found = env["base.automation"].search([])
        return {rule.name: rule.action_server_ids.webhook_url for rule in found}


@pytest.mark.parametrize("series", [17, 18, 19])
def test_rules_are_installed_listed_and_removed(run: Command, series: int) -> None:
    with OdooSandbox(series) as odoo:
        set_up(run, odoo)
        shown = run("odoo", "webhooks", "install", "--url", "http://127.0.0.1:9", "--json").data
        assert len(shown) == len(rules(odoo)) == 10
        assert all(one["is_active"] for one in shown)
        (secret,) = {url.rpartition("/")[2] for url in rules(odoo).values()}
        assert len(secret) >= 40
        assert secret not in str(shown)
        assert secret.encode() not in b"".join(file.read_bytes() for file in Path().glob("isthmus.sqlite*"))
        with odoo.environment() as env:
            (rule,) = env["base.automation"].search([("name", "=", f"Isthmus: {TASK} changed")])
            assert {"name", "stage_id", "tag_ids"} <= set(rule.trigger_field_ids.mapped("name"))
            comments = env["base.automation"].search([("name", "=", "Isthmus: mail.message changed")])
            assert "'message_type', '=', 'comment'" in comments.filter_domain

        run("odoo", "webhooks", "install", "--url", "http://127.0.0.1:9")
        assert len(rules(odoo)) == 10
        assert secret not in str(rules(odoo))

        with Path("isthmus.toml").open("a") as file:
            file.write('feed_models = ["project.task"]\n')
        run("odoo", "webhooks", "install", "--url", "http://127.0.0.1:9")
        assert sorted(rules(odoo)) == [
            "Isthmus: ir.attachment changed", "Isthmus: mail.message changed",
            "Isthmus: project.task changed", "Isthmus: project.task deleted",
        ]  # fmt: skip

        with odoo.environment() as env:
            env["base.automation"].browse(rule.id).unlink()
        listed = run("odoo", "webhooks", "list")
        assert listed.code == 1
        assert "gone" in listed.out
        assert run("odoo", "webhooks", "remove", "--json").data == {"removed": 4}
        assert rules(odoo) == {}
        assert run("odoo", "webhooks", "list", "--json").data == []


@pytest.mark.parametrize("series", [18, 19])
def test_what_an_odoo_sends_is_a_hint(run: Command, series: int) -> None:
    from isthmus.app import App

    with OdooSandbox(series) as odoo:
        set_up(run, odoo)
        hints = Hints(settle_s=0)
        with App.load() as app, WebServer(receiver_of(app, hints.add)) as server:
            run("odoo", "webhooks", "install", "--url", server.url)
            with odoo.environment() as env:
                tasks = env[TASK].create([{"name": str(number)} for number in range(3)])
            (subject,) = hints.take().values()
            assert (subject.count, subject.ids) == (3, set(tasks.ids))
            with odoo.environment() as env:
                env[TASK].browse(tasks.ids[:2]).write({"name": "0"})
            assert {key: one.ids for key, one in hints.take().items()} == {
                ("odoo/main", TASK): {tasks.ids[1]}
            }
            with odoo.environment() as env:
                env[TASK].browse(tasks.ids[0]).unlink()
            assert {key: one.ids for key, one in hints.take().items()} == {
                ("odoo/main/deleted", TASK): {tasks.ids[0]}
            }


def test_an_odoo_without_such_rules_is_told_apart(run: Command) -> None:
    with OdooSandbox(16) as odoo:
        set_up(run, odoo)
        refused = run("odoo", "webhooks", "install", "--url", "https://sync.example")
    assert refused.code == 2
    assert "Odoo 16.0 cannot send webhooks" in refused.err
    assert run("odoo", "webhooks", "install", "--url", "sync.example").code == 2


def test_a_follower_looks_when_a_webhook_comes(ready: Command, odoo: OdooSandbox) -> None:
    with Path("isthmus.toml").open("a") as file:
        file.write("feed_interval_s = 3600\n")
    words = "-m isthmus.cli odoo feed run --watch --listen 127.0.0.1:0"
    command = [sys.executable, *words.split()]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        url = ""
        for line in process.stderr:
            if found := re.search(r"Taking webhooks at (\S+)\.$", line):
                url = found[1]
            if "project.task: followed from now on" in line:
                break
        ready("odoo", "webhooks", "install", "--url", url)
        with odoo.environment() as env:
            env[TASK].create({"name": "new"})
        line = next(line for line in process.stderr if line.startswith("project.task:"))
        assert "project.task: 1 created, 0 changed, 0 deleted" in line
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_an_address_must_be_one(ready: Command) -> None:
    assert ready("odoo", "feed", "run", "--watch", "--listen", "here").code == 2
    assert "needs --watch" in ready("odoo", "feed", "run", "--listen", "127.0.0.1:0").err
