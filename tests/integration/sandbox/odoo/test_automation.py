"""Webhooks of the simulated Odoo: as many as a real one sends, at the same moment, with the same words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.server import HttpServer, Request, Response

TASK = "project.task"


class Ear:
    """A server that notes what it is sent, and how many tasks others could see in that moment."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.server = HttpServer(self.answer)

    def answer(self, request: Request) -> Response:
        self.heard.append(json.loads(request.body))
        return Response.text(200, "ok")


def rule(env: Any, url: str, *fields: str, **values: Any) -> Any:
    model = env["ir.model"].search([("model", "=", TASK)]).id
    wanted = env["ir.model.fields"].search([("model", "=", TASK), ("name", "in", fields)])
    made = env["base.automation"].create(
        {
            "name": "tell",
            "model_id": model,
            "trigger": "on_create_or_write",
            "trigger_field_ids": [(6, 0, wanted.ids)],
            **values,
        }
    )
    env["ir.actions.server"].create(
        {
            "name": "tell",
            "model_id": model,
            "state": "webhook",
            "webhook_url": url,
            "base_automation_id": made.id,
        }
    )
    return made


@pytest.mark.parametrize(("series", "storm"), [(17, 9), (18, 9), (19, 11)])
def test_a_rule_without_trigger_fields_makes_a_storm(series: int, storm: int) -> None:
    ear, odoo = Ear(), OdooSandbox(series)
    with ear.server:
        with odoo.environment() as env:
            made = rule(env, ear.server.url)
        with odoo.environment() as env:
            task = env[TASK].create({"name": "new"})
            sent_within = len(ear.heard)
        assert len(ear.heard) == storm
        assert sent_within == (0 if series >= 19 else storm), "17 and 18 send before the commit"
        assert ear.heard[0]["_model"] == TASK
        assert ear.heard[0]["_id"] == task.id

        ear.heard.clear()
        with odoo.environment() as env:
            named = env["ir.model.fields"].search([("model", "=", TASK), ("name", "=", "name")])
            env["base.automation"].browse(made.id).write({"trigger_field_ids": [(6, 0, named.ids)]})
        with odoo.environment() as env:
            (fresh,) = env[TASK].create([{"name": "one"}])
            env[TASK].browse(fresh.id).write({"name": "one"})
            env[TASK].browse(fresh.id).write({"priority": "1"})
        assert len(ear.heard) == 1


def test_a_transaction_that_fails_sends_before_it_fails_only_up_to_18() -> None:
    for series, sent in ((18, 1), (19, 0)):
        ear, odoo = Ear(), OdooSandbox(series)
        with ear.server:
            with odoo.environment() as env:
                rule(env, ear.server.url, "name")
            with odoo.environment() as env:
                env[TASK].create({"name": "phantom"})
                env.rollback()
            assert len(ear.heard) == sent
