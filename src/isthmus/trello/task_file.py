"""Which attachments in Odoo are files of tasks: what people put there, and may be shown outside."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from isthmus.connector.reading import chunked

#: How many tasks are named in one search.
TASKS = 1000

#: An attachment that is shown inside a text. Source: Odoo's editor, 17 to 19.
SHOWN = re.compile(r"/web/(?:image|content)/(?:ir\.attachment/)?(\d+)")

#: What belongs to a field of the task (an avatar, a cover) is no file of it.
FILES = (("res_model", "=", "project.task"), ("type", "=", "binary"), ("res_field", "=", False))


def files_of(
    env: Any, tasks: Collection[int], known: Collection[int], notes: bool, among: Sequence[Any] = ()
) -> list[int]:
    """Return the ids of the files of tasks, in order, but those that are ``known``.

    ``among``: a domain in which they must be as well. Left out is what is shown inside descriptions and
    messages, and what hangs on internal notes unless ``notes``: these stay in Odoo, and so do their files.
    """
    found: dict[int, int] = {}
    for part in chunked(sorted(tasks), TASKS):
        domain = [*FILES, ("res_id", "in", part), *among]
        rows = env["ir.attachment"]._read_rows(domain, ["res_id"])
        found |= {row["id"]: row["res_id"] for row in rows if row["id"] not in known}
    if not found:
        return []
    hidden = shown_in(_descriptions(env, set(found.values())))
    for message in _messages(env, found):
        hidden |= shown_in([message["body"]])
        if message["internal"] and not notes:
            hidden |= set(message["attachment_ids"])
    return [id_ for id_ in sorted(found) if id_ not in hidden]


def shown_in(texts: Iterable[Any]) -> set[int]:
    """Return the ids of the attachments that formatted texts show."""
    return {int(id_) for text in texts for id_ in SHOWN.findall(str(text or ""))}


def _descriptions(env: Any, tasks: Iterable[int]) -> list[Any]:
    rows = env["project.task"].with_context(active_test=False).browse(sorted(tasks)).read(["description"])
    return [row["description"] for row in rows]


def _messages(env: Any, found: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return the messages of tasks that carry one of these attachments, or show any."""
    rows: list[dict[str, Any]] = []
    names = ["body", "attachment_ids", "is_internal", "subtype_id"]
    for part in chunked(sorted(set(found.values())), TASKS):
        domain = [("model", "=", "project.task"), ("res_id", "in", part)]
        telling = ["|", ("attachment_ids", "!=", False), ("body", "like", "/web/")]
        rows += env["mail.message"]._read_rows([*domain, *telling], names)
    internal = set(env["mail.message.subtype"].search([("internal", "=", True)]).ids) if rows else set()
    return [{**row, "internal": row["is_internal"] or row["subtype_id"] in internal} for row in rows]
