"""Which component a lookup returns."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.components import AbstractComponent, Component
from isthmus.errors import ComponentError, NoComponentError, SeveralComponentError
from isthmus.inheritance import capture


def declare(*specs: tuple[str, str | None, Any]) -> list[type]:
    """Declare components of usage "adapter": (name, collection, models)."""
    with capture() as classes:
        for name, collection, models in specs:
            body = {"_name": name, "_usage": "adapter", "_collection": collection, "_apply_on": models}
            type(name.title(), (Component,), body)
    return classes


BOTH = ("both", "trello.backend", "res.partner")
COLLECTION = ("collection", "trello.backend", None)
MODEL = ("model", None, ["res.partner", "res.users"])
NEITHER = ("neither", None, None)


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ([NEITHER, MODEL, COLLECTION, BOTH], "both"),
        ([BOTH, COLLECTION, MODEL, NEITHER], "both"),
        ([NEITHER, MODEL, COLLECTION], "collection"),
        ([NEITHER, MODEL], "model"),
        ([NEITHER], "neither"),
    ],
)
def test_the_most_specific_candidate_wins(desk: Any, declared: Any, found: str) -> None:
    assert desk(declare(*declared)).work("res.partner").component("adapter")._name == found


def test_a_component_for_another_collection_or_model_is_no_candidate(desk: Any) -> None:
    table = desk(declare(BOTH, NEITHER))

    assert table.work("res.users").component("adapter")._name == "neither"
    assert table.work("res.partner", "magento.backend").component("adapter")._name == "neither"


def test_without_a_collection_only_shared_components_are_found(desk: Any) -> None:
    table = desk(declare(BOTH, COLLECTION, MODEL))

    assert table.shared_work("res.partner").component("adapter")._name == "model"


def test_an_abstract_component_is_never_found(desk: Any) -> None:
    with capture() as classes:

        class Abstract(AbstractComponent):
            _name = "abstract"
            _usage = "adapter"

    with pytest.raises(NoComponentError, match="abstract: rejected, it is abstract"):
        desk(classes).work().component("adapter")


def test_a_component_without_usage_is_not_found_by_usage_but_among_all(desk: Any) -> None:
    with capture() as classes:

        class Plain(Component):
            _name = "plain"

    work = desk(classes).work()

    assert work.component()._name == "plain"
    assert work.many_components("adapter") == []


def test_two_equally_specific_candidates_are_an_error_that_names_both(desk: Any) -> None:
    work = desk(declare(BOTH, ("rival", "trello.backend", "res.partner"), NEITHER)).work("res.partner")

    with pytest.raises(SeveralComponentError) as caught:
        work.component("adapter")

    assert "both: tied, as specific as rival" in str(caught.value)
    assert "rival: tied, as specific as both" in str(caught.value)
    assert "neither: outranked, both is more specific" in str(caught.value)
    assert isinstance(caught.value, LookupError)
    assert isinstance(caught.value, ComponentError)


def test_two_shared_candidates_of_which_one_is_for_the_model_are_no_conflict(desk: Any) -> None:
    assert desk(declare(MODEL, NEITHER)).work("res.users").component("adapter")._name == "model"


def test_many_components_returns_all_candidates_in_registration_order(desk: Any) -> None:
    work = desk(declare(NEITHER, BOTH, MODEL, ("other", "magento.backend", None))).work("res.partner")

    assert [one._name for one in work.many_components("adapter")] == ["neither", "both", "model"]


def test_every_lookup_returns_a_new_instance(desk: Any) -> None:
    work = desk(declare(NEITHER)).work()

    assert work.component("adapter") is not work.component("adapter")


def test_another_model_gives_a_derived_context_and_the_same_model_does_not(desk: Any) -> None:
    work = desk(declare(NEITHER)).work("res.partner", hello="world")

    other = work.component("adapter", model_name="res.users").work

    assert (other.model_name, other.hello, other.collection) == ("res.users", "world", work.collection)
    assert work.component("adapter", model_name="res.partner").work is work


def test_the_model_may_be_a_recordset(desk: Any, fake_model: Any) -> None:
    work = desk(declare(NEITHER)).work("res.partner")

    assert work.component("adapter", model_name=fake_model("res.users")).work.model_name == "res.users"


# --- the match hook ---


@pytest.fixture
def picky(desk: Any) -> Any:
    """A general component, and a special one that only takes orders."""
    with capture() as classes:

        class General(Component):
            _name = "general"
            _usage = "adapter"

        class Picky(Component):
            _name = "picky"
            _usage = "adapter"
            _apply_on = "res.partner"

            @classmethod
            def _component_match(
                cls, work: Any, *, usage: Any = None, model_name: Any = None, **kw: Any
            ) -> bool:
                work.asked.append((usage, model_name, kw))
                return kw.get("kind") == "order"

    return desk(classes).work("res.partner", asked=[])


def test_the_match_hook_is_asked_at_every_call_with_the_lookups_arguments(picky: Any) -> None:
    assert picky.component("adapter", kind="order")._name == "picky"
    assert picky.component("adapter", kind="invoice")._name == "general"
    assert picky.asked == [
        ("adapter", "res.partner", {"kind": "order"}),
        ("adapter", "res.partner", {"kind": "invoice"}),
    ]


def test_the_match_hook_decides_among_many_components(picky: Any) -> None:
    assert [one._name for one in picky.many_components("adapter", kind="order")] == ["general", "picky"]
    assert [one._name for one in picky.many_components("adapter")] == ["general"]


def test_a_candidate_that_says_no_is_explained(picky: Any) -> None:
    verdicts = picky.explain("adapter").verdicts

    assert [str(one) for one in verdicts] == [
        "general: chosen, it is the most specific",
        "picky: rejected, its _component_match said no",
    ]


def test_the_match_hook_reaches_children_when_an_extension_adds_it(desk: Any) -> None:
    with capture() as classes:

        class Parent(AbstractComponent):
            _name = "parent"
            _usage = "adapter"

        class Child(Component):
            _name = "child"
            _inherit = "parent"

        class Refusal(AbstractComponent):
            _inherit = "parent"

            @classmethod
            def _component_match(cls, work: Any, **kw: Any) -> bool:
                return False

    assert desk(classes).work().many_components("adapter") == []


# --- by name ---


def test_a_component_is_found_by_name_whatever_its_usage_and_even_when_abstract(desk: Any) -> None:
    with capture() as classes:

        class Abstract(AbstractComponent):
            _name = "abstract"
            _usage = "adapter"

            @classmethod
            def _component_match(cls, work: Any, **kw: Any) -> bool:
                return False

    assert desk(classes).work().component_by_name("abstract")._name == "abstract"


def test_an_unknown_name_is_an_error_with_the_nearest_one(desk: Any) -> None:
    with pytest.raises(NoComponentError, match="no component named 'neiter'\nHint: did you mean 'neither'"):
        desk(declare(NEITHER)).work().component_by_name("neiter")


def test_a_usage_given_as_a_name_is_recognised(desk: Any) -> None:
    with pytest.raises(
        NoComponentError, match=r"'adapter' is a usage, not a name: use component\('adapter'\)"
    ):
        desk(declare(NEITHER)).work().component_by_name("adapter")


def test_a_name_that_nothing_resembles_points_at_the_packages(desk: Any) -> None:
    with pytest.raises(NoComponentError, match="Hint: check that the package"):
        desk(declare(NEITHER)).work().component_by_name("xyz.unheard")


def test_a_name_of_another_collection_is_refused(desk: Any) -> None:
    with pytest.raises(NoComponentError, match=r"serves the collection 'trello\.backend', not 'magento"):
        desk(declare(BOTH)).work("res.partner", "magento.backend").component_by_name("both")


def test_a_name_for_other_models_is_refused_with_a_hint_that_names_them(desk: Any) -> None:
    work = desk(declare(MODEL)).work("res.groups")

    with pytest.raises(NoComponentError) as caught:
        work.component_by_name("model")

    assert caught.value.hint == "ask for it with model_name='res.partner' or model_name='res.users'"
    assert work.component_by_name("model", model_name="res.users").work.model_name == "res.users"


# --- by class ---


def test_find_returns_the_component_that_derives_from_a_class(desk: Any) -> None:
    with capture() as classes:

        class Importer(AbstractComponent):
            _name = "importer"

        class General(Component):
            _name = "general"
            _inherit = "importer"

        class Special(Importer):
            _name = "special"
            _apply_on = "res.partner"
            _abstract = False

    work = desk(classes).work("res.users")

    assert work.find(Importer)._name == "general"
    assert work.find(Importer, model_name="res.partner")._name == "special"
    assert isinstance(work.find(Importer), Importer)


def test_find_without_an_answer_names_the_class(desk: Any) -> None:
    class Unrelated(AbstractComponent):
        _name = "unrelated"

    with pytest.raises(
        NoComponentError, match=r"no component found for class .*Unrelated on model 'res.partner'"
    ):
        desk(declare(NEITHER)).work().find(Unrelated)
