"""Which tasks are cards: the pairs that the parts of cards go by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

#: The columns of a pair, such as ``{"odoo_id": 7, "external_id": "5f…"}``.
Row = dict[str, Any]


def paired_cards(
    component: Any, names: Sequence[str] = (), tasks: Collection[int] | None = None, *, deleted: bool = False
) -> dict[int, Row]:
    """Return the pairs of cards of a component's backend by task: ``odoo_id``, and the fields of these names.

    Of all tasks, or of some; empty where none of them is a card. What was deleted on one side counts only
    where it is asked for (``deleted``).
    """
    domain: list[Any] = [("backend_id", "=", component.collection.id)]
    if not deleted:
        domain.append(("state", "!=", "deleted"))
    if tasks is not None:
        domain.append(("odoo_id", "in", sorted(tasks)))
    rows = component.env["trello.card"]._read_rows(domain, ["odoo_id", *names])
    return {row["odoo_id"]: row for row in rows if row["odoo_id"]}
