"""What a mapper makes of one record: order of rules, empty values, changed fields, options."""

from __future__ import annotations

import pytest

from isthmus import models
from isthmus.connector.mapper import (
    ExportMapper,
    ImportMapper,
    changed_by,
    convert,
    mapping,
    none,
    only_create,
)
from isthmus.errors import MappingError
from isthmus.inheritance import capture
from tests.unit.connector.shop import mapper_of


def test_direct_entries_take_values_over_under_their_new_names():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("firstName", "name"), ("mail", "email")]

    assert mapper_of(*declared).map_record({"firstName": "Ada", "mail": "a@b.c"}).values() == {
        "name": "Ada",
        "email": "a@b.c",
    }


@pytest.mark.parametrize("value", [0, "", [], 0.0, False])
def test_what_is_not_missing_stays_what_it_is(value):
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("a", "x"), ("b", "y")]

    mapped = mapper_of(*declared).map_record({"a": value, "b": 1}).values()
    assert mapped["x"] == value
    assert type(mapped["x"]) is type(value)


@pytest.mark.parametrize("record", [{"a": None, "b": 1}, {"b": 1}])
def test_a_missing_key_and_none_become_false_for_odoo(record):
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("a", "x"), ("b", "y")]

    assert mapper_of(*declared).map_record(record).values() == {"x": False, "y": 1}


def test_one_direct_entry_alone_is_read_like_several():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("a", "x")]

    mapper = mapper_of(*declared)
    assert mapper.map_record({"a": "A"}).values() == {"x": "A"}
    assert mapper.map_record({}).values() == {"x": False}


def test_later_rules_win_over_earlier_ones():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("a", "x"), ("b", "x"), ("a", "y"), (convert("b", str.upper), "y"), ("a", "z")]

            @mapping
            def first(self, record):
                return {"z": "first", "w": "first"}

            @mapping
            def second(self, record):
                return {"w": "second"}

    assert mapper_of(*declared).map_record({"a": "A", "b": "b"}).values() == {
        "x": "b",
        "y": "B",
        "z": "first",
        "w": "second",
    }


def test_methods_of_a_base_class_run_before_those_of_its_extension():
    with capture() as declared:

        class Base(ImportMapper):
            _name = "some.mapper"

            @mapping
            def zebra(self, record):
                return {"x": "base", "y": "base"}

        class Extension(ImportMapper):
            _name = "some.mapper"
            _inherit = "some.mapper"

            @mapping
            def ant(self, record):
                return {"x": "extension"}

    assert mapper_of(*declared).map_record({}).values() == {"x": "extension", "y": "base"}


def test_an_override_needs_no_decorator_keeps_its_place_and_adds_up_its_fields():
    with capture() as declared:

        class Base(ImportMapper):
            _name = "some.mapper"

            @mapping
            @changed_by("a")
            def one(self, record):
                return {"x": "base"}

            @mapping
            def two(self, record):
                return {"x": "two"}

        class Plain(ImportMapper):
            _name = "some.mapper"
            _inherit = "some.mapper"

            def one(self, record):
                return {**super().one(record), "y": "override"}

        class Wider(ImportMapper):
            _name = "some.mapper"
            _inherit = "some.mapper"

            @changed_by("b")
            @mapping
            def one(self, record):
                return super().one(record)

    mapper = mapper_of(*declared)
    assert mapper.map_record({}).values() == {"x": "two", "y": "override"}
    assert mapper.changed_by_fields() == {"a", "b"}


def test_a_method_for_creation_only_runs_for_creation_only():
    with capture() as declared:

        class Mapper(ImportMapper):
            @mapping
            @only_create
            def origin(self, record):
                return {"origin": "shop"}

            @only_create
            @mapping
            def other(self, record):
                return {"other": True}

    map_record = mapper_of(*declared).map_record({})
    assert map_record.values() == {}
    assert map_record.values(for_create=True) == {"origin": "shop", "other": True}


@pytest.mark.parametrize("nothing", [None, False, {}, [], ""])
def test_a_mapping_method_may_return_nothing(nothing):
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("a", "x")]

            @mapping
            def method(self, record):
                return nothing

    assert mapper_of(*declared).map_record({"a": 1}).values() == {"x": 1}


@pytest.mark.parametrize("wrong", ["text", 1, [("x", 1)], [1]])
def test_a_mapping_method_that_returns_anything_but_a_dict_is_named(wrong):
    with capture() as declared:

        class Mapper(ImportMapper):
            @mapping
            def odd_one(self, record):
                return wrong

    with pytest.raises(MappingError, match=r"odd_one\(\) returned .* expected a dict"):
        mapper_of(*declared).map_record({}).values()


def test_finalize_comes_after_all_rules_and_updates_win_over_it():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("a", "x"), ("a", "y")]

            def finalize(self, map_record, values):
                assert map_record.source == {"a": 1}
                return {**values, "x": "final", "z": "final"}

    map_record = mapper_of(*declared).map_record({"a": 1})
    map_record.update({"z": "updated"}, w="updated")
    assert map_record.values() == {"x": "final", "y": 1, "z": "updated", "w": "updated"}


