"""Values that records hold become what a client reads.

Source: recorded reads (tests/data/odoo-probes): ``False`` for every empty value but numbers, a many2one as
``[id, name]``, datetimes to the second, binaries in base64.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from isthmus.records.fields import Field
from isthmus.sandbox.odoo.errors import AccessError, ForeignError, value_error
from isthmus.sandbox.odoo.values import DATETIME_FORMAT, Values, all_fields

_TEXTS = frozenset({"char", "text", "html"})
_UNITS = ("bytes", "Kb", "Mb", "Gb")


def rows(records: Any, names: Iterable[str] | None, load: str | None = "_classic_read") -> list[Values]:
    """Return one dict for each existing record: ``id`` and the named fields (all without names)."""
    fields = all_fields(records)
    asked = list(dict.fromkeys(names)) if names else None
    check_names(records, fields, asked)
    chosen = {name: fields[name] for name in (asked or readable(fields)) if name != "id"}
    found = records.wire_rows(records.read(list(chosen)))
    for row in found:
        for name, field in chosen.items():
            if field.type not in _PLAIN or field.required or name in records._masked:
                row[name] = shown(records, field, row[name])
    if load == "_classic_read":
        _add_names(records, chosen, found)
    return [{"id": row["id"], **{name: row[name] for name in chosen}} for row in found]


_PLAIN = frozenset({"char", "text", "html", "selection", "integer", "float", "boolean", "json", "many2one"})


def readable(fields: Mapping[str, Field]) -> list[str]:
    """Return the names that a read without names gives."""
    return list(fields)


def check_names(records: Any, fields: Mapping[str, Field], names: Sequence[str] | None) -> None:
    """Refuse unknown names, and fields that a group is needed for (a read of everything touches them too)."""
    session = records.session
    for name in names or ():
        if name not in fields and name not in records._restricted:
            where = f"on {records._name!r}" if session.series >= 19 else f"on model {records._name!r}"
            raise value_error(f"Invalid field {name!r} {where}")
    touched = [name for name in records._restricted if names is None or name in names]
    if touched and not session.is_superuser:
        raise AccessError(
            f'You do not have enough rights to access the field "{touched[0]}" on {records._description}'
            f" ({records._name}). Please contact your system administrator.\n\nOperation: read\n"
            f"User: {session.uid}\nGroups: allowed for groups '{records._restricted[touched[0]]}'"
        )


def shown(records: Any, field: Field, value: Any) -> Any:
    """Return one value in the form of the wire; a many2one stays an id."""
    if field.type == "boolean":
        return bool(value)
    if field.name in records._masked:
        return ""
    if value is False or value is None:
        if field.required and field.type in _TEXTS:
            return ""  # what is required cannot be NULL, but it may be blank
        return field.empty if field.type not in ("one2many", "many2many") else []
    match field.type:
        case "datetime":
            return value.strftime(DATETIME_FORMAT)
        case "date":
            return value.isoformat()
        case "binary":
            return file_content(field, value, records.env.context)
        case _:
            return value


def file_content(field: Field, value: bytes, context: Mapping[str, Any]) -> str:
    """Return base64 text; the size instead under ``bin_size``; of ``raw`` the text itself, if it is any."""
    if context.get("bin_size"):
        return human_size(len(value))
    if field.name == "raw":
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise ForeignError("builtins.UnicodeDecodeError", str(error)) from error
    return base64.b64encode(value).decode()


def human_size(size: float) -> str:
    """Return a size in words, for instance ``10.00 bytes``."""
    for unit in _UNITS[:-1]:
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} {_UNITS[-1]}"


def _add_names(records: Any, chosen: Mapping[str, Field], found: list[Values]) -> None:
    """Turn many2one ids into ``[id, name]``, with one look-up for each model."""
    links = {name: field for name, field in chosen.items() if field.type == "many2one"}
    wanted: dict[str, set[int]] = {}
    for name, field in links.items():
        comodel: str = field.comodel  # type: ignore[attr-defined]
        wanted.setdefault(comodel, set()).update(row[name] for row in found if row[name])
    names = {
        model: records.env[model].browse(sorted(ids)).shown_names() if ids else {}
        for model, ids in wanted.items()
    }
    for row in found:
        for name, field in links.items():
            if row[name]:
                row[name] = [row[name], names[field.comodel].get(row[name], False)]  # type: ignore[attr-defined]


def nested(records: Any, specification: Mapping[str, Any]) -> list[Values]:
    """Return records as ``web_read`` gives them: relations are read along as deep as is asked."""
    result = (
        rows(records, list(specification), None)
        if specification
        else [{"id": id_} for id_ in records.exists().ids]
    )
    fields = all_fields(records)
    for name, wish in specification.items():
        field = fields[name]
        if field.relational and "fields" in (wish or {}):
            _nest(records, field, wish["fields"], result)
    return result


def _nest(records: Any, field: Field, specification: Mapping[str, Any], result: list[Values]) -> None:
    single = field.type == "many2one"
    ids = {id_ for row in result for id_ in ([row[field.name]] if single else row[field.name]) if id_}
    target = records.env[field.comodel].browse(sorted(ids))  # type: ignore[attr-defined]
    known = {row["id"]: row for row in nested(target, specification)}
    for row in result:
        value = row[field.name]
        row[field.name] = known.get(value, False) if single else [known[id_] for id_ in value if id_ in known]
