"""Lines: mapped by the mapper of their model, created with their parent, matched by key on update."""

from __future__ import annotations

import pytest

from isthmus.connector.mapper import (
    ExportMapper,
    ImportMapChild,
    ImportMapper,
    changed_by,
    convert,
    mapping,
    only_create,
)
from isthmus.errors import MappingError
from isthmus.inheritance import capture
from tests.unit.connector.shop import work_on

with capture() as ORDERS:

    class LineImport(ImportMapper):
        _name = "line.import.mapper"
        _apply_on = "shop.line"
        key = "sku"
        direct = [("sku", "sku"), (convert("qty", int), "quantity")]

    class OrderImport(ImportMapper):
        _name = "order.import.mapper"
        _apply_on = "shop.order"
        direct = [("name", "name")]
        children = [("lines", "line_ids", "shop.line")]

    class LineExport(ExportMapper):
        _name = "line.export.mapper"
        _apply_on = "shop.line"
        direct = [("sku", "sku"), ("quantity", "qty")]

    class OrderExport(ExportMapper):
        _name = "order.export.mapper"
        _apply_on = "shop.order"
        direct = [("name", "name")]
        children = [("line_ids", "lines", "shop.line")]


def order(*lines, **values):
    return {"id": 42, "name": "SO42", "lines": [{"sku": sku, "qty": qty} for sku, qty in lines], **values}


def stored(work, *lines):
    return work.env["shop.order"].create(
        {"name": "SO42", "line_ids": [(0, 0, {"sku": sku, "quantity": quantity}) for sku, quantity in lines]}
    )


def test_the_lines_of_a_new_record_become_create_commands():
    with work_on("shop.order", ORDERS) as work:
        mapper = work.component("import.mapper")
        values = mapper.map_record(order(("a", "1"), ("b", "2"))).values(for_create=True)
        assert values == {
            "name": "SO42",
            "line_ids": [(0, 0, {"sku": "a", "quantity": 1}), (0, 0, {"sku": "b", "quantity": 2})],
        }
        assert mapper.map_many([order(("a", "1"), ("b", "2"))], for_create=True).complete() == [values]
        created = work.env["shop.order"].create(values)
        assert created.line_ids.mapped("sku") == ["a", "b"]


def test_on_update_lines_are_matched_by_key_and_none_is_doubled():
    with work_on("shop.order", ORDERS) as work:
        existing = stored(work, ("kept", 1), ("changed", 2), ("gone", 3))
        kept, changed, gone = existing.line_ids
        data = order(("changed", "20"), ("kept", "1"), ("new", "5"))
        mapper = work.component("import.mapper")
        values = mapper.map_record(data).values(binding=existing)
        assert values["line_ids"] == [
            (2, gone.id, 0),
            (1, changed.id, {"quantity": 20}),
            (0, 0, {"sku": "new", "quantity": 5}),
        ]
        assert mapper.map_many([data], bindings=[existing]).complete() == [values]
        existing.write(values)
        assert sorted((line.sku, line.quantity) for line in existing.line_ids) == [
            ("changed", 20),
            ("kept", 1),
            ("new", 5),
        ]
        assert kept in existing.line_ids


def test_an_update_that_changes_nothing_gives_no_command():
    with work_on("shop.order", ORDERS) as work:
        existing = stored(work, ("a", 1))
        mapper = work.component("import.mapper")
        assert mapper.map_record(order(("a", "1"))).values(binding=existing)["line_ids"] == []


def test_an_update_of_an_unknown_record_replaces_all_lines():
    with work_on("shop.order", ORDERS) as work:
        values = work.component("import.mapper").map_record(order(("a", "1"))).values()
        assert values["line_ids"] == [(5, 0, 0), (0, 0, {"sku": "a", "quantity": 1})]


def test_two_items_of_one_key_become_one_update_and_one_new_line():
    with work_on("shop.order", ORDERS) as work:
        existing = stored(work, ("a", 1))
        mapper = work.component("import.mapper")
        commands = mapper.map_record(order(("a", "2"), ("a", "3"))).values(binding=existing)["line_ids"]
        assert commands == [
            (1, existing.line_ids.id, {"quantity": 2}),
            (0, 0, {"sku": "a", "quantity": 3}),
        ]


def test_lines_that_are_not_mentioned_are_left_alone_and_no_lines_delete_all():
    with work_on("shop.order", ORDERS) as work:
        existing = stored(work, ("a", 1))
        mapper = work.component("import.mapper")
        assert "line_ids" not in mapper.map_record({"name": "A"}).values(binding=existing)
        assert mapper.map_record(order()).values(binding=existing)["line_ids"] == [
            (2, existing.line_ids.id, 0)
        ]


