"""Custom fields and properties as values: which property stands for a field, and what values become.

A value has one form in between, JSON-ready: text, a float, True (a box that is not ticked is no value), a
moment as Odoo writes it, the id of a list's option, or ``new:LABEL`` for an option that Trello does not have
yet. None is no value.

Source: Trello gives numbers and ticks as text, and no item for a field without a value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.connector.converter import instant

Definition = Mapping[str, Any]

#: Type of a custom field -> types of a property that can stand for it; the first one is made.
TYPES = {
    "text": ("char",),
    "number": ("float",),
    "checkbox": ("boolean",),
    "date": ("datetime", "date"),
    "list": ("selection",),
}
KEYS = {"text": "text", "number": "number", "checkbox": "checked", "date": "date"}
NEW = "new:"


@dataclass(frozen=True, slots=True)
class Column:
    """A custom field of a board, and the property of its project: by its name and type.

    ``options``: id of the option -> key of the selection; ``labels``: key -> label.
    """

    id: str
    name: str
    type: str
    property: str
    property_type: str
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def property_name(field_id: str) -> str:
    """Return the name of the property that is made for a custom field."""
    return hashlib.sha1(field_id.encode(), usedforsecurity=False).hexdigest()[:16]


def joined(
    definitions: Sequence[Definition], fields: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[Column]]:
    """Return the definitions of a project with what the custom fields of its board need, and the columns.

    A field has the property that was made for it, else one of its name and of a fitting type, else a new one.
    A property that was made for a field and got another type in Odoo stands for none.
    """
    found = [dict(one) for one in definitions]
    columns: list[Column] = []
    for custom in sorted(fields, key=lambda one: (one["pos"], one["id"])):
        taken = {one.property for one in columns}
        definition = _definition_for(custom, found, taken)
        if definition["type"] not in TYPES[custom["type"]]:
            continue
        options: dict[str, str] = {}
        if custom["type"] == "list":
            options = _with_options(definition, custom.get("options") or ())
        labels = dict(definition.get("selection") or ())
        about = definition["name"], definition["type"]
        columns.append(Column(custom["id"], custom["name"], custom["type"], *about, options, labels))
    return found, columns


def _definition_for(
    custom: Mapping[str, Any], found: list[dict[str, Any]], taken: set[str]
) -> dict[str, Any]:
    """Return the definition for a field, which is added where there is none."""
    name, types = property_name(custom["id"]), TYPES[custom["type"]]
    for one in found:
        if one["name"] == name:
            one["string"] = custom["name"]
            return one
    for one in found:
        free = one["name"] not in taken and one["type"] in types
        if free and str(one.get("string") or "").strip() == custom["name"].strip():
            return one
    made = {"name": name, "string": custom["name"], "type": types[0]}
    found.append(made)
    return made


def _with_options(definition: dict[str, Any], options: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Add the options that a selection lacks; return which key stands for which option.

    An option has the key that was made for it, its label following, else that of its label.
    """
    selection = [list(pair) for pair in definition.get("selection") or ()]
    keys: dict[str, str] = {}
    for option in sorted(options, key=lambda one: (one["pos"], one["id"])):
        label = option["value"]["text"]
        own = next((pair for pair in selection if pair[0] == option["id"]), None)
        same = next((pair for pair in selection if pair[1] == label and pair[0] not in keys.values()), None)
        pair = own or same
        if pair is None:
            pair = [option["id"], label]
            selection.append(pair)
        pair[1] = label
        keys[option["id"]] = pair[0]
    definition["selection"] = selection
    return keys


# --- values --------------------------------------------------------------------------------------------


def from_trello(column: Column, item: Mapping[str, Any] | None) -> Any:
    """Return the value of an item of a card (None: there is none)."""
    if not item:
        return None
    if column.type == "list":
        return item.get("idValue") or None
    said = (item.get("value") or {}).get(KEYS[column.type])
    if said in (None, ""):
        return None
    match column.type:
        case "number":
            return float(said)
        case "checkbox":
            return str(said).lower() == "true" or None
        case "date":
            moment = str(instant.comparable(instant.to_odoo(said)))
            return moment[:10] if column.property_type == "date" else moment
        case _:
            return said


def to_trello(column: Column, value: Any) -> dict[str, Any]:
    """Return what Trello is sent for a value; None clears the field."""
    if column.type == "list":
        return {"idValue": value or ""}
    if value is None:
        return {"value": ""}
    match column.type:
        case "number":
            said = str(int(value)) if float(value).is_integer() else repr(float(value))
        case "checkbox":
            said = "true"
        case "date":
            said = str(instant.to_external(value))
        case _:
            said = str(value)
    return {"value": {KEYS[column.type]: said}}


def from_odoo(column: Column, value: Any) -> Any:
    """Return the value of a property."""
    if value is None or value is False or value == "":
        return None
    if column.type == "list":
        option = next((id_ for id_, key in column.options.items() if key == value), None)
        return option or (NEW + column.labels[value] if value in column.labels else None)
    return float(value) if column.type == "number" else value


def to_odoo(column: Column, value: Any) -> Any:
    """Return what a property is set to; False is no value."""
    if column.type == "list":
        return column.options.get(value, False)
    return False if value is None else value
