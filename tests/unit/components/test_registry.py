"""The registry: an immutable snapshot of the components of an app."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from isthmus import telemetry
from isthmus.components import Component, ComponentRegistry
from isthmus.errors import RegistryNotReadyError
from isthmus.inheritance import capture

SHOP = """
from isthmus.components import Component

class {name}(Component):
    _name = "{component}"
    _usage = "{usage}"
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two packages on the path: a shop with a submodule, and a plugin for it."""
    root = tmp_path_factory.mktemp("packages")
    (root / "isthmus_test_shop").mkdir()
    (root / "isthmus_test_shop" / "__init__.py").write_text("")
    (root / "isthmus_test_shop" / "orders.py").write_text(
        SHOP.format(name="Orders", component="shop.orders", usage="orders")
    )
    (root / "isthmus_test_plugin.py").write_text(
        SHOP.format(name="Plugin", component="plugin.orders", usage="orders")
    )
    sys.path.insert(0, str(root))
    yield
    sys.path.remove(str(root))


def test_packages_are_imported_with_their_submodules_and_built_in_the_order_given(packages: None) -> None:
    registry = ComponentRegistry.build(["isthmus_test_plugin", "isthmus_test_shop"])

    assert registry.names == ("base", "plugin.orders", "shop.orders")


def test_only_the_packages_named_are_in(packages: None) -> None:
    ComponentRegistry.build(["isthmus_test_plugin", "isthmus_test_shop"])

    assert ComponentRegistry.build(["isthmus_test_plugin"]).names == ("base", "plugin.orders")


def test_base_is_in_every_registry() -> None:
    assert ComponentRegistry.build().names == ("base",)


def test_declaring_a_class_changes_no_registry() -> None:
    registry = ComponentRegistry.build(["isthmus.components"])
    with capture() as classes:

        class Late(Component):
            _name = "late"
            _usage = "late"

    assert "late" not in registry
    assert "late" in ComponentRegistry.build(["isthmus.components"], classes=classes)


def test_declarations_of_other_families_are_left_out() -> None:
    class Model:
        _name = "not.a.component"

    assert ComponentRegistry.build(classes=[Model]).names == ("base",)


def test_candidates_come_in_registration_order() -> None:
    with capture() as classes:

        class Zebra(Component):
            _name = "zebra"
            _usage = "animal"

        class Ant(Component):
            _name = "ant"
            _usage = "animal"

        class Stripes(Component):
            _inherit = "zebra"

    registry = ComponentRegistry.build(classes=classes)

    assert [cls._name for cls in registry.many(usage="animal")] == ["zebra", "ant"]
    assert len(registry) == 3
    assert registry.usages == ("animal",)


def test_lookup_says_which_component_is_the_answer_where_it_never_varies() -> None:
    with capture() as classes:

        class Shared(Component):
            _name = "shared"
            _usage = "adapter"

        class Special(Component):
            _name = "special"
            _usage = "adapter"
            _apply_on = "res.partner"

    registry = ComponentRegistry.build(classes=classes)

    assert registry.lookup(usage="adapter", model_name="res.partner").only is registry.by_name("special")
    assert registry.lookup(usage="adapter", model_name="res.users").only is registry.by_name("shared")
    assert registry.find(Special, model_name="res.partner").only is registry.by_name("special")
    assert registry.find(Special, model_name="res.users").candidates == ()


def test_a_lookup_is_told_once_however_often_it_is_repeated() -> None:
    registry = ComponentRegistry.build()
    told: list[str] = []
    stop = telemetry.subscribe(lambda name, fields: told.append(f"{name} {fields['wanted']}"))
    try:
        for _ in range(3):
            registry.lookup(usage="adapter")
    finally:
        stop()

    assert told == ["component.lookup adapter"]


def test_a_derived_table_is_made_once_per_registry() -> None:
    registry = ComponentRegistry.build()
    made: list[ComponentRegistry] = []

    def table(of: ComponentRegistry) -> list[str]:
        made.append(of)
        return list(of.names)

    assert registry.tables[table] is registry.tables[table]
    assert made == [registry]


def test_an_empty_registry_is_not_ready() -> None:
    with pytest.raises(
        RegistryNotReadyError, match=r"(?s)empty.*Hint: make it with ComponentRegistry\.build"
    ):
        ComponentRegistry().lookup(usage="adapter")
