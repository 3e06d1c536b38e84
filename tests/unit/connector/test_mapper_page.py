"""Mapping a page: the same values as one by one, every failure set aside with its place."""

from __future__ import annotations

import pytest

from isthmus.connector.mapper import ExportMapper, ImportMapper, changed_by, convert, mapping
from isthmus.errors import MappingError, UnreachableError
from isthmus.inheritance import capture
from tests.unit.connector.shop import mapper_of, work_on


def amounts():
    with capture() as declared:

        class Mapper(ImportMapper):
            _name = "amount.mapper"
            direct = [("id", "ref"), (convert("amount", float), "amount"), (convert("count", int), "count")]

            @mapping
            @changed_by("day")
            def day(self, record):
                return {"day": record["day"].lower()}

    return mapper_of(*declared, model_name="shop.order")


GOOD = {"id": 1, "amount": "1.5", "count": "2", "day": "MON"}


def test_a_page_gives_the_values_of_its_records_in_order():
    page = amounts().map_many([GOOD, {**GOOD, "id": 2}])
    assert page.complete() == [
        {"ref": 1, "amount": 1.5, "count": 2, "day": "mon"},
        {"ref": 2, "amount": 1.5, "count": 2, "day": "mon"},
    ]
    assert len(page) == 2
    assert page.failures == []


def test_an_empty_page_is_empty():
    page = amounts().map_many([])
    assert (page.values, page.failures, page.complete(), list(page)) == ([], [], [], [])


def test_records_may_come_from_a_generator():
    assert len(amounts().map_many(one for one in [GOOD]).complete()) == 1


def test_a_failed_record_does_not_fail_its_page():
    bad = {**GOOD, "id": 2, "amount": "much"}
    page = amounts().map_many([GOOD, bad, {**GOOD, "id": 3}])
    assert page.values[1] is None
    assert [record["id"] for record, _ in page] == [1, 3]
    with pytest.raises(MappingError, match="order 2 › amount"):
        page.complete()


def test_every_failure_of_a_page_is_collected_not_the_first_alone():
    bad = {"id": 2, "amount": "much", "count": "many", "day": None}
    page = amounts().map_many([bad, GOOD, {**GOOD, "id": None, "count": "x"}])
    assert [(failure.index, failure.error.details["path"]) for failure in page.failures] == [
        (0, "order 2 › amount"),
        (0, "order 2 › count"),
        (0, "order 2 › day"),
        (2, "order at position 2 › count"),
    ]


def test_a_failure_names_mapper_rule_path_field_and_value():
    (failure,) = amounts().map_many([{**GOOD, "amount": "much"}]).failures
    assert failure.record["amount"] == "much"
    assert failure.error.details == {
        "mapper": "amount.mapper",
        "rule": "convert(amount, float) → amount",
        "path": "order 1 › amount",
        "field": "amount",
        "value": "much",
        "reason": "ValueError: could not convert string to float: 'much'",
    }
    assert str(failure.error) == (
        "order 1 › amount: ValueError: could not convert string to float: 'much' (value 'much')"
        " [amount.mapper, rule convert(amount, float) → amount]"
    )
    assert isinstance(failure.error.__cause__, ValueError)


def test_a_long_value_is_shown_cut_off():
    (failure,) = amounts().map_many([{**GOOD, "amount": "x" * 10_000}]).failures
    assert len(failure.error.message) < 10_300
    assert "(value '" + "x" * 76 + "...)" in failure.error.message


@pytest.mark.parametrize("record", [None, "text", 5, ["a"]])
def test_a_record_that_is_no_record_is_set_aside(record):
    page = amounts().map_many([record, GOOD])
    assert page.values[0] is None
    assert page.values[1] is not None
    assert {failure.index for failure in page.failures} == {0}


def test_a_mapping_error_of_a_rule_keeps_its_words_and_its_hint():
    with capture() as declared:

        class Mapper(ImportMapper):
            @mapping
            def method(self, record):
                raise MappingError("the colour 'mauve' is not known", hint="Add it to the table of colours.")

    (failure,) = mapper_of(*declared).map_many([{"id": "x1"}]).failures
    assert failure.error.message.startswith("record x1 › method: the colour 'mauve' is not known")
    assert failure.error.hint == "Add it to the table of colours."


def test_a_failure_in_finalize_belongs_to_its_record():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("a", "x")]

            def finalize(self, map_record, values):
                return {"x": 1 / values["x"]}

    page = mapper_of(*declared).map_many([{"a": 2}, {"a": 0, "id": 9}])
    assert page.values == [{"x": 0.5}, None]
    assert page.failures[0].error.details["rule"] == "finalize"


def test_an_error_of_the_surroundings_ends_the_call():
    with capture() as declared:

        class Mapper(ImportMapper):
            @mapping
            def method(self, record):
                raise UnreachableError("no answer")

    mapper = mapper_of(*declared)
    with pytest.raises(UnreachableError):
        mapper.map_many([{}])
    with pytest.raises(UnreachableError):
        mapper.map_record({}).values()


def test_a_label_may_come_from_another_field():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [(convert("n", int), "n")]

            def record_label(self, record, index=None):
                return f"invoice {record['number']}"

    (failure,) = mapper_of(*declared).map_many([{"number": "R-7", "n": "x"}]).failures
    assert failure.error.details["path"] == "invoice R-7 › n"


def test_an_export_reads_false_as_empty_except_in_boolean_fields():
    with capture() as declared:

        class Mapper(ExportMapper):
            direct = [
                ("name", "title"),
                ("placed", "date"),
                ("active", "open"),
                ("count", "count"),
                ("total", "total"),
            ]

    with work_on("shop.order", declared) as work:
        orders = work.env["shop.order"].create([{"active": False}, {"name": "A", "total": 2.5}])
        assert work.component("export.mapper").map_many(orders).complete() == [
            {"title": None, "date": None, "open": False, "count": 0, "total": 0.0},
            {"title": "A", "date": None, "open": True, "count": 0, "total": 2.5},
        ]


def test_an_export_mapper_may_keep_false_for_what_is_empty():
    with capture() as declared:

        class Mapper(ExportMapper):
            empty = False
            direct = [("name", "title"), ("country_id", "country")]

    with work_on("shop.order", declared) as work:
        order = work.env["shop.order"].create({})
        assert work.component("export.mapper").map_record(order).values() == {
            "title": False,
            "country": False,
        }


def test_an_unknown_field_of_a_record_is_named_in_the_failure():
    with capture() as declared:

        class Mapper(ExportMapper):
            direct = [("nmae", "title"), ("total", "total")]

    with work_on("shop.order", declared) as work:
        order = work.env["shop.order"].create({})
        (failure,) = work.component("export.mapper").map_many([order]).failures
        assert "shop.order has no field 'nmae'" in failure.error.message
        assert failure.error.hint == "Did you mean 'name'?"
