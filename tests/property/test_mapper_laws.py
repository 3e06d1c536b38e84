"""Laws of mappers: a page maps as its records do alone, limits select, pairs come back, values compare."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.connector.comparison import neutral
from isthmus.connector.converter import Choice, instant, opposite
from isthmus.connector.mapper import (
    ExportMapper,
    ImportMapper,
    TwoWayMapper,
    changed_by,
    convert,
    mapping,
    none,
    only_create,
)
from isthmus.errors import MappingError
from isthmus.inheritance import capture
from tests.unit.connector.shop import mapper_of

FIELDS = ["a", "b", "c", "d"]
VALUES = st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab1", max_size=3) | st.just([])
RECORDS = st.dictionaries(st.sampled_from(FIELDS), VALUES)
CHANGED = st.none() | st.lists(st.sampled_from(FIELDS), max_size=4)

with capture() as DECLARED:

    class Mapper(ImportMapper):
        _name = "law.mapper"
        direct = [
            ("a", "x"),
            ("b", "y"),
            (none("c"), "y"),
            (convert("d", int), "number"),
            ("c", "z"),
            ("d", "x"),
        ]

        @mapping
        @changed_by("a", "c")
        def first(self, record):
            return {"first": record["a"], "z": (record.get("c"), self.options.word)}

        @mapping
        def second(self, record):
            return {"second": len(record)} if record.get("b") else None

        @only_create
        @mapping
        def third(self, record):
            return {"third": True}


MAPPER = mapper_of(*DECLARED)


def alone(record, **arguments):
    try:
        return MAPPER.map_record(record).values(**arguments)
    except MappingError:
        return None


@given(st.lists(RECORDS, max_size=6), st.booleans(), CHANGED)
def test_a_page_maps_as_its_records_do_one_by_one(records, for_create, fields):
    page = MAPPER.map_many(records, for_create=for_create, fields=fields, word="w")
    assert page.values == [alone(one, for_create=for_create, fields=fields, word="w") for one in records]
    assert [list(one or ()) for one in page.values] == [
        list(alone(one, for_create=for_create, fields=fields, word="w") or ()) for one in records
    ]
    assert {failure.index for failure in page.failures} == {
        index for index, values in enumerate(page.values) if values is None
    }


@given(RECORDS, CHANGED)
def test_a_limited_mapping_never_says_more_or_else_than_the_rules_that_depend_on_the_fields(record, fields):
    limited = alone(record, fields=fields)
    everything = alone(record)
    if limited is not None and everything is not None:
        assert set(limited) <= set(everything)
    if fields is None:
        assert limited == everything


@given(RECORDS, CHANGED)
def test_a_mapping_depends_on_nothing_but_the_fields_that_it_names(record, fields):
    with capture() as declared:

        class Named(ImportMapper):
            _name = "named.mapper"
            direct = [("a", "x"), (none("b"), "y")]

            @mapping
            @changed_by("c")
            def method(self, record):
                return {"z": record.get("c")}

    mapper = mapper_of(*declared)
    watched = {name: value for name, value in record.items() if name in mapper.changed_by_fields()}
    assert mapper.map_record(record).values(fields=fields) == mapper.map_record(watched).values(fields=fields)


@given(RECORDS)
def test_mapping_leaves_the_record_and_the_mapper_as_they_were(record):
    before = {name: list(value) if isinstance(value, list) else value for name, value in record.items()}
    alone(record, word="w")
    MAPPER.map_many([record], word="w")
    assert record == before
    assert MAPPER.options == {}


# --- pairs ---

with capture() as PAIRS:

    class Pairs(TwoWayMapper):
        _name = "law.pairs"
        _abstract = True
        pairs = [
            ("title", "name"),
            ("closed", "active", opposite),
            ("due", "deadline", instant),
            ("done", "state", Choice({False: "open", True: "done"}, also={"off": True}, otherwise=False)),
        ]

    class In(Pairs, ImportMapper):
        _name = "law.import"

    class Out(Pairs, ExportMapper):
        _name = "law.export"


INWARD, OUTWARD = mapper_of(*PAIRS[:2]), mapper_of(*PAIRS)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1))
EXTERNAL = st.fixed_dictionaries(
    {
        "title": st.text(max_size=5),
        "closed": st.booleans(),
        "due": st.none() | MOMENTS.map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z"),
        "done": st.booleans(),
    }
)
ODOO = st.fixed_dictionaries(
    {
        "name": st.just(False) | st.text(min_size=1, max_size=5),
        "active": st.booleans(),
        "deadline": st.just(False) | MOMENTS,
        "state": st.sampled_from(["open", "done", "off"]),
    }
)


@settings(max_examples=200)
@given(EXTERNAL)
def test_what_comes_in_goes_out_meaning_the_same(record):
    out = OUTWARD.map_record(INWARD.map_record(record).values()).values()
    assert OUTWARD.comparable(out) == OUTWARD.comparable(record)


@settings(max_examples=200)
@given(ODOO)
def test_what_goes_out_comes_in_meaning_the_same(record):
    back = INWARD.map_record(OUTWARD.map_record(record).values()).values()
    assert INWARD.comparable(back) == INWARD.comparable(record)


@given(ODOO, ODOO)
def test_values_that_compare_equal_go_out_equal(one, other):
    if INWARD.comparable(one) == INWARD.comparable(other):
        sent = [OUTWARD.comparable(OUTWARD.map_record(record).values()) for record in (one, other)]
        assert sent[0] == sent[1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | MOMENTS | st.binary(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=5,
)


@given(JSON, st.sampled_from([None, "char", "datetime", "html", "integer"]))
def test_a_comparable_value_is_its_own_comparable_form(value, kind):
    once = neutral(value, kind)
    assert neutral(once, kind) == once
