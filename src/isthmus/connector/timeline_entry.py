"""What a timeline says of one record: decided from its item alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from isthmus.connector import export_page, import_page
from isthmus.connector.agreement import WHOLE
from isthmus.connector.outcome import Outcome

#: Characters of a text that a timeline keeps.
KEPT = 200


def is_told(outcome: Outcome) -> bool:
    """Tell whether an outcome belongs on a timeline: not when nothing happened."""
    return outcome.kind != "unchanged"


def of_import(item: import_page.Item) -> dict[str, Any]:
    """Return the entry of an imported record: what was new outside, and what was written to Odoo for it."""
    seen, wrote = {}, {}
    if item.agreement.external:
        before = item.agreement.external
        names = item.agreement.changed_external(item.external) - {WHOLE}
        seen = changes(before, item.external, names)
    if item.agreement.odoo:
        wrote = changes(item.agreement.odoo, item.written, item.written)
    return {"seen": seen, "wrote": wrote}


def of_export(item: export_page.Item) -> dict[str, Any]:
    """Return the entry of an exported record: what was new in Odoo, and what was sent for it."""
    before = item.agreement
    return {
        "seen": changes(before.odoo, item.now, item.changed) if before.odoo else {},
        "wrote": changes(before.external, item.sent, item.sent),
    }


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Iterable[str]
) -> dict[str, list[Any]]:
    """Return the fields whose values differ, each with the value before and after, long texts cut."""
    return {
        name: [shortened(before.get(name)), shortened(after.get(name))]
        for name in sorted(names)
        if before.get(name) != after.get(name)
    }


def shortened(value: Any) -> Any:
    """Return a value in a form that a timeline keeps: a long text, or whatever is long as text, is cut."""
    text = value if isinstance(value, str) else repr(value)
    return value if len(text) <= KEPT else f"{text[:KEPT]}… ({len(text):,} characters)"