def test_values_for_creation_only_go_to_new_lines_only():
    with capture() as more:

        class Extension(ImportMapper):
            _name = "line.import.mapper"
            _inherit = "line.import.mapper"

            @mapping
            @only_create
            def origin(self, record):
                return {"country_id": 1}

    with work_on("shop.order", [*ORDERS, *more]) as work:
        existing = stored(work, ("a", 1))
        mapper = work.component("import.mapper")
        commands = mapper.map_record(order(("a", "2"), ("b", "3"))).values(binding=existing)["line_ids"]
        assert commands == [
            (1, existing.line_ids.id, {"quantity": 2}),
            (0, 0, {"sku": "b", "quantity": 3, "country_id": 1}),
        ]


def test_the_changed_fields_of_a_record_do_not_limit_its_lines():
    with capture() as more:

        class Extension(ImportMapper):
            _name = "line.import.mapper"
            _inherit = "line.import.mapper"

            @mapping
            @changed_by("anything")
            def note(self, record):
                return {"note": self.options.note}

    with work_on("shop.order", [*ORDERS, *more]) as work:
        map_record = work.component("import.mapper").map_record(order(("a", "1")))
        assert map_record.values(for_create=True, fields=["lines"], note="hi") == {
            "line_ids": [(0, 0, {"sku": "a", "quantity": 1, "note": "hi"})]
        }
        assert map_record.values(for_create=True, fields=["name"]) == {"name": "SO42"}
        assert map_record.values(for_create=True, fields=[]) == {}


def test_a_failure_in_a_line_names_the_whole_path_and_all_lines_are_tried():
    with work_on("shop.order", ORDERS) as work:
        mapper = work.component("import.mapper")
        data = order(("a", "1"), ("b", "x"), ("c", "2"), ("d", "y"))
        page = mapper.map_many([data])
        assert [failure.error.details["path"] for failure in page.failures] == [
            "order 42 › lines[1] › qty",
            "order 42 › lines[3] › qty",
        ]
        details = page.failures[0].error.details
        assert (details["mapper"], details["rule"], details["field"], details["value"]) == (
            "line.import.mapper",
            "convert(qty, int) → quantity",
            "qty",
            "x",
        )
        with pytest.raises(MappingError, match=r"^order 42 › lines\[1\] › qty: ValueError"):
            mapper.map_record(data).values()


def test_hooks_skip_items_and_change_their_values_and_form():
    with capture() as more:

        class OwnChild(ImportMapChild):
            _apply_on = "shop.line"

            def skip_item(self, map_record):
                return map_record.source["sku"] == "free"

            def get_item_values(self, map_record, to_attr, options):
                values = super().get_item_values(map_record, to_attr, options)
                assert map_record.parent.source["id"] == 42
                return {**values, "sku": f"{to_attr}-{values['sku']}"} if values["quantity"] else {}

            def format_items(self, items_values):
                return [("made", values["sku"]) for values in items_values]

    with work_on("shop.order", [*ORDERS, *more]) as work:
        data = order(("a", "1"), ("free", "1"), ("none", "0"))
        values = work.component("import.mapper").map_record(data).values(for_create=True)
        assert values["line_ids"] == [("made", "line_ids-a")]


def test_lines_are_matched_by_their_external_id_where_no_key_is_named():
    with capture() as declared:

        class TagImport(ImportMapper):
            _apply_on = "shop.tag"
            direct = [("id", "external_id"), ("name", "name")]

        class OrderImport(ImportMapper):
            _apply_on = "shop.order"
            children = [("tags", "tag_ids", "shop.tag")]

    with work_on("shop.order", declared) as work:
        existing = work.env["shop.order"].create(
            {"tag_ids": [(0, 0, {"external_id": "5", "name": "old", "backend_id": work.collection.id})]}
        )
        mapper = work.component("import.mapper")
        values = mapper.map_record({"tags": [{"id": "5", "name": "new"}]}).values(binding=existing)
        assert values["tag_ids"] == [(1, existing.tag_ids.id, {"name": "new"})]


def test_exported_lines_are_a_list_of_items():
    with work_on("shop.order", ORDERS) as work:
        orders = stored(work, ("a", 1), ("b", 2)) | stored(work)
        mapper = work.component("export.mapper")
        assert mapper.map_many(orders).complete() == [
            {"name": "SO42", "lines": [{"sku": "a", "qty": 1}, {"sku": "b", "qty": 2}]},
            {"name": "SO42", "lines": []},
        ]


def test_the_source_of_the_lines_counts_among_the_fields_watched():
    with work_on("shop.order", ORDERS) as work:
        assert work.component("import.mapper").changed_by_fields() == {"name", "lines"}
