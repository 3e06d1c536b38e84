"""The rules, their actions, and what makes them fire.

Source: recorded webhooks of Odoo 18 and 19 (create, write, write of the same value, unlink).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from isthmus import api, fields, models
from isthmus.sandbox.odoo.automation.sending import send
from isthmus.sandbox.odoo.models.base import Base, Values

#: How often a rule without trigger fields fires for one new record: each recomputed field fires it again.
STORM = {17: 9, 18: 9, 19: 11}

RULES = "the automation rules of each model"


class ModelField(Base):
    _name = "ir.model.fields"
    _description = "Fields"
    _order = "name"

    name = fields.Char("Field Name", required=True)
    model = fields.Char("Model Name", required=True, index=True)
    field_description = fields.Char("Field Label")


class ServerAction(Base):
    _name = "ir.actions.server"
    _description = "Server Actions"

    name = fields.Char("Name", required=True)
    model_id = fields.Many2one("ir.model", "Model", required=True)
    state = fields.Selection([("code", "Execute Code"), ("webhook", "Send Webhook Notification")], "Type")
    usage = fields.Selection([("ir_actions_server", "Server Action"), ("base_automation", "Automation Rule")])
    webhook_url = fields.Char("Webhook URL")
    webhook_field_ids = fields.Many2many(
        "ir.model.fields", "ir_act_server_webhook_field_rel", "server_id", "field_id", "Webhook Fields"
    )
    base_automation_id = fields.Many2one("base.automation", "Automation Rule", ondelete="cascade")

    def payload(self: Any, record: Any) -> Values:
        """Return what is sent about a record."""
        names = self.webhook_field_ids.mapped("name")
        told = {"_action": f"{self.name}(#{self.id})", "_id": record.id, "_model": record._name}
        return {**told, **(record.read(names)[0] if names else {})}


class Automation(Base):
    _name = "base.automation"
    _description = "Automation Rule"

    name = fields.Char("Automation Rule Name", required=True)
    active = fields.Boolean("Active", default=True)
    model_id = fields.Many2one("ir.model", "Model", required=True)
    trigger = fields.Selection(
        [("on_create_or_write", "On create and edit"), ("on_unlink", "On deletion")], "Trigger", required=True
    )
    trigger_field_ids = fields.Many2many("ir.model.fields", string="Trigger Fields")
    filter_domain = fields.Char("Apply on")
    action_server_ids = fields.One2many("ir.actions.server", "base_automation_id", "Actions")

    def create(self: Any, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Any:
        self.env.memo.pop(RULES, None)
        return super().create(values)

    def write_each(self: Any, rows: Iterable[Any]) -> bool:
        self.env.memo.pop(RULES, None)
        return bool(super().write_each(rows))

    def fire(self: Any, records: Any, times: int = 1) -> None:
        """Send the webhooks of this rule for records: from 19 on after the commit, before that at once."""
        domain = ast.literal_eval(self.filter_domain) if self.filter_domain else []
        everything = self.env[records._name].with_context(active_test=False)
        for record in everything.search([("id", "in", records.ids), *domain], order="id"):
            for action in self.action_server_ids.filtered(lambda one: one.state == "webhook"):
                url, payload = action.webhook_url, action.payload(record)
                for _ in range(times):
                    if self.session.series >= 19:
                        self.env.after_commit(lambda url=url, payload=payload: send(url, payload))
                    else:
                        send(url, payload)


class Automated(models.AbstractModel):
    """Every model: its changes fire the rules that are made for it."""

    _inherit = "base"

    @api.model_create_multi
    def create(self: Any, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Any:
        records = super().create(values)  # type: ignore[misc]
        for rule in self._rules("on_create_or_write"):
            storm = 1 if rule.trigger_field_ids else STORM.get(self.session.series, 1)
            rule.fire(records, storm)
        return records

    def write_each(self: Any, rows: Iterable[tuple[Any, Mapping[str, Any]]]) -> bool:
        rules = self._rules("on_create_or_write")
        if not rules:
            return bool(super().write_each(rows))  # type: ignore[misc]
        listed = list(rows)
        before = [(one, self._watched(rules, one)) for records, _ in listed for one in records]
        done = bool(super().write_each(listed))  # type: ignore[misc]
        for record, old in before:
            changed = {name for name, value in self._watched(rules, record).items() if old[name] != value}
            for rule in rules:
                names = set(rule.trigger_field_ids.mapped("name"))
                if changed & names or not names:
                    rule.fire(record)
        return done

    def unlink(self: Any) -> bool:
        for rule in self._rules("on_unlink"):
            rule.fire(self)
        return bool(super().unlink())  # type: ignore[misc]

    def _watched(self: Any, rules: Any, record: Any) -> Values:
        names = {name for rule in rules for name in rule.trigger_field_ids.mapped("name")}
        return {name: record._neutral(name) for name in names if name in record._fields}

    def _rules(self: Any, trigger: str) -> list[Any]:
        """Return the rules of this model for a trigger; asked for once in a transaction."""
        found = self.env.memo.get(RULES)
        if found is None:
            self.env.memo[RULES] = {}  # what is read meanwhile fires nothing
            found = {}
            for rule in self.env["base.automation"].search([]):
                found.setdefault((rule.model_id.model, rule.trigger), []).append(rule)
            self.env.memo[RULES] = found
        return found.get((self._name, trigger), [])  # type: ignore[no-any-return]
