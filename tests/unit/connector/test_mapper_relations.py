"""Relations in mappers: through the binder by themselves, in bulk for a page, and when that fails."""

from __future__ import annotations

import pytest

from isthmus.connector.binder import Binder
from isthmus.connector.mapper import (
    ExportMapper,
    ImportMapper,
    convert,
    external_to_m2m,
    external_to_m2o,
    follow_m2o_relations,
    m2m_to_external,
    m2o_to_external,
)
from isthmus.errors import ConfigurationError, MappingError
from isthmus.inheritance import capture
from isthmus.records import fields, model
from tests.unit.connector.shop import work_on


def bound_country(work, external_id, name="Switzerland"):
    country = work.env["res.country"].create({"name": name})
    work.env["shop.country"].create(
        {"external_id": str(external_id), "odoo_id": country.id, "backend_id": work.collection.id}
    )
    return country


def bound_tag(work, external_id):
    return work.env["shop.tag"].create({"external_id": external_id, "backend_id": work.collection.id})


def test_a_many2one_target_goes_through_the_binder_by_itself():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("country", "country_id")]

    with work_on("shop.order", declared) as work:
        country = bound_country(work, 0)
        mapper = work.component("import.mapper")
        assert mapper.map_record({"country": 0}).values() == {"country_id": country.id}
        assert mapper.map_record({"country": None}).values() == {"country_id": False}
        assert mapper.map_record({"country": ""}).values() == {"country_id": False}
        assert mapper.map_record({}).values() == {"country_id": False}


def test_a_many2one_source_goes_through_the_binder_by_itself():
    with capture() as declared:

        class Mapper(ExportMapper):
            direct = [("country_id", "country")]

    with work_on("shop.order", declared) as work:
        country = bound_country(work, "ch")
        orders = work.env["shop.order"].create([{"country_id": country.id}, {}])
        mapper = work.component("export.mapper")
        assert mapper.map_many(orders).complete() == [{"country": "ch"}, {"country": None}]
        assert mapper.map_record(orders[0]).values() == {"country": "ch"}


def test_modifiers_name_the_binding_and_nest():
    with capture() as declared:

        class Import(ImportMapper):
            direct = [
                (external_to_m2o(convert("country", str), binding="shop.country"), "country_id"),
                (external_to_m2m("tags"), "tag_ids"),
            ]

        class Export(ExportMapper):
            direct = [
                (m2o_to_external("country_id", binding="shop.country"), "country"),
                (m2m_to_external("tag_ids"), "tags"),
            ]

    with work_on("shop.order", declared) as work:
        country = bound_country(work, 7)
        red, blue = bound_tag(work, "red"), bound_tag(work, "blue")
        values = work.component("import.mapper").map_record({"country": 7, "tags": ["red", "blue"]}).values()
        assert values == {"country_id": country.id, "tag_ids": [(6, 0, [red.id, blue.id])]}
        order = work.env["shop.order"].create(values)
        assert work.component("export.mapper").map_record(order).values() == {
            "country": "7",
            "tags": ["red", "blue"],
        }


def test_an_empty_list_of_relations_clears_the_field():
    with capture() as declared:

        class Import(ImportMapper):
            direct = [(external_to_m2m("tags"), "tag_ids")]

    with work_on("shop.order", declared) as work:
        mapper = work.component("import.mapper")
        assert mapper.map_record({"tags": []}).values() == {"tag_ids": [(6, 0, [])]}


def test_a_relation_at_the_end_of_a_path_is_found_by_its_own_model():
    with capture() as declared:

        class Mapper(ExportMapper):
            direct = [
                (m2o_to_external(follow_m2o_relations("order_id.country_id")), "country"),
                (follow_m2o_relations("order_id.country_id.name"), "country_name"),
            ]

    with work_on("shop.line", declared) as work:
        country = bound_country(work, "ch")
        order = work.env["shop.order"].create({"country_id": country.id})
        lines = work.env["shop.line"].create([{"order_id": order.id}, {}])
        assert work.component("export.mapper").map_many(lines).complete() == [
            {"country": "ch", "country_name": "Switzerland"},
            {"country": None, "country_name": None},
        ]


def test_an_unknown_external_id_is_an_error_that_says_what_to_import():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("country", "country_id")]

    with work_on("shop.order", declared) as work:
        mapper = work.component("import.mapper")
        with pytest.raises(
            MappingError, match=r"order 4 › country: no shop\.country is bound to the external id 'xx'"
        ) as caught:
            mapper.map_record({"id": 4, "country": "xx"}).values()
        assert caught.value.hint == "Import that shop.country first, or leave the field out."


