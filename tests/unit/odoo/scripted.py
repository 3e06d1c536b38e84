"""An Odoo behind the protocol seam that answers as told and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from isthmus.odoo import Call, OdooConnection, RpcStore, Version
from tests.still_clock import StillClock

FIELDS: dict[str, dict[str, Any]] = {
    "id": {"type": "integer", "store": True},
    "name": {"type": "char", "store": True},
    "sequence": {"type": "integer", "store": True},
    "active": {"type": "boolean", "store": True},
    "write_date": {"type": "datetime", "store": True},
    "date_deadline": {"type": "datetime", "store": True},
    "data": {"type": "binary", "store": True},
    "extra": {"type": "json", "store": True},
    "project_id": {"type": "many2one", "relation": "project.project", "store": True},
    "tag_ids": {"type": "many2many", "relation": "project.tags", "store": True},
    "child_ids": {
        "type": "one2many",
        "relation": "project.task",
        "relation_field": "parent_id",
        "store": True,
    },
}


class ScriptedOdoo:
    """``answers`` maps a method to a function of the call, or to a list of answers (errors are raised)."""

    def __init__(self, **answers: Callable[[Call], Any] | list[Any]) -> None:
        self.calls: list[Call] = []
        self._answers: Mapping[str, Any] = {"fields_get": lambda call: FIELDS, **answers}

    def version(self) -> Version:
        return Version.parse("18.0")

    def authenticate(self) -> int:
        return 2

    def execute(self, call: Call) -> Any:
        self.calls.append(call)
        answer = self._answers[call.method]
        value = answer.pop(0) if isinstance(answer, list) else answer(call)
        if isinstance(value, BaseException):
            raise value
        return value

    def asked(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]


def store_on(odoo: ScriptedOdoo, **options: Any) -> RpcStore:
    """Return a store on a scripted Odoo, with a clock that does not wait."""
    connection = OdooConnection(
        "http://127.0.0.1:9", "db", "login", "secret", protocol=odoo, clock=StillClock()
    )
    return RpcStore(connection, **options)
