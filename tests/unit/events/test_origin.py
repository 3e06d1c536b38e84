"""The origin of a change: where it came from, so that it is not sent back."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.components import Component
from isthmus.events import comes_from, from_own_backend, origin_of, skip_if, with_origin
from isthmus.inheritance import capture


def test_an_ordinary_change_comes_from_nowhere_in_particular(world: Any) -> None:
    with world([]).environment() as env:
        assert origin_of(env) is None
        assert origin_of(env["shop.thing"]) is None


@pytest.mark.parametrize("of", ["records", "environment"])
def test_records_and_environments_can_be_given_an_origin(world: Any, of: str) -> None:
    with world([]).environment(mood="good") as env:
        one, two = env["shop.backend"].create([{"name": "one"}, {"name": "two"}])
        records = env["shop.thing"]
        things = with_origin(records, one) if of == "records" else with_origin(env, one)["shop.thing"]

        assert origin_of(things) == f"shop.backend,{one.id}"
        assert comes_from(things, one)
        assert comes_from(things, f"shop.backend,{one.id}")
        assert not comes_from(things, two)
        assert things.env.context["mood"] == "good"


def test_a_listener_of_a_backend_can_skip_what_came_from_there(world: Any) -> None:
    exported: list[str] = []
    with capture() as classes:

        class ExportListener(Component):
            _name = "export.listener"
            _inherit = "base.event.listener"
            _collection = "shop.backend"
            _apply_on = "shop.binding"

            @skip_if(from_own_backend)
            def on_record_create(self, record: Any, fields: Any = None) -> None:
                exported.append(record.external_id)

    with world(classes).environment() as env:
        one, two = env["shop.backend"].create([{"name": "one"}, {"name": "two"}])
        imported = with_origin(env["shop.binding"], one)
        imported.create({"external_id": "own", "backend_id": one.id})
        imported.create({"external_id": "for another", "backend_id": two.id})
        env["shop.binding"].create({"external_id": "by a user", "backend_id": one.id})
        imported.create({"external_id": "of no backend"})

    assert exported == ["for another", "by a user", "of no backend"]
