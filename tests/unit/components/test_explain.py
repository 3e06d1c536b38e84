"""Lookups explain themselves, as data and in error messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from isthmus.components import Component
from isthmus.errors import NoComponentError
from isthmus.inheritance import capture


@pytest.fixture
def work(desk: Any) -> Any:
    with capture() as classes:

        class Importer(Component):
            _name = "trello.card.importer"
            _usage = "record.importer"
            _collection = "trello.backend"
            _apply_on = "trello.card"

        class Magento(Component):
            _name = "magento.importer"
            _usage = "record.importer"
            _collection = "magento.backend"

    return desk(classes).work("trello.list")


def test_an_error_lists_every_candidate_with_the_reason_of_its_rejection(work: Any) -> None:
    with pytest.raises(NoComponentError) as caught:
        work.component("record.importer")

    assert str(caught.value) == (
        "no component found for usage 'record.importer' on model 'trello.list'"
        " in collection 'trello.backend'\n"
        "  trello.card.importer: rejected, it applies on 'trello.card', not on 'trello.list'\n"
        "  magento.importer: rejected, it serves the collection 'magento.backend', not 'trello.backend'\n"
        "Hint: declare a component for this model or collection, or widen the _apply_on of one of these"
    )


def test_a_misspelled_usage_is_answered_with_the_nearest_one(work: Any) -> None:
    with pytest.raises(NoComponentError, match=r"did you mean 'record\.importer'\?"):
        work.component("record.import")

    assert work.explain("record.import").nearest == ("record.importer",)


def test_a_component_name_given_as_usage_is_recognised(work: Any) -> None:
    with pytest.raises(NoComponentError, match=r"use component_by_name\('magento\.importer'\)"):
        work.component("magento.importer")


def test_a_usage_that_nothing_resembles_points_at_the_packages(work: Any) -> None:
    with pytest.raises(NoComponentError, match="check that the package which declares the component"):
        work.component("xyz")


def test_the_explanation_of_a_lookup_that_succeeds_says_what_was_chosen(work: Any) -> None:
    found = work.explain("record.importer", model_name="trello.card")

    assert found.chosen == "trello.card.importer"
    assert found.hint is None
    assert str(found).splitlines()[0] == (
        "usage 'record.importer' on model 'trello.card' in collection 'trello.backend'"
    )


def test_the_explanation_is_plain_data(work: Any) -> None:
    data = json.loads(json.dumps(work.explain("record.importer").as_dict()))

    assert data["wanted"] == "usage 'record.importer'"
    assert data["chosen"] is None
    assert data["verdicts"][1] == {
        "name": "magento.importer",
        "outcome": "rejected",
        "reason": "it serves the collection 'magento.backend', not 'trello.backend'",
    }


def test_the_error_carries_the_explanation_for_machines(work: Any) -> None:
    with pytest.raises(NoComponentError) as caught:
        work.component("record.importer")

    assert caught.value.details["explanation"] == work.explain("record.importer").as_dict()


def test_a_long_list_of_candidates_is_cut_short_in_words_but_not_in_the_data(desk: Any) -> None:
    with capture() as classes:
        for number in range(13):
            type(f"Adapter{number}", (Component,), {"_name": f"adapter.{number}", "_usage": "adapter"})

    found = desk(classes).work().explain("adapter")

    assert len(found.verdicts) == 13
    assert str(found).splitlines()[-1] == "  and 3 more"


def test_a_class_can_be_explained_too(work: Any) -> None:
    assert work.explain(Component, model_name="trello.card").chosen == "trello.card.importer"
