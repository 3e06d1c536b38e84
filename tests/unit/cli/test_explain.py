"""``components explain`` and ``map explain``."""

from __future__ import annotations

from tests.unit.cli.conftest import Run


def test_a_lookup_is_explained(shop: Run) -> None:
    asked = ["--usage", "import.mapper", "--model", "shop.article", "--collection", "shop.backend"]
    assert shop("components", "explain", *asked, "--json").data["chosen"] == "shop.article.mapper"
    assert "chosen" in shop("components", "explain", *asked).out


def test_a_lookup_that_finds_nothing_hints_at_the_nearest_usage(shop: Run) -> None:
    ran = shop("components", "explain", "--usage", "import.maper", "--collection", "shop.backend")
    assert ran.code == 0
    assert "import.mapper" in ran.out


def test_an_unknown_collection_is_refused_with_the_nearest_name(shop: Run) -> None:
    ran = shop("components", "explain", "--collection", "shop.bakend")
    assert ran.code == 1
    assert "did you mean 'shop.backend'" in ran.err


def test_a_mapper_is_shown_rule_by_rule(shop: Run) -> None:
    found = shop("map", "explain", "shop.article", "--json").data["mappers"]
    assert [(rule["source"], rule["target"]) for rule in found[0]["rules"]] == [
        ("title", "name"),
        ("price", "list_price"),
    ]
    assert "list_price" in shop("map", "explain", "shop.article").out


def test_a_model_without_a_mapper_is_refused_with_those_that_have_one(shop: Run) -> None:
    ran = shop("map", "explain", "shop.backend")
    assert ran.code == 1
    assert "Models with one: shop.article." in ran.err
