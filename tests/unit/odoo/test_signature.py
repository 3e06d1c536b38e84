"""Positional arguments get the names that Odoo's documentation gives."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.errors import RejectedError
from isthmus.odoo.protocol import Call
from isthmus.odoo.signature import Signature, read_signatures

PAGE = {
    "methods": {
        "search": {"parameters": {"domain": {}, "offset": {"default": 0}}, "api": ["model", "readonly"]},
        "write": {"parameters": {"values": {}}},
        "odd": "no description",
    }
}


def test_a_page_of_documentation_tells_parameters_and_whether_records_are_needed() -> None:
    assert read_signatures(PAGE) == {
        "search": Signature(("domain", "offset"), of_records=False),
        "write": Signature(("values",), of_records=True),
    }


@pytest.mark.parametrize("page", [None, [], {}, {"methods": None}, {"methods": []}, "x"])
def test_anything_else_tells_nothing(page: Any) -> None:
    assert read_signatures(page) == {}


def test_positions_become_names_and_the_first_of_a_method_of_records_its_ids() -> None:
    named = Signature(("a", "b"), of_records=True).name(Call("m", "do", None, {"c": 3}, ([7, 8], 1, 2)))
    assert named == Call("m", "do", (7, 8), {"a": 1, "b": 2, "c": 3})
    assert Signature(("a",), of_records=True).name(Call("m", "do", None, {}, (7,))).ids == (7,)


def test_ids_that_are_given_stay_and_methods_of_the_model_have_none() -> None:
    assert Signature(("a",), of_records=True).name(Call("m", "do", (7,), {}, (1,))).kwargs == {"a": 1}
    assert Signature(("a",), of_records=False).name(Call("m", "do", None, {}, ([1],))) == Call(
        "m", "do", None, {"a": [1]}
    )


def test_a_usual_name_gives_way_to_the_models_own() -> None:
    call = Call("m", "write", (7,), {"vals": {"x": 1}, "context": {}})
    assert Signature(("values",), of_records=True).name(call).kwargs == {"values": {"x": 1}, "context": {}}


def test_too_many_positions_are_refused_with_the_names_there_are() -> None:
    with pytest.raises(RejectedError, match=r"m\.do takes 1 arguments, not 2") as caught:
        Signature(("a",), of_records=False).name(Call("m", "do", None, {}, (1, 2)))
    assert "It takes a." in str(caught.value)
