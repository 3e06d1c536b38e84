"""Tables made of declarations."""

from __future__ import annotations

import pytest

from isthmus import fields, models
from isthmus.errors import SchemaError
from isthmus.inheritance import capture
from isthmus.records import Registry
from isthmus.records.tables import Tables, name_of


def tables_of(*classes: type) -> Tables:
    return Tables(Registry.build(classes=classes))


def test_a_table_has_a_column_for_each_stored_field_and_an_index_where_it_is_looked_up() -> None:
    with capture() as declared:

        class Thing(models.Model):
            _name = "a.thing"

            name = fields.Char(required=True, index=True)
            label = fields.Char(compute="_compute_label")
            here_id = fields.Many2one("a.thing", ondelete="cascade")
            there_id = fields.Many2one("project.task", required=True)
            thing_ids = fields.One2many("a.thing", "here_id")

    table = tables_of(*declared).table("a.thing")
    assert set(table.c.keys()) == {"id", "create_date", "write_date", "name", "here_id", "there_id"}
    assert not table.c.name.nullable
    assert [key.ondelete for key in table.c.here_id.foreign_keys] == ["CASCADE"]
    assert not table.c.there_id.foreign_keys
    assert {index.name for index in table.indexes} == {
        "a_thing_name_index", "a_thing_here_id_index", "a_thing_there_id_index",
    }  # fmt: skip


def test_what_a_unique_constraint_begins_with_and_a_link_that_says_so_have_no_index_of_their_own() -> None:
    with capture() as declared:

        class Thing(models.Model):
            _name = "a.thing"
            _sql_constraints = [("pair_uniq", "unique(code, here_id)", "There is one already.")]

            code = fields.Char(index=True)
            here_id = fields.Many2one("a.thing")
            there_id = fields.Many2one("project.task", index=False)

    table = tables_of(*declared).table("a.thing")
    assert {index.name for index in table.indexes} == {"a_thing_pair_uniq", "a_thing_here_id_index"}


def test_two_sides_of_a_many2many_share_a_table() -> None:
    with capture() as declared:

        class Left(models.Model):
            _name = "a.left"

            right_ids = fields.Many2many("a.right", "a_rel", "left_id", "right_id")

        class Right(models.Model):
            _name = "a.right"

            left_ids = fields.Many2many("a.left", "a_rel", "right_id", "left_id")

    tables = tables_of(*declared)
    assert set(tables.metadata.tables) == {"a_left", "a_right", "a_rel", "record_identifier"}
    assert {key.ondelete for key in tables.metadata.tables["a_rel"].foreign_keys} == {"CASCADE"}


def test_two_models_cannot_have_one_table() -> None:
    with capture() as declared:

        class One(models.Model):
            _name = "a.one"

        class Two(models.Model):
            _name = "a.two"
            _table = "a_one"

    with pytest.raises(SchemaError, match=r"'a\.one' and 'a\.two' have the same table 'a_one'"):
        tables_of(*declared)


def test_a_relation_cannot_be_something_else_already() -> None:
    with capture() as declared:

        class Thing(models.Model):
            _name = "a.thing"

            one_ids = fields.Many2many("a.thing", "a_thing")

    with pytest.raises(SchemaError, match="something else already"):
        tables_of(*declared)


def test_long_names_are_shortened_and_stay_different() -> None:
    first, second = name_of("x" * 80, "a"), name_of("x" * 80, "b")
    assert first != second
    assert len(first) == len(second) == 63
    assert name_of("table", "column", "index") == "table_column_index"
