"""The rules of named inheritance, for components and models alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from isthmus import models
from isthmus.components import AbstractComponent, Component, ComponentRegistry
from isthmus.inheritance import Builder, Declarable, build, capture, captured, declared, import_package
from isthmus.records.registry import Registry


@dataclass(frozen=True)
class Family:
    """One kind of declared class: how it is declared, and how a registry is built from declarations."""

    word: str
    concrete: type[Any]
    abstract: type[Any]
    build: Callable[[list[type]], Any]

    def __str__(self) -> str:
        return self.word


def components(classes: list[type]) -> dict[str, type]:
    return {str(cls._name): cls for cls in ComponentRegistry.build(classes=classes)}


def model_classes(classes: list[type]) -> Any:
    return Registry.build(classes=classes)


FAMILIES = [
    Family("component", Component, AbstractComponent, components),
    Family("model", models.Model, models.AbstractModel, model_classes),
]


@pytest.fixture(params=FAMILIES, ids=str)
def family(request: pytest.FixtureRequest) -> Family:
    return request.param  # type: ignore[no-any-return]


def declarations_of(cls: type) -> list[str]:
    """Return the names of the declared classes in the order in which ``super()`` walks them."""
    return [one.__name__ for one in cls.__mro__ if "_built" not in one.__dict__]


# --- rule 1: a class must be named --------------------------------------------------------------------------


def test_a_class_with_two_parents_and_no_name_is_refused(family: Family) -> None:
    with capture() as classes:

        class One(family.concrete):
            _name = "one"

        class Two(family.concrete):
            _name = "two"

        class Nameless(family.concrete):
            _inherit = ["one", "two"]

    with pytest.raises(TypeError, match="must have a _name"):
        family.build(classes)


def test_a_model_without_name_and_parent_is_refused() -> None:
    with capture() as classes:

        class Nameless(models.Model):
            pass

    with pytest.raises(TypeError, match=r"Nameless: this model must have a _name"):
        Registry.build(classes=classes)


def test_a_component_without_name_and_parent_is_named_after_module_and_class() -> None:
    with capture() as classes:

        class Nameless(Component):
            pass

    built = components(classes)

    assert [name for name in built if name.endswith("Nameless")] == [f"{__name__}.{Nameless.__qualname__}"]


def test_a_class_with_one_parent_and_no_name_extends_it(family: Family) -> None:
    with capture() as classes:

        class Original(family.concrete):
            _name = "thing"

        class Extension(family.concrete):
            _inherit = "thing"

    assert declarations_of(family.build(classes)["thing"])[:2] == ["Extension", "Original"]


# --- rule 2: a name is declared once ------------------------------------------------------------------------


def test_a_name_declared_again_without_inheriting_from_it_is_refused(family: Family) -> None:
    with capture() as classes:

        class First(family.concrete):
            _name = "thing"

        class Second(family.concrete):
            _name = "thing"

    with pytest.raises(TypeError, match=rf"the {family.word} 'thing' already exists .*First"):
        family.build(classes)


def test_a_name_declared_again_with_an_unrelated_parent_is_refused(family: Family) -> None:
    with capture() as classes:

        class First(family.concrete):
            _name = "thing"

        class Other(family.concrete):
            _name = "other"

        class Second(family.concrete):
            _name = "thing"
            _inherit = "other"

    with pytest.raises(TypeError, match="already exists"):
        family.build(classes)


# --- rule 3: base is the last parent ------------------------------------------------------------------------


def test_base_is_the_last_parent_of_everything(family: Family) -> None:
    with capture() as classes:

        class Parent(family.concrete):
            _name = "parent"

        class Child(family.concrete):
            _name = "child"
            _inherit = "parent"

    built = family.build(classes)

    assert built["child"].__bases__[-1] is built["base"]
    assert built["parent"].__bases__[-1] is built["base"]


def test_what_is_added_to_base_is_on_everything(family: Family) -> None:
    with capture() as classes:

        class Thing(family.concrete):
            _name = "thing"

        class Addition(family.abstract):
            _inherit = "base"

            def greeting(self) -> str:
                return "hello"

    assert family.build(classes)["thing"].greeting(None) == "hello"


# --- rule 4: extension in place -----------------------------------------------------------------------------


def test_super_walks_from_the_newest_extension_to_the_original_then_the_other_parents_then_base(
    family: Family,
) -> None:
    with capture() as classes:

        class Parent(family.abstract):
            _name = "parent"

        class Original(family.concrete):
            _name = "thing"
            _inherit = "parent"

        class Older(family.concrete):
            _inherit = "thing"

        class Newer(family.concrete):
            _inherit = "thing"

    built = family.build(classes)

    assert built["thing"].__bases__ == (Newer, Older, Original, built["parent"], built["base"])
    assert declarations_of(built["thing"])[:3] == ["Newer", "Older", "Original"]


def test_each_extension_reaches_the_one_before_it_by_super(family: Family) -> None:
    with capture() as classes:

        class Original(family.concrete):
            _name = "thing"

            def steps(self) -> list[str]:
                return ["original"]

        class Older(family.concrete):
            _inherit = "thing"

            def steps(self) -> list[str]:
                return ["older", *super().steps()]

        class Newer(family.concrete):
            _inherit = "thing"

            def steps(self) -> list[str]:
                return ["newer", *super().steps()]

    thing = family.build(classes)["thing"]

    assert thing.steps(object.__new__(thing)) == ["newer", "older", "original"]


def test_extending_a_component_that_nobody_declares_is_refused() -> None:
    with capture() as classes:

        class Extension(Component):
            _inherit = "nobody"

    with pytest.raises(TypeError, match="the component 'nobody' does not exist in registry"):
        components(classes)


def test_extending_a_model_that_nobody_declares_adds_to_the_model_of_odoo() -> None:
    with capture() as classes:

        class Product(models.Model):
            _inherit = "product.product"

            def shout(self) -> str:
                return "product!"

    registry = Registry.build(classes=classes)

    assert "product.product" not in registry
    assert registry.remote("product.product").shout(None) == "product!"


# --- rule 5: prototype --------------------------------------------------------------------------------------


def test_a_prototype_puts_the_declared_class_before_the_parents_in_the_order_given(
    family: Family,
) -> None:
    with capture() as classes:

        class One(family.concrete):
            _name = "one"

        class Two(family.concrete):
            _name = "two"

        class Child(family.concrete):
            _name = "child"
            _inherit = ["two", "one"]

    built = family.build(classes)

    assert built["child"].__bases__ == (Child, built["two"], built["one"], built["base"])


def test_a_prototype_leaves_its_parent_as_it_was(family: Family) -> None:
    with capture() as classes:

        class Parent(family.concrete):
            _name = "parent"
            flavour = "plain"

        class Child(family.concrete):
            _name = "child"
            _inherit = "parent"
            flavour = "sweet"

    built = family.build(classes)

    assert (built["parent"].flavour, built["child"].flavour) == ("plain", "sweet")


def test_a_parents_attribute_is_inherited_although_the_child_is_declared_on_the_root(
    family: Family,
) -> None:
    with capture() as classes:

        class Parent(family.abstract):
            _name = "parent"
            _usage = "to serve"
            _description = "served"

        class Child(family.concrete):
            _name = "child"
            _inherit = "parent"

    child = family.build(classes)["child"]

    assert (child._usage, child._description) == ("to serve", "served")


def test_an_extension_of_a_parent_reaches_children_declared_before_it(
    family: Family,
) -> None:
    with capture() as classes:

        class Parent(family.concrete):
            _name = "parent"

        class Child(family.concrete):
            _name = "child"
            _inherit = "parent"

        class Extension(family.concrete):
            _inherit = "parent"

            def late(self) -> str:
                return "reached"

    assert family.build(classes)["child"].late(None) == "reached"


def test_an_unknown_parent_is_refused(family: Family) -> None:
    with capture() as classes:

        class Child(family.concrete):
            _name = "child"
            _inherit = "nobody"

    with pytest.raises(TypeError, match=rf"'child' inherits from non-existing {family.word} 'nobody'"):
        family.build(classes)


def test_a_plain_subclass_of_a_declared_class_inherits_from_it_by_name(family: Family) -> None:
    with capture() as classes:

        class Parent(family.abstract):
            _name = "parent"

        class Child(Parent):
            _name = "child"

        class Extension(family.abstract):
            _inherit = "parent"

            def late(self) -> str:
                return "reached"

    built = family.build(classes)

    assert built["child"].__bases__ == (Child, built["parent"], built["base"])
    assert built["child"].late(None) == "reached"
    assert not built["child"]._abstract


# --- rule 6: adding a parent --------------------------------------------------------------------------------


def test_an_added_parent_comes_behind_the_own_classes_and_before_base(family: Family) -> None:
    with capture() as classes:

        class Original(family.concrete):
            _name = "thing"

        class Mixin(family.abstract):
            _name = "mixin"

        class Addition(family.concrete):
            _name = "thing"
            _inherit = ["thing", "mixin"]

    built = family.build(classes)

    assert built["thing"].__bases__ == (Addition, Original, built["mixin"], built["base"])


# --- rule 7: abstract and concrete --------------------------------------------------------------------------


def test_an_abstract_class_may_not_inherit_from_a_concrete_one(family: Family) -> None:
    with capture() as classes:

        class Concrete(family.concrete):
            _name = "concrete"

        class Abstract(family.abstract):
            _name = "abstract"
            _inherit = "concrete"

    with pytest.raises(TypeError, match="may not inherit from the concrete 'concrete'"):
        family.build(classes)


def test_a_concrete_class_may_not_extend_an_abstract_one_in_place(family: Family) -> None:
    with capture() as classes:

        class Abstract(family.abstract):
            _name = "thing"

        class Concrete(family.concrete):
            _inherit = "thing"

    with pytest.raises(TypeError, match=f"may not extend the abstract {family.word} 'thing' in place"):
        family.build(classes)


def test_extending_a_concrete_class_by_an_abstract_declaration_leaves_it_concrete(family: Family) -> None:
    with capture() as classes:

        class Concrete(family.concrete):
            _name = "thing"

        class Extension(family.abstract):
            _inherit = "thing"

    assert family.build(classes)["thing"]._abstract is False


def test_a_concrete_class_may_inherit_from_an_abstract_one_and_is_concrete(family: Family) -> None:
    with capture() as classes:

        class Abstract(family.abstract):
            _name = "parent"

        class Concrete(family.concrete):
            _name = "child"
            _inherit = "parent"

    built = family.build(classes)

    assert (built["parent"]._abstract, built["child"]._abstract) == (True, False)


# --- declaring and building ---------------------------------------------------------------------------------


def test_two_registries_built_from_the_same_declarations_share_no_class(family: Family) -> None:
    with capture() as classes:

        class Thing(family.concrete):
            _name = "thing"

    first, second = family.build(classes), family.build(classes)

    assert first["thing"] is not second["thing"]


def test_an_extension_in_one_registry_is_not_in_another(family: Family) -> None:
    with capture() as classes:

        class Thing(family.concrete):
            _name = "thing"

    with capture() as extensions:

        class Extension(family.concrete):
            _inherit = "thing"
            flavour = "sweet"

    extended, plain = family.build([*classes, *extensions]), family.build(classes)

    assert extended["thing"].flavour == "sweet"
    assert not hasattr(plain["thing"], "flavour")


def test_a_captured_class_is_filed_under_no_package(family: Family) -> None:
    with capture() as classes:

        class Thing(family.concrete):
            _name = "thing"

    assert classes == [Thing]
    assert Thing not in declared(family.abstract, [__name__])


def test_a_module_imported_inside_a_capture_block_files_its_classes_as_always(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "freshly_imported.py").write_text(
        "from isthmus import Component\n\n\nclass Fresh(Component):\n    _name = 'fresh'\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with capture() as classes:
        fresh: Any = import_package("freshly_imported")
        assert captured() == []

        class Own(Component):
            _name = "own"

        assert captured() == [Own]
    assert classes == [Own]
    assert declared(AbstractComponent, ["freshly_imported"]) == [fresh.Fresh]


def test_nothing_is_captured_outside_of_a_capture_block() -> None:
    assert captured() == []


def test_declarations_are_found_by_package_in_definition_order() -> None:
    class Root(Declarable, family=True):
        pass

    class First(Root):
        __module__ = "shop.orders"
        _name = "first"

    class Second(Root):
        __module__ = "shopping"
        _name = "second"

    class Third(Root):
        __module__ = "shop"
        _name = "third"

    assert declared(Root, ["shop"]) == [First, Third]
    assert declared(Root, ["shopping", "shop"]) == [Second, First, Third]


def test_classes_that_inherit_in_a_circle_are_refused() -> None:
    class Root(Declarable, family=True):
        pass

    with capture() as classes:

        class One(Root):
            _name = "one"

        class Two(Root):
            _name = "two"
            _inherit = "one"

        class Closing(Root):
            _name = "one"
            _inherit = ["one", "two"]

    with pytest.raises(TypeError, match="inherit in a circle: one -> two -> one"):
        build(classes)


def test_parents_that_cannot_be_ordered_are_refused_by_name() -> None:
    class Root(Declarable, family=True):
        pass

    with capture() as classes:

        class A(Root):
            _name = "a"

        class B(Root):
            _name = "b"

        class AB(Root):
            _name = "ab"
            _inherit = ["a", "b"]

        class BA(Root):
            _name = "ba"
            _inherit = ["b", "a"]

        class Both(Root):
            _name = "both"
            _inherit = ["ab", "ba"]

    with pytest.raises(TypeError, match="the parents of component 'both' cannot be put in one order"):
        build(classes)


def test_a_parent_may_be_named_before_one_that_derives_from_it() -> None:
    class Root(Declarable, family=True):
        pass

    with capture() as classes:

        class Parent(Root):
            _name = "parent"

        class Child(Root):
            _name = "child"
            _inherit = "parent"

        class Grandchild(Root):
            _name = "grandchild"
            _inherit = ["parent", "child"]

    built = build(classes)
    assert issubclass(built["grandchild"], built["child"])
    assert issubclass(built["grandchild"], built["parent"])


def test_names_are_built_in_the_order_in_which_they_were_first_declared() -> None:
    class Root(Declarable, family=True):
        pass

    with capture() as classes:

        class Zebra(Root):
            _name = "zebra"

        class Ant(Root):
            _name = "ant"

        class Stripes(Root):
            _inherit = "zebra"

    assert list(build(classes)) == ["zebra", "ant"]
    assert Builder("component").build() == {}
