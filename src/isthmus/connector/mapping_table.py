"""A mapper as a table: one row for each rule, for people and for ``--json``."""

from __future__ import annotations

from dataclasses import dataclass

from isthmus.connector.modifiers import describe
from isthmus.connector.rule import ChildRule, DirectRule, MethodRule, Rule

ANY = "any"


@dataclass(frozen=True, slots=True)
class TableRow:
    """What one rule does. ``source`` "any": it may read anything; ``target`` "": only running it tells."""

    source: str
    target: str
    rule: str
    direction: str
    modifiers: str
    only_create: bool
    changed_by: tuple[str, ...]


def row_of(rule: Rule, direction: str) -> TableRow:
    """Return the row of a rule."""
    changed_by = tuple(sorted(rule.sources or ()))
    source = ", ".join(changed_by) or ANY
    match rule:
        case DirectRule():
            parts = ["" if rule.plain else describe(rule.source), "where Odoo has it" if rule.needs else ""]
            modifiers = ", ".join(filter(None, parts))
            return TableRow(source, rule.target, "direct", direction, modifiers, rule.only_create, changed_by)
        case ChildRule():
            return TableRow(
                source, rule.target, f"child {rule.model}", direction, "", rule.only_create, changed_by
            )
        case MethodRule():
            return TableRow(source, "", f"method {rule.name}", direction, "", rule.only_create, changed_by)
        case _:
            return TableRow(source, "", rule.name, direction, "", rule.only_create, changed_by)
