"""Automation rules that make an Odoo (17 and later) send hints, put there over RPC.

A rule without trigger fields fires once for each recomputed field: nine or eleven times for one new task. So
every rule names the fields that count. A user of Odoo waits up to a second for whoever is sent the hint.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.errors import ConfigurationError
from isthmus.odoo.errors import UnknownModelError
from isthmus.odoo.feed.watch import Watch
from isthmus.odoo.feed_records import CHANGED, DELETED, WEBHOOK
from isthmus.odoo.store import RpcStore
from isthmus.records.domain import Domain
from isthmus.records.environment import Environment
from isthmus.records.fields import Field

RULE, ACTION = "base.automation", "ir.actions.server"

#: The first version whose rules can send webhooks.
SINCE = 17

#: The fields whose change counts, of those that a version has. For other models: whatever can be written.
TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "project.task": (
        "name", "description", "stage_id", "project_id", "tag_ids", "user_ids", "date_deadline", "active",
        "sequence", "priority", "state", "parent_id", "partner_id",
    ),
    "project.project": ("name", "description", "active", "type_ids", "user_id", "partner_id"),
    "project.task.type": ("name", "sequence", "fold", "active", "project_ids"),
    "project.tags": ("name", "color"),
    "mail.message": ("body",),
    "ir.attachment": ("name", "description", "url", "store_fname", "db_datas"),
}  # fmt: skip

_KINDS = {CHANGED: "on_create_or_write", DELETED: "on_unlink"}


@dataclass(frozen=True, slots=True)
class Installed:
    """A rule in Odoo. ``is_active``: None where it is not there any more."""

    model: str
    kind: str
    url: str
    rule: int
    is_active: bool | None


def install(
    env: Environment, odoo: str, store: RpcStore, watches: Sequence[Watch], url: str
) -> list[Installed]:
    """Put rules for the watched models into an Odoo, or give those that are there a new secret.

    Those of models that are not watched any more are taken out. ``url`` is where the receiver can be reached
    from the Odoo. Repeating it does no harm.
    """
    require_automation(store)
    base = f"{url.rstrip('/')}/hooks/odoo/{odoo}"
    _remove_others(env, odoo, store, {(watch.model, kind) for watch in watches for kind in kinds_of(watch)})
    secret = secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    for watch in watches:
        for kind in kinds_of(watch):
            address = base if kind == CHANGED else f"{base}/{kind}"
            record = _record(env, odoo, watch.model, kind)
            values = {"url": address, "digest": digest}
            # Kept first: a rule that nobody knows of would stay for ever.
            if record:
                record.write(values)
            else:
                record = env[WEBHOOK].create({"odoo": odoo, "model": watch.model, "kind": kind, **values})
            env.commit()
            rule, action = _upsert(store, watch, kind, base, f"{address}/{secret}")
            record.write({"rule": rule, "action": action})
            env.commit()
    return installed(env, odoo, store)


def installed(env: Environment, odoo: str, store: RpcStore) -> list[Installed]:
    """Return the rules that were installed, and what became of them."""
    records = env[WEBHOOK].search([("odoo", "=", odoo)])
    if not records:
        return []
    require_automation(store)
    rules = [record.rule for record in records if record.rule]
    found = {row["id"]: row["active"] for row in store.read(RULE, rules, ["active"])}
    return [
        Installed(record.model, record.kind, record.url, record.rule, found.get(record.rule))
        for record in records
    ]


def remove(env: Environment, odoo: str, store: RpcStore) -> int:
    """Take the rules out of an Odoo, and return how many were known. Their secrets open nothing any more."""
    if env[WEBHOOK].search([("odoo", "=", odoo)], limit=1):
        require_automation(store)
    return _remove_others(env, odoo, store, set())


def _remove_others(env: Environment, odoo: str, store: RpcStore, kept: set[tuple[str, str]]) -> int:
    records = env[WEBHOOK].search([("odoo", "=", odoo)])
    others = records.filtered(lambda record: (record.model, record.kind) not in kept)
    if others:
        store.unlink(ACTION, [record.action for record in others if record.action])
        store.unlink(RULE, [record.rule for record in others if record.rule])
    count = len(others)
    others.unlink()
    return count


def digests(env: Environment) -> list[tuple[str, str]]:
    """Return source and digest of each address that hints are taken at."""
    return sorted(
        {
            (f"odoo/{record.odoo}" + ("" if record.kind == CHANGED else f"/{record.kind}"), record.digest)
            for record in env[WEBHOOK].search([])
        }
    )


def require_automation(store: RpcStore) -> None:
    """Raise ConfigurationError for an Odoo that cannot send webhooks."""
    version = store.connection.version()
    if version.major < SINCE:
        raise ConfigurationError(
            f"Odoo {version} cannot send webhooks: its automation rules can since {SINCE}",
            hint="Polling works without; set feed_interval_s as short as you like.",
        )
    try:
        store.fields(RULE)
    except UnknownModelError as error:
        raise ConfigurationError(
            "this Odoo has no automation rules", hint="Install the app base_automation, or go without."
        ) from error


def kinds_of(watch: Watch) -> tuple[str, ...]:
    """Return what is to be told of a watched model: deletions only where somebody looks for them."""
    return (CHANGED, DELETED) if watch.deletions else (CHANGED,)


def trigger_fields(watch: Watch, known: Mapping[str, Field]) -> list[str]:
    """Return the fields whose change fires a rule: at least one, since none would stand for all."""
    stated = [name for name in TRIGGERS.get(watch.model, ()) if name in known]
    return stated or [name for name in watch.telling(known) if not known[name].readonly] or ["id"]


def _upsert(store: RpcStore, watch: Watch, kind: str, base: str, address: str) -> tuple[int, int]:
    """Create or update a rule and its action by external identifiers, and return their ids."""
    (model_id,) = store.search("ir.model", Domain.parse([("model", "=", watch.model)]))
    mark = hashlib.sha256(base.encode()).hexdigest()[:8]
    key = f"__isthmus__.hook_{mark}_{watch.model.replace('.', '_')}_{kind}"
    name = f"Isthmus: {watch.model} {kind}"
    rule: dict[str, Any] = {
        "name": name,
        "model_id": model_id,
        "trigger": _KINDS[kind],
        "active": True,
        "filter_domain": repr([list(term) for term in watch.domain]) if watch.domain else False,
    }
    if kind == CHANGED:
        rule["trigger_field_ids"] = [(6, 0, _field_ids(store, watch))]
    (rule_id,) = store.upsert(RULE, [(key, rule)])
    action = {
        "name": name,
        "model_id": model_id,
        "state": "webhook",
        "webhook_url": address,
        "usage": "base_automation",
        "base_automation_id": rule_id,
    }
    (action_id,) = store.upsert(ACTION, [(f"{key}_action", action)])
    return rule_id, action_id


def _field_ids(store: RpcStore, watch: Watch) -> Sequence[int]:
    names = trigger_fields(watch, store.fields(watch.model))
    return store.search(
        "ir.model.fields", Domain.parse([("model", "=", watch.model), ("name", "in", names)]), order="id"
    )


def _record(env: Environment, odoo: str, model: str, kind: str) -> Any:
    return env[WEBHOOK].search([("odoo", "=", odoo), ("model", "=", model), ("kind", "=", kind)], limit=1)
