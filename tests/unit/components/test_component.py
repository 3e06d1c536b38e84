"""Declaring components, and what an instance offers."""

from __future__ import annotations

from typing import Any

from isthmus.components import AbstractComponent, Component, ComponentRegistry, WorkContext
from isthmus.inheritance import capture


def test_component_states_nothing_but_that_it_is_concrete() -> None:
    stated = {name for name in vars(Component) if not name.startswith("__")}

    assert stated <= {"_abstract", "_is_root"}
    assert Component._abstract is False


def test_attributes_are_inherited_like_ordinary_ones(desk: Any) -> None:
    with capture() as classes:

        class Parent(AbstractComponent):
            _name = "parent"
            _usage = "adapter"
            _collection = "trello.backend"
            _apply_on = ["res.partner"]

        class Child(Component):
            _name = "child"
            _inherit = "parent"

    child = desk(classes).registry.by_name("child")

    assert (child._usage, child._collection, child._apply_on) == (
        "adapter",
        "trello.backend",
        ["res.partner"],
    )


def test_model_name_is_another_spelling_of_apply_on(desk: Any) -> None:
    with capture() as classes:

        class Written(Component):
            _name = "written"
            _usage = "adapter"
            _model_name = "res.partner"

    registry = desk(classes).registry

    assert registry.by_name("written")._apply_on == "res.partner"
    assert registry.many(None, "adapter", "res.partner") == (registry.by_name("written"),)
    assert registry.many(None, "adapter", "res.users") == ()


def test_the_nearest_spelling_of_the_model_wins(desk: Any) -> None:
    with capture() as classes:

        class Parent(AbstractComponent):
            _name = "parent"
            _usage = "adapter"
            _model_name = "res.partner"

        class Child(Component):
            _name = "child"
            _inherit = "parent"
            _apply_on = ["res.users"]

        class Grandchild(Component):
            _name = "grandchild"
            _inherit = "child"
            _model_name = "res.groups"

    registry = desk(classes).registry

    assert [cls._name for cls in registry.many(None, "adapter", "res.users")] == ["child"]
    assert [cls._name for cls in registry.many(None, "adapter", "res.groups")] == ["grandchild"]
    assert registry.many(None, "adapter", "res.partner") == ()


def test_an_instance_keeps_its_work_context_and_shows_what_is_in_it(desk: Any) -> None:
    with capture() as classes:

        class Adapter(Component):
            _name = "adapter"
            _usage = "adapter"

    work = desk(classes).work("res.partner")
    adapter = work.component("adapter")

    assert adapter.work is work
    assert adapter.collection is work.collection
    assert adapter.env is work.env
    assert adapter.model._name == "res.partner"


def test_an_instance_looks_up_other_components(desk: Any) -> None:
    with capture() as classes:

        class Adapter(Component):
            _name = "adapter"
            _usage = "adapter"

        class Mapper(Component):
            _name = "mapper"
            _usage = "mapper"

    adapter = desk(classes).work().component("adapter")

    assert adapter.component("mapper")._name == "mapper"
    assert adapter.component(usage="mapper", model_name="res.users").work.model_name == "res.users"
    assert [one._name for one in adapter.many_components("mapper")] == ["mapper"]
    assert adapter.component_by_name("mapper")._name == "mapper"


def test_unit_for_takes_a_usage_or_a_class(desk: Any) -> None:
    with capture() as classes:

        class Mapper(Component):
            _name = "mapper"
            _usage = "mapper"

    mapper = desk(classes).work().component("mapper")

    assert mapper.unit_for("mapper")._name == "mapper"
    assert isinstance(mapper.unit_for(Mapper), Mapper)
    assert mapper.unit_for(Mapper, "res.users").work.model_name == "res.users"


def test_what_an_extension_adds_to_base_is_on_every_component(desk: Any) -> None:
    with capture() as classes:

        class Adapter(Component):
            _name = "adapter"
            _usage = "adapter"

        class Greeting(AbstractComponent):
            _inherit = "base"

            def greet(self) -> str:
                return f"hello from {self._name}"

    assert desk(classes).work().component("adapter").greet() == "hello from adapter"


def test_a_component_tells_its_name_model_and_collection() -> None:
    with capture() as classes:

        class Adapter(Component):
            _name = "adapter"
            _usage = "adapter"

    registry = ComponentRegistry.build(classes=classes)
    adapter = WorkContext("res.partner", components_registry=registry).component("adapter")

    assert repr(adapter) == "<component adapter on <work on 'res.partner' in None>>"
