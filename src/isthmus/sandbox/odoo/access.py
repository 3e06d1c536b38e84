"""Access rights and record rules: just enough of them for callers without rights on projects.

Source: recorded refusals (tests/data/odoo-probes) and questions put to an Odoo 19.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from isthmus.sandbox.odoo.errors import AccessError
from isthmus.sandbox.odoo.session import Session

ALL = "read write create unlink"
_VERBS = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}


@dataclass(frozen=True, slots=True)
class Right:
    """What internal users may do with a model, and the group that may do everything."""

    users: str
    owners: str = "base.group_system"


RIGHTS = {
    "base.automation": Right(""),
    "ir.actions.server": Right(""),
    "ir.attachment": Right(ALL),
    "ir.cron": Right(""),
    "ir.model": Right(""),
    "ir.model.fields": Right(""),
    "ir.model.data": Right("", "base.group_erp_manager"),
    "ir.module.module": Right("read"),
    "mail.message": Right(ALL),
    "mail.message.subtype": Right("read"),
    "project.project": Right("read", "project.group_project_manager"),
    "project.tags": Right(ALL),
    "project.task": Right(ALL),
    "project.task.type": Right(ALL),
    "res.company": Right("read", "base.group_erp_manager"),
    "res.groups": Right("read", "base.group_erp_manager"),
    "res.partner": Right("read", "base.group_partner_manager"),
    "res.partner.category": Right("read", "base.group_partner_manager"),
    "res.users": Right("read", "base.group_erp_manager"),
    "res.users.apikeys": Right("read"),
}


def may(session: Session, model: str, operation: str) -> bool:
    """Tell whether the caller's groups allow an operation on a model."""
    right = RIGHTS.get(model, Right(""))
    if session.is_superuser or right.owners in session.groups:
        return True
    return "base.group_user" in session.groups and operation in right.users.split()


def check(records: Any, operation: str) -> None:
    """Raise AccessError when the caller's groups do not allow the operation on the model."""
    if may(records.session, records._name, operation):
        return
    title = _title(records.env, RIGHTS.get(records._name, Right("")).owners)
    raise AccessError(
        f"You are not allowed to {_VERBS[operation]} '{records._description}' ({records._name}) records.\n\n"
        f"This operation is allowed for the following groups:\n\t- {title}\n\n"
        "Contact your administrator to request access if necessary."
    )


def rule(session: Session, model: str) -> list[Any]:
    """Return the domain of the records that the caller may see; empty when it is all of them."""
    if model != "project.task" or session.is_superuser or "project.group_project_manager" in session.groups:
        return []
    private = ["&", ("project_id", "=", False), ("user_ids", "in", [session.uid])]
    if "project.group_project_user" in session.groups:
        return ["|", ("project_id", "!=", False), *private]
    return private


def check_rule(records: Any, operation: str) -> None:
    """Raise AccessError when a rule hides one of the existing records."""
    domain = rule(records.session, records._name)
    if not domain or not records:
        return
    existing = records.exists()
    everything = records.with_context(active_test=False)
    if existing - everything.search([("id", "in", existing.ids), *domain]).with_env(records.env):
        raise _hidden(records, operation)


def _hidden(records: Any, operation: str) -> AccessError:
    session = records.session
    name = records.env["res.users"].browse(session.uid).shown_names()[session.uid]
    return AccessError(
        "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
        f"Sorry, {name} (id={session.uid}) doesn't have '{operation}' access to:\n"
        f"- {records._description} ({records._name})\n\n"
        "If you really, really need access, perhaps you can win over your friendly administrator"
        " with a batch of freshly baked cookies."
    )


def _title(env: Any, group: str) -> str:
    id_ = env["ir.model.data"].record_of(group)
    return str(env["res.groups"].browse(id_).full_name)
