from __future__ import annotations

from typing import Any

import pytest

from isthmus.odoo.dialect import Dialect
from isthmus.odoo.version import Version
from isthmus.records import fields as f
from isthmus.records.domain import Domain

PARTNER = {
    "name": f.Char(),
    "active": f.Boolean(),
    "parent_id": f.Many2one("res.partner"),
    "child_ids": f.One2many("res.partner", "parent_id"),
    "category_id": f.Many2many("res.partner.category"),
}
FIELDS: dict[str, Any] = {"res.partner": PARTNER, "res.partner.category": {"name": f.Char()}}
for _model, _fields in FIELDS.items():
    for _name, _field in _fields.items():
        _fields[_name] = _field.bound(_name, _model)


class Odoo:
    """A dialect for a version, and what was searched for it: every search finds records 7 and 8."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.searched: list[tuple[str, list[Any], dict[str, Any]]] = []
        self.asked = 0

    def spoken(self, *terms: Any) -> list[Any]:
        dialect = Dialect(self._version, FIELDS.__getitem__, self._search)
        return dialect.spoken("res.partner", Domain.parse(list(terms)), {"lang": "x"}).to_list()

    def _version(self) -> Version:
        self.asked += 1
        return Version.parse(self.version)

    def _search(self, model: str, domain: Domain, context: Any) -> list[int]:
        self.searched.append((model, domain.to_list(), dict(context)))
        return [7, 8]


def test_a_domain_of_old_words_is_sent_as_it_is_and_no_version_is_asked() -> None:
    odoo = Odoo("14.0")
    terms = [["name", "not like", "x"], ["child_ids.name", "=", "y"]]
    assert odoo.spoken(*terms) == ["&", *terms]
    assert odoo.asked == 0


@pytest.mark.parametrize(("version", "operator"), [("18.0", "any"), ("19.0", "not any")])
def test_an_odoo_that_knows_the_words_is_spoken_to_in_them(version: str, operator: str) -> None:
    odoo = Odoo(version)
    assert odoo.spoken(["child_ids", operator, [["name", "=", "x"]]]) == [
        ["child_ids", operator, [["name", "=", "x"]]]
    ]
    assert odoo.searched == []


def test_an_older_odoo_is_told_the_records_that_are_meant() -> None:
    odoo = Odoo("16.0")
    inner = [["name", "=", "x"]]
    assert odoo.spoken(["parent_id", "any", inner]) == [["parent_id", "in", [7, 8]]]
    assert odoo.spoken(["category_id", "not any", inner]) == [["category_id", "not in", [7, 8]]]
    odoo.spoken(["child_ids", "any", inner])
    assert odoo.searched == [
        ("res.partner", ["&", *inner, "|", ["active", "=", True], ["active", "=", False]], {"lang": "x"}),
        ("res.partner.category", inner, {"lang": "x"}),
        ("res.partner", ["&", *inner, ["parent_id", "!=", False]], {"lang": "x"}),
    ]


@pytest.mark.parametrize(("operator", "positive"), [("not =like", "=like"), ("not =ilike", "=ilike")])
def test_a_pattern_that_must_not_fit_takes_the_empty_with_it(operator: str, positive: str) -> None:
    assert Odoo("19.0").spoken(["name", operator, "a%"]) == [["name", operator, "a%"]]
    expected = ["|", ["name", "=", False], "!", ["name", positive, "a%"]]
    assert Odoo("18.0").spoken(["name", operator, "a%"]) == expected
    assert Odoo("18.0").spoken(["parent_id.name", operator, "a%"]) == [["parent_id", "any", expected]]
    inside = Odoo("18.0").spoken(["child_ids", "any", [["name", operator, "a%"]]])
    assert inside == [["child_ids", "any", expected]]


def test_an_opposite_leaves_the_empty_in() -> None:
    odoo = Odoo("18.0")
    like = ["|", ["name", "=", False], "!", ["name", "=like", "a%"]]
    assert odoo.spoken("!", ["name", "=like", "a%"]) == like
    assert odoo.spoken("!", "&", ["name", "=like", "a%"], "!", ["id", "=", 1]) == ["|", *like, ["id", "=", 1]]
    assert odoo.spoken("!", "|", ["name", "=", "a"], ["id", "child_of", 1]) == [
        "&", "!", ["name", "=", "a"], "!", ["id", "child_of", 1],
    ]  # fmt: skip
    assert odoo.spoken("!", ["parent_id", "child_of", 1]) == ["!", ["parent_id", "child_of", 1]]
    assert odoo.spoken("!", ["category_id", "child_of", 1]) == [
        "|", ["category_id", "=", False], "!", ["category_id", "child_of", 1],
    ]  # fmt: skip
    assert odoo.spoken("!", ["parent_id.name", "=", "a"]) == [["parent_id", "not any", [["name", "=", "a"]]]]
    assert Odoo("19.0").spoken("!", ["parent_id.name", "=", "a"]) == ["!", ["parent_id.name", "=", "a"]]


def test_odoo_14_and_15_are_told_of_a_zero_apart_from_other_numbers() -> None:
    old = Odoo("14.0")
    assert old.spoken(["name", "in", [0, 1]]) == ["|", ["name", "=", 0], ["name", "in", [1]]]
    assert old.spoken(["name", "not in", [0]]) == ["&", ["name", "!=", 0], ["name", "not in", []]]
    assert old.spoken(["name", "in", [False, 1]]) == [["name", "in", [False, 1]]]
    assert old.spoken("!", ["name", "in", [0]]) == ["&", ["name", "!=", 0], ["name", "not in", []]]
    assert Odoo("16.0").spoken(["name", "in", [0, 1]]) == [["name", "in", [0, 1]]]
