"""Domains as values: reading, writing, joining, and the errors that name the offending term."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from isthmus.errors import DomainError
from isthmus.records.domain import FALSE, TRUE, And, Domain, Leaf, Not, Or

A = Leaf("a", "=", 1)
B = Leaf("b", "=", 2)
C = Leaf("c", "=", 3)


def test_terms_without_an_operator_are_joined_by_and() -> None:
    assert Domain.parse([("a", "=", 1), ["b", "=", 2]]) == And((A, B))


def test_an_operator_takes_the_next_two_operands() -> None:
    assert Domain.parse(["|", ("a", "=", 1), ("b", "=", 2), ("c", "=", 3)]) == And((Or((A, B)), C))


def test_nested_operators_of_one_kind_become_one_flat_node() -> None:
    assert Domain.parse(["|", "|", ("a", "=", 1), ("b", "=", 2), ("c", "=", 3)]) == Or((A, B, C))


def test_not_takes_the_next_operand_and_twice_not_is_nothing() -> None:
    assert Domain.parse(["!", ("a", "=", 1)]) == Not(A)
    assert Domain.parse(["!", "!", ("a", "=", 1)]) == A


def test_the_empty_domain_is_everything() -> None:
    assert Domain.parse([]) == TRUE
    assert TRUE.to_list() == []


@pytest.mark.parametrize("term", [(1, "=", 1), (0, "=", 0)])
def test_equal_numbers_are_everything(term: tuple[int, str, int]) -> None:
    assert Domain.parse([term]) == TRUE


def test_different_numbers_are_nothing() -> None:
    assert Domain.parse([(0, "=", 1)]) == FALSE
    assert Domain.parse(FALSE.to_list()) == FALSE


def test_constants_disappear_in_junctions() -> None:
    assert A & TRUE == A
    assert (A & FALSE) == FALSE
    assert (A | FALSE) == A
    assert (A | TRUE) == TRUE
    assert ~TRUE == FALSE


@pytest.mark.parametrize(("given", "settled"), [("<>", "!="), ("==", "="), ("NOT  IN", "not in")])
def test_spellings_of_operators_are_settled(given: str, settled: str) -> None:
    assert Leaf("a", given, [1] if "in" in settled else 1).operator == settled


def test_equality_with_a_list_is_membership() -> None:
    assert Leaf("a", "=", [1, 2]) == Leaf("a", "in", (1, 2))
    assert Leaf("a", "!=", [1, 2]) == Leaf("a", "not in", (1, 2))


def test_none_is_false() -> None:
    assert Leaf("a", "=", None).value is False
    assert Leaf("a", "in", [None, 1]).value == (False, 1)


def test_the_value_of_any_is_a_domain() -> None:
    domain = Domain.parse([("line_ids", "any", [("a", "=", 1)])])
    assert domain == Leaf("line_ids", "any", A)
    assert domain.to_list() == [["line_ids", "any", [["a", "=", 1]]]]


def test_the_wire_form_reads_back_as_the_same_domain() -> None:
    domain = (A & ~(B | C)) | Leaf("x.y", "not any", A & B) | ~A
    assert Domain.parse(domain.to_list()) == domain


def test_dates_go_over_the_wire_in_odoo_format() -> None:
    assert Leaf("d", ">", date(2026, 1, 2)).to_term() == ["d", ">", "2026-01-02"]
    assert Leaf("d", ">", datetime(2026, 1, 2, 3, 4, 5)).to_term() == ["d", ">", "2026-01-02 03:04:05"]


def test_a_domain_is_hashable_and_immutable() -> None:
    assert len({A & B, A & B, B & A}) == 2
    with pytest.raises(AttributeError):
        A.path = "b"  # type: ignore[misc]


def test_map_leaves_replaces_each_leaf() -> None:
    renamed = (A & ~B).map_leaves(lambda leaf: Leaf(f"link.{leaf.path}", leaf.operator, leaf.value))
    assert renamed == Leaf("link.a", "=", 1) & ~Leaf("link.b", "=", 2)
    assert (A | B).map_leaves(lambda leaf: TRUE if leaf == A else leaf) == TRUE


def test_fields_are_the_first_steps_of_all_paths() -> None:
    domain = Domain.parse(["|", ("a.x", "=", 1), "!", ("b", "any", [("c", "=", 1)])])
    assert domain.fields() == {"a", "b"}


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([("a", "~", 1)], r"\('a', '~', 1\): unknown operator '~'"),
        ([("a", "=")], r"\('a', '='\)"),
        (["a"], r"term 'a'"),
        ([("", "=", 1)], "'' is not a field name"),
        ([("a..b", "=", 1)], "'a..b' is not a field name"),
        ([(7, "!=", 1)], "7 is not a field name"),
        ([("a", "in", "text")], "wants a list of values"),
        ([("a", "<", [1])], r"\[1\] is not a text"),
        ([("a", "=", {"b": 1})], "is not a text, number"),
        ([("a", "in", [[1]])], r"\[1\] is not a text"),
        ([("a", "=", float("nan"))], "nan is not a text, number"),
        ([("a", "any", [("b", "~", 1)])], r"\('b', '~', 1\)"),
        (["|", ("a", "=", 1)], r"'\|' at position 0"),
        ([("a", "=", 1), "!"], "'!' at position 1"),
        ("name", "A domain is a list of terms"),
    ],
)
def test_an_invalid_domain_names_the_offending_term(terms: object, expected: str) -> None:
    with pytest.raises(DomainError, match=expected):
        Domain.parse(terms)  # type: ignore[arg-type]
