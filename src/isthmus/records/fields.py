"""Field declarations, in Odoo's names: ``fields.Char(required=True)``."""

from __future__ import annotations

from isthmus.records.field import DATE_FORMAT, DATETIME_FORMAT, Field
from isthmus.records.relations import Many2many, Many2one, One2many, Relational
from isthmus.records.values import (
    Binary,
    Boolean,
    Char,
    Date,
    Datetime,
    Float,
    Html,
    Integer,
    Json,
    Secret,
    Selection,
    Text,
)

TYPES: dict[str, type[Field]] = {
    cls.type: cls
    for cls in (
        Char, Text, Html, Selection, Integer, Float, Boolean, Date, Datetime, Json, Binary, Secret,
        Many2one, One2many, Many2many,
    )
}  # fmt: skip

__all__ = [
    "DATETIME_FORMAT",
    "DATE_FORMAT",
    "TYPES",
    "Binary",
    "Boolean",
    "Char",
    "Date",
    "Datetime",
    "Field",
    "Float",
    "Html",
    "Integer",
    "Json",
    "Many2many",
    "Many2one",
    "One2many",
    "Relational",
    "Secret",
    "Selection",
    "Text",
]
