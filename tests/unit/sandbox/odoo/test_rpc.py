"""Which methods may be called, and how arguments are bound."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.sandbox.odoo.errors import AccessError, ForeignError, HttpError
from isthmus.sandbox.odoo.methods import GENERIC
from isthmus.sandbox.odoo.rpc import as_ids, check_public, exposed, find_method, split_ids


class Thing:
    @exposed(writes=True, since=18, until=18)
    def poke(self, how: str = "") -> str:
        return how

    def hidden(self) -> None:
        """Not for clients."""


def test_only_exposed_methods_are_found_and_only_in_their_versions() -> None:
    found = find_method(Thing, GENERIC, "poke", 18)
    assert found is not None
    assert (found.writes, found.of_records) == (True, True)
    assert find_method(Thing, GENERIC, "poke", 19) is None
    assert find_method(Thing, GENERIC, "hidden", 18) is None
    assert find_method(Thing, GENERIC, "search", 18) is GENERIC["search"]


@pytest.mark.parametrize("name", ["_search", "__init__", "flush_model", "sudo", "browse"])
def test_private_methods_are_refused_by_name(name: str) -> None:
    with pytest.raises(AccessError, match=rf"Private methods \(such as 'x.thing.{name}'\)"):
        check_public("x.thing", name, 18)


def test_before_18_only_underscored_names_were_private() -> None:
    check_public("x.thing", "flush_model", 17)


@pytest.mark.parametrize(
    ("series", "said"), [(18, "tuple index out of range"), (19, "list index out of range")]
)
def test_a_record_method_without_ids_is_an_index_error(series: int, said: str) -> None:
    with pytest.raises(ForeignError) as caught:
        split_ids([], series)
    assert (caught.value.name, caught.value.message) == ("builtins.IndexError", said)


@pytest.mark.parametrize(
    ("given", "ids"), [(5, (5,)), ([5, 6, 5], (5, 6)), ([], ()), (False, ()), (None, ())]
)
def test_ids_come_alone_in_a_list_or_not_at_all(given: Any, ids: Any) -> None:
    assert as_ids(given) == ids


@pytest.mark.parametrize("given", ["abc", ["abc"]])
def test_text_is_no_id(given: Any) -> None:
    with pytest.raises(ForeignError, match='invalid input syntax for type integer: "abc"'):
        as_ids(given)


@pytest.mark.parametrize(
    ("method", "ids", "named", "said"),
    [
        ("search", None, {}, "missing a required argument: 'domain'"),
        ("search", None, {"domain": [], "x": 1}, "got an unexpected keyword argument 'x'"),
        ("search", [1], {"domain": []}, "cannot call res.partner.search with ids"),
    ],
)
def test_named_arguments_are_checked_before_the_call(method: str, ids: Any, named: Any, said: str) -> None:
    with pytest.raises(HttpError) as caught:
        GENERIC[method].bind_named("res.partner", ids, named)
    assert (caught.value.status, caught.value.message) == (422, said)


def test_a_wrong_number_of_arguments_is_a_type_error_on_the_wire() -> None:
    with pytest.raises(ForeignError) as caught:
        GENERIC["search"].call(object(), [], {})
    assert caught.value.name == "builtins.TypeError"
    assert caught.value.message == "BaseModel.search() missing 1 required positional argument: 'domain'"