def test_a_record_without_external_id_is_an_error_that_says_what_to_export():
    with capture() as declared:

        class Mapper(ExportMapper):
            direct = [("country_id", "country")]

    with work_on("shop.order", declared) as work:
        country = work.env["res.country"].create({"name": "Nowhere"})
        order = work.env["shop.order"].create({"country_id": country.id})
        for call in (
            lambda mapper: mapper.map_record(order).values(),
            lambda mapper: mapper.map_many([order]).complete(),
        ):
            with pytest.raises(MappingError, match=r"has no external id as shop\.country"):
                call(work.component("export.mapper"))


@pytest.mark.parametrize("bad", [{"a": 1}, ["x", ["y"]], "unknown"])
def test_a_bad_external_id_fails_its_own_record_only(bad):
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("country", "country_id")]

    with work_on("shop.order", declared) as work:
        country = bound_country(work, "ch")
        page = work.component("import.mapper").map_many([{"country": "ch"}, {"country": bad}])
        assert page.values == [{"country_id": country.id}, None]
        assert [failure.index for failure in page.failures] == [1]


def test_a_page_costs_one_lookup_for_each_relation():
    lookups: list[tuple[str, int]] = []
    with capture() as declared:

        class Counting(Binder):
            _name = "counting.binder"
            _inherit = "connector.binder"
            _apply_on = ["shop.country", "shop.tag"]

            def to_internal_many(self, external_ids, unwrap=False):
                external_ids = list(external_ids)
                lookups.append((self.model._name, len(external_ids)))
                return super().to_internal_many(external_ids, unwrap=unwrap)

            def to_external_many(self, ids, wrap=False):
                ids = list(ids)
                lookups.append((self.model._name, len(ids)))
                return super().to_external_many(ids, wrap=wrap)

        class Lines(ImportMapper):
            _apply_on = "shop.line"
            direct = [("country", "country_id")]

        class Import(ImportMapper):
            _apply_on = "shop.order"
            direct = [
                ("country", "country_id"),
                (external_to_m2o(convert("second", str)), "country_id"),
                (external_to_m2m("tags"), "tag_ids"),
            ]
            children = [("lines", "line_ids", "shop.line")]

        class Export(ExportMapper):
            _apply_on = "shop.order"
            direct = [("country_id", "country"), (m2m_to_external("tag_ids"), "tags")]

    with work_on("shop.order", declared) as work:
        for number in range(5):
            bound_country(work, number)
            bound_tag(work, f"tag{number}")
        records = [
            {
                "country": number % 5,
                "second": (number + 1) % 5,
                "tags": [f"tag{number % 5}", f"tag{(number + 2) % 5}"],
                "lines": [{"country": line % 5} for line in range(3)],
            }
            for number in range(100)
        ]
        values = work.component("import.mapper").map_many(records, for_create=True).complete()
        assert sorted(lookups) == [("shop.country", 5), ("shop.tag", 5)]
        assert len(values[0]["line_ids"]) == 3
        lookups.clear()
        orders = work.env["shop.order"].create(
            [{key: one[key] for key in ("country_id", "tag_ids")} for one in values]
        )
        work.component("export.mapper").map_many(orders).complete()
        assert sorted(lookups) == [("shop.country", 5), ("shop.tag", 5)]


def test_what_was_looked_up_is_forgotten_after_the_call():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("country", "country_id")]

    with work_on("shop.order", declared) as work:
        mapper = work.component("import.mapper")
        assert mapper.map_many([{"country": "ch"}]).failures
        country = bound_country(work, "ch")
        assert mapper.map_many([{"country": "ch"}]).complete() == [{"country_id": country.id}]


def test_a_relation_to_a_model_that_nothing_binds_says_so():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("order", "order_id")]

    with work_on("shop.line", declared) as work:
        mapper = work.component("import.mapper")
        with pytest.raises(
            ConfigurationError, match=r"no binding model of shop\.backend delegates to shop\.order"
        ):
            mapper.map_record({"order": "1"}).values()


def test_a_model_bound_twice_needs_the_binding_to_be_named():
    from isthmus.connector.mapper_session import one_binding

    with pytest.raises(ConfigurationError, match=r"res\.country has several binding models: a, b") as caught:
        one_binding("res.country", ["a", "b"], "some.mapper")
    assert caught.value.hint == "Name the one that is meant: binding='a'."


def test_a_binding_of_another_backend_does_not_count():
    with capture() as more:

        class OtherBackend(model.Model):
            _name = "other.backend"
            _inherit = "connector.backend"

        class OtherCountry(model.Model):
            _name = "other.country"
            _inherit = "external.binding"
            _inherits = {"res.country": "odoo_id"}
            backend_id = fields.Many2one("other.backend")
            odoo_id = fields.Many2one("res.country")

    with capture() as declared:

        class Mapper(ImportMapper):
            _apply_on = "shop.order"
            direct = [("country", "country_id")]

    with work_on("shop.order", declared, models=more) as work:
        country = bound_country(work, "ch")
        mapper = work.component("import.mapper")
        assert mapper.map_record({"country": "ch"}).values() == {"country_id": country.id}
