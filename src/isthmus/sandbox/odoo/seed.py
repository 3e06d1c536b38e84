"""What a fresh database holds: company, users, groups, message subtypes, and their external ids."""

from __future__ import annotations

from typing import Any

from isthmus.records.environment import Environment
from isthmus.sandbox.odoo.session import Session
from isthmus.sandbox.odoo.values import all_fields

#: ``(external id, title up to 18, title from 19 on)``, in the order of their ids.
GROUPS = (
    ("base.group_user", "User types/Internal User", "Role / User"),
    ("base.group_erp_manager", "Administration/Access Rights", "Access Rights"),
    ("base.group_system", "Administration/Settings", "Role / Administrator"),
    ("base.group_partner_manager", "Extra Rights/Contact Creation", "Contact/Creation"),
    ("base.group_portal", "User types/Portal", "Role / Portal"),
    ("base.group_public", "User types/Public", "Role / Public"),
    ("project.group_project_user", "Project/User", "Project/User"),
    ("project.group_project_manager", "Project/Administrator", "Project/Administrator"),
)
#: ``(external id, name, internal, model)``, in the order of their ids.
SUBTYPES = (
    ("mail.mt_comment", "Discussions", False, False),
    ("mail.mt_note", "Note", True, False),
    ("mail.mt_activities", "Activities", True, False),
    ("account.mt_invoice_validated", "Validated", False, "account.move"),
    ("account.mt_invoice_paid", "Paid", False, "account.move"),
    ("account.mt_invoice_created", "Invoice Created", False, "account.move"),
    ("project.mt_task_new", "Task Created", False, "project.task"),
    ("project.mt_task_stage", "Stage Changed", False, "project.task"),
    ("project.mt_task_in_progress", "Task In Progress", False, "project.task"),
    ("project.mt_task_changes_requested", "Changes Requested", False, "project.task"),
    ("project.mt_task_approved", "Task Approved", False, "project.task"),
    ("project.mt_task_canceled", "Task Cancelled", False, "project.task"),
    ("project.mt_task_done", "Task Done", False, "project.task"),
    ("project.mt_task_waiting", "Task Waiting", False, "project.task"),
)
MODULES = ("base", "web", "mail", "project")
PEOPLE = (
    ("OdooBot", "__system__", "base.user_root", "base.partner_root"),
    ("Administrator", "admin", "base.user_admin", "base.partner_admin"),
    ("Public user", "public", "base.public_user", "base.public_partner"),
    (
        "Portal User Template",
        "portaltemplate",
        "base.template_portal_user_id",
        "base.template_portal_user_id_res_partner",
    ),
)
ADMIN = 2


def seed(env: Environment, login: str, password: str, api_key: str | None) -> None:
    """Fill an empty database; in one that is filled, only let the administrator in as asked."""
    if not env["res.users"].with_context(active_test=False).search([], limit=1):
        _fill(env)
    admin: Any = env["res.users"].browse(ADMIN)
    admin.write({"login": login, "password": password})
    keys: Any = env["res.users.apikeys"]
    if api_key and not keys.user_of(api_key):
        keys.keep(api_key, ADMIN, "sandbox", "rpc")


def _fill(env: Environment) -> None:
    ids: list[tuple[str, str, int]] = []
    company = env["res.partner"].create({"name": "My Company", "is_company": True})
    env["res.company"].create({"name": "My Company", "partner_id": company.id})
    ids += [("base.main_partner", "res.partner", company.id), ("base.main_company", "res.company", 1)]
    titles = [title for _, *both in GROUPS for title in [both[_series(env) >= 19]]]
    names = [{"name": title.rpartition("/")[2].strip(), "full_name": title} for title in titles]
    groups = env["res.groups"].create(names).ids
    ids += [(name, "res.groups", id_) for (name, *_), id_ in zip(GROUPS, groups, strict=True)]
    subtypes = env["mail.message.subtype"].create(
        [{"name": name, "internal": internal, "res_model": model} for _, name, internal, model in SUBTYPES]
    )
    ids += [(row[0], "mail.message.subtype", id_) for row, id_ in zip(SUBTYPES, subtypes.ids, strict=True)]
    ids += _people(env, groups)
    env["ir.model"].create(
        [
            {"name": model._description, "model": name}
            for name, model in env.registry.items()
            if not model._abstract
        ]
    )
    if env.registry.is_local("ir.model.fields"):
        _fill_fields(env)
    env["ir.module.module"].create(
        [{"name": name, "shortdesc": name, "state": "installed"} for name in MODULES]
    )
    rows = [(*name.split(".", 1), model, id_) for name, model, id_ in ids]
    env["ir.model.data"].create(
        [{"module": module, "name": name, "model": model, "res_id": id_} for module, name, model, id_ in rows]
    )


def _fill_fields(env: Environment) -> None:
    env["ir.model.fields"].create(
        [
            {"name": name, "model": model, "field_description": field.string}
            for model in env.registry
            if not env.registry[model]._abstract
            for name, field in all_fields(env[model]).items()
        ]
    )


def _people(env: Environment, groups: list[int]) -> list[tuple[str, str, int]]:
    ids = []
    for name, login, user_key, partner_key in PEOPLE:
        users: Any = env["res.users"]
        row = {"name": name, "login": login, users.GROUPS: [(6, 0, groups if login == "admin" else [])]}
        user = users.create(row)
        partner = user.partner_id
        if login == "admin":
            partner.write({"email": "admin@example.com" if _series(env) < 19 else False})
        else:
            partner.write({"active": False})
            user.write({"active": False})
        ids += [(user_key, "res.users", user.id), (partner_key, "res.partner", partner.id)]
    return ids


def _series(env: Environment) -> int:
    return env.service(Session).series
