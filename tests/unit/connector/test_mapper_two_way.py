"""Pairs that serve both directions, converters, and when two values mean the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from isthmus.connector.comparison import neutral
from isthmus.connector.converter import Choice, Related, RelatedMany, Through, instant, opposite, truth
from isthmus.connector.mapper import ExportMapper, ImportMapper, Pair, TwoWayMapper, mapping, only_create
from isthmus.errors import MappingError
from isthmus.inheritance import capture
from tests.unit.connector.shop import mapper_of, work_on

STATES = Choice({False: "open", True: "done"}, also={"cancelled": True}, otherwise=False)

with capture() as BOTH:

    class OrderMapper(TwoWayMapper):
        _name = "order.mapper"
        _abstract = True
        _apply_on = "shop.order"
        pairs = [
            ("title", "name"),
            ("amount", "total"),
            ("archived", "active", opposite),
            ("due", "placed", instant),
            ("finished", "state", STATES),
            ("country", "country_id", Related("shop.country")),
            ("tags", "tag_ids", RelatedMany("shop.tag")),
        ]

    class OrderImport(OrderMapper, ImportMapper):
        _name = "order.import.mapper"

    class OrderExport(OrderMapper, ExportMapper):
        _name = "order.export.mapper"


CARD = {
    "title": "A card",
    "amount": 2.5,
    "archived": True,
    "due": "2026-02-17T14:49:52.340Z",
    "finished": True,
    "country": "ch",
    "tags": ["red", "blue"],
}


@pytest.fixture
def work():
    with work_on("shop.order", BOTH) as work:
        backend = work.collection.id
        country = work.env["res.country"].create({"name": "Switzerland"})
        work.env["shop.country"].create({"external_id": "ch", "odoo_id": country.id, "backend_id": backend})
        work.env["shop.tag"].create(
            [{"external_id": name, "backend_id": backend} for name in ("blue", "red", "green")]
        )
        yield work


def test_one_table_maps_both_ways(work):
    values = work.component("import.mapper").map_record(CARD).values()
    assert values == {
        "name": "A card",
        "total": 2.5,
        "active": False,
        "placed": datetime(2026, 2, 17, 14, 49, 52),
        "state": "done",
        "country_id": 1,
        "tag_ids": [(6, 0, [2, 1])],
    }
    order = work.env["shop.order"].create(values)
    out = work.component("export.mapper").map_record(order).values()
    assert {**out, "tags": sorted(out["tags"])} == {
        **CARD,
        "due": "2026-02-17T14:49:52.000Z",
        "tags": ["blue", "red"],
    }


def test_a_page_maps_like_single_records_in_both_directions(work):
    mapper = work.component("import.mapper")
    cards = [CARD, {"title": "Another", "tags": []}, {**CARD, "due": None, "country": None}]
    assert mapper.map_many(cards).complete() == [mapper.map_record(card).values() for card in cards]
    orders = work.env["shop.order"].create(mapper.map_many(cards).complete())
    exporter = work.component("export.mapper")
    assert exporter.map_many(orders).complete() == [exporter.map_record(one).values() for one in orders]


def test_missing_values_become_empty_on_either_side(work):
    values = work.component("import.mapper").map_record({}).values()
    assert values == {
        "name": False,
        "total": False,
        "active": True,
        "placed": False,
        "state": "open",
        "country_id": False,
        "tag_ids": [(6, 0, [])],
    }
    order = work.env["shop.order"].create(values)
    assert work.component("export.mapper").map_record(order).values() == {
        "title": None,
        "amount": 0.0,
        "archived": False,
        "due": None,
        "finished": False,
        "country": None,
        "tags": [],
    }


def test_comparable_values_of_a_record_equal_those_mapped_for_it(work):
    mapper = work.component("import.mapper")
    values = mapper.map_record(CARD).values()
    order = work.env["shop.order"].create(values)
    assert mapper.comparable(values) == mapper.current(order, values)
    assert mapper.comparable(values) == {
        "name": "A card",
        "total": 2.5,
        "active": False,
        "placed": "2026-02-17 14:49:52",
        "state": True,
        "country_id": 1,
        "tag_ids": [1, 2],
    }
    (row,) = order.read(list(values))
    assert {name: mapper.comparable_value(name, row[name]) for name in values} == mapper.comparable(values)


def test_a_difference_without_meaning_on_the_other_side_is_none(work):
    mapper = work.component("import.mapper")
    assert mapper.comparable_value("state", "cancelled") == mapper.comparable_value("state", "done")
    assert mapper.comparable_value("state", "open") != mapper.comparable_value("state", "done")
    assert mapper.comparable_value("placed", datetime(2026, 1, 1, 5, 6, 7, 999)) == "2026-01-01 05:06:07"


def test_external_values_are_compared_by_their_meaning(work):
    mapper = work.component("export.mapper")
    one = mapper.comparable({"due": "2026-02-17T14:49:52.340Z", "tags": ["b", "a"], "title": ""})
    two = mapper.comparable({"due": "2026-02-17T15:49:52+01:00", "tags": ["a", "b"], "title": None})
    assert one == two


def test_only_what_changed_is_exported(work):
    order = work.env["shop.order"].create({"name": "A"})
    map_record = work.component("export.mapper").map_record(order)
    assert map_record.values(fields=["name", "active"]) == {"title": "A", "archived": False}
    assert work.component("export.mapper").changed_by_fields() == {
        "name",
        "total",
        "active",
        "placed",
        "state",
        "country_id",
        "tag_ids",
    }


def test_each_direction_may_have_rules_of_its_own():
    with capture() as declared:

        class Pairs(TwoWayMapper):
            _name = "pairs"
            _abstract = True
            pairs = [Pair("a", "x", only_create=True), ("b", "y")]

        class Import(Pairs, ImportMapper):
            _name = "pairs.import"

            @mapping
            @only_create
            def origin(self, record):
                return {"origin": "shop"}

    mapper = mapper_of(*declared)
    assert mapper.map_record({"a": 1, "b": 2}).values() == {"y": 2}
    assert mapper.map_record({"a": 1, "b": 2}).values(for_create=True) == {"x": 1, "y": 2, "origin": "shop"}


def test_an_extension_of_the_pairs_reaches_both_directions():
    with capture() as declared:

        class Pairs(TwoWayMapper):
            _name = "pairs"
            _abstract = True
            pairs = [("a", "x")]

        class Export(Pairs, ExportMapper):
            _name = "pairs.export"

        class Extension(TwoWayMapper):
            _name = "pairs"
            _inherit = "pairs"
            _abstract = True
            pairs = [*Pairs.pairs, ("b", "y")]

    assert mapper_of(*declared).map_record({"x": 1, "y": 2}).values() == {"a": 1, "b": 2}


@pytest.mark.parametrize("entry", [("a",), ("a", "x", str), 5, "ab"])
def test_a_wrong_pair_is_named_with_its_mapper(entry):
    with capture() as declared:

        class Wrong(TwoWayMapper, ImportMapper):
            _name = "wrong.mapper"
            pairs = [entry]

    with pytest.raises(TypeError, match=r"wrong\.mapper: .* in pairs is neither a Pair nor"):
        mapper_of(*declared).map_record({}).values()


def test_a_two_way_mapper_needs_a_direction():
    with capture() as declared:

        class Undirected(TwoWayMapper):
            _name = "undirected"

    with pytest.raises(TypeError, match="used through a class that is also an Import- or ExportMapper"):
        mapper_of(*declared).map_record({}).values()


def test_a_moment_that_does_not_parse_is_an_error_that_shows_it(work):
    with pytest.raises(MappingError, match=r"order › due: ValueError.*'soon'"):
        work.component("import.mapper").map_record({**CARD, "due": "soon"}).values()


def test_a_choice_that_is_unknown_is_an_error_that_lists_the_known_ones(work):
    with pytest.raises(MappingError, match="'perhaps' is none of False, True"):
        work.component("import.mapper").map_record({**CARD, "finished": "perhaps"}).values()


@pytest.mark.parametrize(
    "text", ["2026-02-17T14:49:52Z", "2026-02-17T15:49:52+01:00", "2026-02-17 14:49:52.9"]
)
def test_moments_are_read_in_any_iso_form_and_kept_to_the_second(text):
    assert instant.to_odoo(text) == datetime(2026, 2, 17, 14, 49, 52)


def test_functions_get_no_empty_values():
    converter = Through(int, str, name="number")
    assert [converter.to_odoo(empty) for empty in (None, "", False)] == [False, False, False]
    assert [converter.to_external(empty) for empty in (None, "", False)] == [None, None, None]
    assert (converter.to_odoo("5"), converter.to_external(5)) == (5, "5")


def test_truth_counts_what_is_missing_as_false():
    assert (truth.to_odoo(None), truth.to_odoo(1), truth.to_external(False)) == (False, True, False)


def test_a_mapper_explains_itself_as_a_table():
    (row,) = [row for row in OrderImport.table() if row.target == "active"]
    assert (row.source, row.rule, row.direction, row.modifiers) == (
        "archived",
        "direct",
        "import",
        "opposite(archived)",
    )
    (row,) = [row for row in OrderExport.table() if row.target == "country"]
    assert (row.source, row.modifiers) == ("country_id", "m2o_to_external(country_id, binding=shop.country)")
    assert row.changed_by == ("country_id",)
    assert [row.target for row in OrderExport.table()][:2] == ["title", "amount"]


# --- comparable values ---


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (None, False, "char"),
        ("", False, None),
        (None, 0, "integer"),
        (False, 0.0, "float"),
        (datetime(2026, 1, 1, 10, 0, 0, 500), datetime(2026, 1, 1, 10), None),
        (datetime(2026, 1, 1, 11, tzinfo=timezone(timedelta(hours=1))), datetime(2026, 1, 1, 10), None),
        ("2026-01-01T10:00:00Z", datetime(2026, 1, 1, 10), "datetime"),
        (datetime(2026, 1, 1, 10, tzinfo=UTC), "2026-01-01", "date"),
        (date(2026, 1, 1), "2026-01-01", "date"),
        ("<p><br></p>", False, "html"),
        ("<div> <p><br/></p></div>", None, "html"),
        ("<p>a\n b</p>", "<p>a b</p>", "html"),
        ([(6, 0, [3, 1])], [1, 3], "many2many"),
        ([(5, 0, 0), (4, 1), (4, 3)], (1, 3), "many2many"),
        (False, [], "one2many"),
        ({"a": datetime(2026, 1, 1)}, {"a": "2026-01-01 00:00:00"}, "json"),
        (b"x", b"x", "binary"),
    ],
)
def test_values_that_mean_the_same_compare_equal(one, other, kind):
    assert neutral(one, kind) == neutral(other, kind)


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (0, False, None),
        (True, False, "boolean"),
        ("a", "b", "char"),
        ("a ", "a", "text"),
        ("<p>a</p>", False, "html"),
        ("<p>a</p>", "<p>b</p>", "html"),
        ([1], [1, 2], "many2many"),
        (b"x", b"y", "binary"),
        ([(0, 0, {"a": 1})], [(0, 0, {"a": 2})], None),
    ],
)
def test_values_that_differ_in_meaning_compare_different(one, other, kind):
    assert neutral(one, kind) != neutral(other, kind)
