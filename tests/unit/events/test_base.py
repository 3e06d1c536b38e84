"""The events of records: creation, change, deletion, from every model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from isthmus.components import Component
from isthmus.events.base import aligned
from isthmus.inheritance import capture

Heard = list[tuple[Any, ...]]


def listening(world: Any, heard: Heard, *events: str, **attributes: Any) -> Any:
    """Return a world with one listener that writes down what it hears of the named events."""

    def writes_down(event: str) -> Callable[..., None]:
        def on_event(self: Any, *args: Any, **kwargs: Any) -> None:
            heard.append((event.removeprefix("on_"), *args, *kwargs.values()))

        return on_event

    body = {event: writes_down(event) for event in events}
    with capture() as classes:
        named = {"_name": "all", "_inherit": "base.event.listener"}
        type("Listener", (Component,), {**named, **body, **attributes})
    return world(classes)


@pytest.fixture
def heard() -> Heard:
    return []


def test_a_creation_is_told_once_per_record_with_its_own_fields(world: Any, heard: Heard) -> None:
    with listening(world, heard, "on_record_create", _apply_on="shop.thing").environment() as env:
        hat, scarf = env["shop.thing"].create([{"name": "hat"}, {"note": "warm", "name": "scarf"}])

    assert heard == [("record_create", hat, ("name",)), ("record_create", scarf, ("note", "name"))]


def test_a_creation_is_told_after_the_whole_batch_was_created(world: Any) -> None:
    counts: list[int] = []
    with capture() as classes:

        class Listener(Component):
            _name = "listener"
            _inherit = "base.event.listener"

            def on_record_create(self, record: Any, fields: Any = None) -> None:
                counts.append(self.model.search_count([]))

    with world(classes).environment() as env:
        env["shop.thing"].create([{"name": "hat"}, {"name": "scarf"}])

    assert counts == [2, 2]


def test_creating_from_one_dictionary_tells_one_creation(world: Any, heard: Heard) -> None:
    with listening(world, heard, "on_record_create").environment() as env:
        hat = env["shop.thing"].create({"name": "hat"})

    assert heard == [("record_create", hat, ("name",))]


def test_creating_nothing_tells_nothing(world: Any, heard: Heard) -> None:
    with listening(world, heard, "on_record_create", "on_records_create").environment() as env:
        assert not env["shop.thing"].create([])

    assert heard == []


def test_the_whole_recordset_is_told_once_per_call_after_its_records(world: Any, heard: Heard) -> None:
    with listening(world, heard, "on_record_create", "on_records_create").environment() as env:
        things = env["shop.thing"].create([{"name": "hat"}, {"name": "scarf", "note": "warm"}])

    assert [one[0] for one in heard] == ["record_create", "record_create", "records_create"]
    assert heard[-1] == ("records_create", things, ("name", "note"))


def test_a_write_is_told_once_per_record_after_it_happened(world: Any) -> None:
    seen: list[tuple[Any, ...]] = []
    with capture() as classes:

        class Listener(Component):
            _name = "listener"
            _inherit = "base.event.listener"

            def on_record_write(self, record: Any, fields: Any = None) -> None:
                seen.append((record.id, record.note, fields))

    with world(classes).environment() as env:
        things = env["shop.thing"].create([{"name": "hat"}, {"name": "scarf"}])
        things.write({"note": "sold"})

    assert seen == [(id_, "sold", ("note",)) for id_ in things.ids]


def test_assigning_to_a_field_is_a_write(world: Any, heard: Heard) -> None:
    with listening(world, heard, "on_record_write").environment() as env:
        hat = env["shop.thing"].create({"name": "hat"})
        hat.note = "sold"

    assert heard == [("record_write", hat, ("note",))]


def test_a_write_to_no_record_or_of_no_value_tells_nothing(world: Any, heard: Heard) -> None:
    events = ("on_record_write", "on_records_write", "on_record_change", "on_records_change")
    with listening(world, heard, *events).environment() as env:
        env["shop.thing"].browse([]).write({"note": "sold"})
        env["shop.thing"].create({"name": "hat"}).write({})

    assert heard == []


def test_write_each_tells_every_record_its_own_fields(world: Any, heard: Heard) -> None:
    with listening(world, heard, "on_record_write", "on_records_write").environment() as env:
        things = hat, scarf = env["shop.thing"].create([{"name": "hat"}, {"name": "scarf"}])
        rows = ((hat, {"note": "sold"}), (scarf, {"name": "shawl", "note": "kept"}))
        things.write_each(row for row in rows)
        assert things.mapped("note") == ["sold", "kept"]

    assert heard == [
        ("record_write", hat, ("note",)),
        ("record_write", scarf, ("name", "note")),
        ("records_write", things, ("note", "name")),
    ]


def test_a_deletion_is_told_before_it_happens(world: Any) -> None:
    seen: list[Any] = []
    with capture() as classes:

        class Listener(Component):
            _name = "listener"
            _inherit = "base.event.listener"

            def on_record_unlink(self, record: Any) -> None:
                seen.append(record.name)

            def on_records_unlink(self, records: Any) -> None:
                seen.append(records.mapped("name"))

    with world(classes).environment() as env:
        things = env["shop.thing"].create([{"name": "hat"}, {"name": "scarf"}])
        things.unlink()
        assert not things.exists()

    assert seen == ["hat", "scarf", ["hat", "scarf"]]


def test_a_listener_that_raises_prevents_a_deletion(world: Any) -> None:
    with capture() as classes:

        class Listener(Component):
            _name = "listener"
            _inherit = "base.event.listener"

            def on_record_unlink(self, record: Any) -> None:
                raise PermissionError(record.name)

    with world(classes).environment() as env:
        hat = env["shop.thing"].create({"name": "hat"})
        with pytest.raises(PermissionError, match="hat"):
            hat.unlink()
        assert hat.exists()


# --- old and new values ---


def test_a_change_is_told_with_old_and_new_values_of_what_differs(world: Any, heard: Heard) -> None:
    with listening(world, heard, "on_record_change").environment() as env:
        hat = env["shop.thing"].create({"name": "hat", "note": "new"})
        rack = env["shop.thing"].create({"name": "rack"})
        hat.write({"name": "hat", "note": "sold", "parent_id": rack.id})

    assert heard == [
        (
            "record_change",
            hat,
            {"note": "new", "parent_id": env["shop.thing"]},
            {"note": "sold", "parent_id": rack},
        )
    ]


def test_a_write_that_changes_nothing_is_no_change(world: Any, heard: Heard) -> None:
    with listening(world, heard, "on_record_change", "on_records_change").environment() as env:
        env["shop.thing"].create({"name": "hat"}).write({"name": "hat"})

    assert heard == []


def test_the_changes_of_a_call_are_told_together_without_the_records_that_stayed_the_same(
    world: Any, heard: Heard
) -> None:
    with listening(world, heard, "on_records_change").environment() as env:
        hat, scarf, glove = env["shop.thing"].create([{"name": "hat"}, {"name": "scarf"}, {"name": "glove"}])
        rows = [(hat, {"name": "cap"}), (scarf, {"name": "scarf"}), (glove, {"note": "x"})]
        (hat | scarf | glove).write_each(rows)

    [(_, records, changes)] = heard
    assert records == hat | glove
    assert [(change.record, change.fields) for change in changes] == [(hat, ("name",)), (glove, ("note",))]
    assert (changes[0].old, changes[0].new) == ({"name": "hat"}, {"name": "cap"})


# --- bindings ---


@pytest.fixture
def backends() -> Callable[[Any], Any]:
    return lambda env: env["shop.backend"].create([{"name": "one"}, {"name": "two"}])


def bound(**backends: Any) -> list[dict[str, Any]]:
    """Return the values of bindings by their external ids."""
    return [{"external_id": name, "backend_id": backend.id} for name, backend in backends.items()]


def test_events_of_a_binding_carry_its_backend(world: Any, backends: Any) -> None:
    seen: list[Any] = []
    with capture() as classes:

        class Listener(Component):
            _name = "listener"
            _inherit = "base.event.listener"
            _apply_on = "shop.binding"

            def on_record_create(self, record: Any, fields: Any = None) -> None:
                seen.append((record.external_id, self.collection))

            def on_record_unlink(self, record: Any) -> None:
                seen.append(("unlink", self.collection))

    with world(classes).environment() as env:
        one, two = backends(env)
        bindings = env["shop.binding"].create(bound(a=one, b=two, c=one))
        bindings[1].unlink()

    assert seen == [("a", one), ("c", one), ("b", two), ("unlink", two)]


def test_a_listeners_collection_is_respected_for_bindings(world: Any, heard: Heard, backends: Any) -> None:
    restricted = {"_collection": "magento.backend", "_apply_on": "shop.binding"}
    with listening(world, heard, "on_record_create", **restricted).environment() as env:
        env["shop.binding"].create({"external_id": "a", "backend_id": backends(env)[0].id})
        assert heard == []
        homeless = env["shop.binding"].create({"external_id": "b"})

    assert heard == [("record_create", homeless, ("external_id",))]


def test_the_events_of_a_call_are_told_once_per_backend(world: Any, heard: Heard, backends: Any) -> None:
    events = ("on_records_create", "on_records_write", "on_records_change", "on_records_unlink")
    with listening(world, heard, *events, _apply_on="shop.binding").environment() as env:
        one, two = backends(env)
        a, b, c = bindings = env["shop.binding"].create(bound(a=one, b=two, c=one))
        bindings.write({"external_id": "z"})
        bindings.unlink()

    assert [one[:2] for one in heard] == [
        (event, group)
        for event in ("records_create", "records_write", "records_change", "records_unlink")
        for group in (a | c, b)
    ]


def test_a_delegated_value_is_told_by_the_record_that_it_was_written_to(world: Any, heard: Heard) -> None:
    with listening(world, heard, "on_record_write").environment() as env:
        binding = env["shop.binding"].create({"external_id": "a", "name": "hat"})
        binding.write({"external_id": "b", "name": "cap"})

    assert sorted(heard, key=lambda one: str(one[1])) == [
        ("record_write", binding, ("external_id", "name")),
        ("record_write", binding.thing_id, ("name",)),
    ]


def test_an_upsert_is_told_as_a_creation(world: Any, heard: Heard) -> None:
    with listening(world, heard, "on_record_create", "on_records_create").environment() as env:
        things = env["shop.thing"].upsert([("shop.hat", {"name": "hat"}), ("shop.scarf", {"note": "warm"})])

    hat, scarf = things
    assert heard == [
        ("record_create", hat, ("name",)),
        ("record_create", scarf, ("note",)),
        ("records_create", things, ("name", "note")),
    ]


def test_where_a_call_did_not_make_one_record_per_dictionary_each_gets_the_names_of_all(world: Any) -> None:
    with world([]).environment() as env:
        merged = env["shop.thing"].browse([7])

    assert aligned(merged, [("name",), ("note", "name")]) == {7: ("name", "note")}