def test_given_fields_limit_the_mapping_to_what_depends_on_them():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("a", "x"), ("b", "y"), (convert("a", str), "text"), (lambda m, r, t: "any", "free")]

            @mapping
            @changed_by("b", "c")
            def watching(self, record):
                return {"watching": True}

            @mapping
            def always(self, record):
                return {"always": True}

    mapper = mapper_of(*declared)
    record = {"a": 1, "b": 2}
    everything = {"x": 1, "y": 2, "text": "1", "free": "any", "watching": True, "always": True}
    assert mapper.map_record(record).values(fields=["a"]) == {
        "x": 1,
        "text": "1",
        "free": "any",
        "always": True,
    }
    assert mapper.map_record(record).values(fields={"c"}) == {"free": "any", "watching": True, "always": True}
    assert mapper.map_record(record).values(fields=[]) == {"free": "any", "always": True}
    assert mapper.map_record(record).values(fields=None) == everything
    assert mapper.map_many([record], fields=()).complete() == [{"free": "any", "always": True}]


def test_the_fields_on_which_the_result_depends_are_known_through_modifiers_and_methods():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [("a", "x"), (convert(none("b"), int), "y")]

            @mapping
            @changed_by("c", "d")
            def method(self, record):
                return {}

    mapper = mapper_of(*declared)
    assert mapper.changed_by_fields() == {"a", "b", "c", "d"}
    assert not mapper.reads_anything()


def test_a_mapper_says_when_it_may_depend_on_further_fields():
    with capture() as declared:

        class Mapper(ImportMapper):
            direct = [(lambda mapper, record, target: record["a"], "x")]

    assert mapper_of(*declared).reads_anything()


def test_options_reach_methods_and_do_not_outlive_the_call():
    with capture() as declared:

        class Mapper(ImportMapper):
            @mapping
            def method(self, record):
                return {
                    "lang": self.options.lang,
                    "other": self.options.nobody_gave_this,
                    "create": self.options.for_create,
                }

    mapper = mapper_of(*declared)
    assert mapper.map_record({}).values(lang="de", for_create=True) == {
        "lang": "de",
        "other": None,
        "create": True,
    }
    assert mapper.options == {}
    assert mapper.map_record({}).values() == {"lang": None, "other": None, "create": False}
    assert mapper.map_many([{}], lang="fr").complete()[0]["lang"] == "fr"
    assert mapper.options == {}


def test_options_are_gone_even_when_the_call_failed():
    with capture() as declared:

        class Mapper(ImportMapper):
            @mapping
            def method(self, record):
                raise ValueError("no")

    mapper = mapper_of(*declared)
    with pytest.raises(MappingError):
        mapper.map_record({}).values(lang="de")
    assert mapper.options == {}


def test_extending_direct_in_place_replaces_it_and_may_build_on_the_old_one():
    with capture() as declared:

        class Base(ImportMapper):
            _name = "some.mapper"
            direct = [("a", "x")]

        class Extension(ImportMapper):
            _name = "some.mapper"
            _inherit = "some.mapper"
            direct = [*Base.direct, ("b", "y")]

    assert mapper_of(*declared).map_record({"a": 1, "b": 2}).values() == {"x": 1, "y": 2}


@pytest.mark.parametrize("entry", [("a",), ("a", "b", "c"), "ab", (1, "x"), ("a", 2)])
def test_a_wrong_entry_in_direct_is_named_with_its_mapper(entry):
    with capture() as declared:

        class Mapper(ImportMapper):
            _name = "wrong.mapper"
            direct = [entry]

    with pytest.raises(TypeError, match=r"wrong\.mapper: .* in direct"):
        mapper_of(*declared).map_record({}).values()


def test_a_wrong_entry_in_children_is_named_with_its_mapper():
    with capture() as declared:

        class Mapper(ImportMapper):
            _name = "wrong.mapper"
            children = [("lines", "line_ids")]

    with pytest.raises(TypeError, match=r"wrong\.mapper: .* in children"):
        mapper_of(*declared).map_record({}).values()


def test_export_reads_mappings_too_and_keeps_false_where_the_field_is_unknown():
    with capture() as declared:

        class Mapper(ExportMapper):
            direct = [("name", "title"), ("active", "open"), ("gone", "nothing")]

    assert mapper_of(*declared).map_record({"name": "A", "active": False}).values() == {
        "title": "A",
        "open": False,
        "nothing": None,
    }


def test_the_article_declares_mappers_like_this():
    with capture() as declared:

        class MyModel(models.Model):
            _name = "my.model"

        class MyImportMapper(ImportMapper):
            _model_name = "my.model"

            @mapping
            def my_field(self, record):
                return {"my_field": record["external_field"]}

    mapper = mapper_of(*(one for one in declared if issubclass(one, ImportMapper)), model_name="my.model")
    assert mapper._apply_on == "my.model"
    assert mapper.map_record({"external_field": "value"}).values() == {"my_field": "value"}


def test_the_article_maps_trello_lists_like_this():
    with capture() as declared:

        class MyTrelloListMapper(ImportMapper):
            _name = "trello.list.import.mapper"
            _inherit = "base.import.mapper"
            _apply_on = ["trello.list"]

            direct = [
                ("name", "name"),
                ("idBoard", "board_id"),
                ("closed", "active"),
            ]

            @mapping
            def trello_id(self, record):
                return {"trello_id": record["id"]}

    record = {"id": "5a", "name": "To do", "idBoard": "4f", "closed": False}
    assert mapper_of(*declared).map_record(record).values() == {
        "name": "To do",
        "board_id": "4f",
        "active": False,
        "trello_id": "5a",
    }
