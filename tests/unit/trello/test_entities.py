"""Trello's entities: their order, and the names by which their parts are extended."""

from __future__ import annotations

import pytest

from isthmus.components.registry import ComponentRegistry
from isthmus.testing import TrialApp

BOTH = "adapter import.mapper export.mapper importer exporter"
PARTS = {
    "member": "adapter importer batch.importer verifier",
    "board": f"{BOTH} pairs export.deleter",
    "list": f"{BOTH} batch.exporter export.deleter ranker verifier",
    "label": f"{BOTH} binder verifier",
    "card": f"{BOTH} pairs batch.exporter export.deleter ranker verifier",
    "checkitem": f"{BOTH} batch.exporter ranker verifier",
    "line": f"{BOTH} batch.exporter import.deleter ranker verifier",
    "comment": f"{BOTH} batch.exporter export.deleter",
    "link": f"{BOTH} batch.exporter verifier",
    "file": f"{BOTH} batch.exporter verifier",
}


@pytest.mark.parametrize(
    ("checklists", "parts"),
    [
        ("subtasks", "checkitem comment link file value"),
        ("description", "comment link file line value"),
        ("none", "comment link file value"),
    ],
)
def test_entities_come_after_those_that_they_need(checklists: str, parts: str) -> None:
    with TrialApp("isthmus.trello") as app, app.environment() as env:
        backend = env["trello.backend"].create({"name": "trello", "checklists": checklists})
        names = ["board", "member", "list", "label", "card", *parts.split()]
        assert backend.entities() == [f"trello.{name}" for name in names]
        assert backend.entities("export") == [f"trello.{name}" for name in names if name != "member"]


@pytest.mark.parametrize("entity", PARTS)
def test_every_part_that_people_extend_has_its_name(entity: str) -> None:
    registry = ComponentRegistry.build(["isthmus.trello"])
    for part in PARTS[entity].split():
        component = registry.by_name(f"trello.{entity}.{part}")
        assert component is not None, f"trello.{entity}.{part}"
        assert (component._collection, component._apply_on) == ("trello.backend", f"trello.{entity}")
