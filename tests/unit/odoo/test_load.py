from datetime import date, datetime

import pytest

from isthmus.odoo.load import (
    Clash,
    Loaded,
    RowRefused,
    Unreadable,
    can_carry,
    cell,
    column,
    read_answer,
    table,
)
from isthmus.odoo.schema import fields_of
from tests.unit.odoo.recorded import VERSIONS, named

FIELDS = fields_of(
    "project.task",
    {
        "name": {"type": "char"},
        "sequence": {"type": "integer"},
        "hours": {"type": "float"},
        "active": {"type": "boolean"},
        "day": {"type": "date"},
        "date_deadline": {"type": "datetime"},
        "state": {"type": "selection", "selection": [["1_done", "Done"]]},
        "data": {"type": "binary"},
        "extra": {"type": "json"},
        "stage_id": {"type": "many2one", "relation": "project.task.type"},
        "tag_ids": {"type": "many2many", "relation": "project.tags"},
        "child_ids": {"type": "one2many", "relation": "project.task"},
    },
)


@pytest.mark.parametrize(("name", "value", "text"), [
    ("name", "  b ", "  b "), ("name", False, ""), ("name", None, ""), ("sequence", 0, "0"),
    ("sequence", -3, "-3"),
    ("sequence", False, "0"), ("hours", 0.1, "0.1"), ("hours", 1e16, "1e+16"), ("active", True, "1"),
    ("active", False, "0"),
    ("day", date(2026, 2, 3), "2026-02-03"),
    ("date_deadline", datetime(2026, 2, 3, 4, 5, 6, 7), "2026-02-03 04:05:06"),
    ("date_deadline", False, ""), ("state", "1_done", "1_done"), ("data", b"\x00\xff", "AP8="),
    ("stage_id", 28, "28"), ("stage_id", False, ""), ("tag_ids", [(6, 0, [28, 29])], "28,29"),
    ("tag_ids", [(5,)], ""), ("tag_ids", [(6, 0, [])], ""), ("tag_ids", [], ""),
])  # fmt: skip
def test_every_cell_is_text(name, value, text):
    assert can_carry(FIELDS[name], value)
    assert cell(FIELDS[name], value) == text


@pytest.mark.parametrize(("name", "value"), [
    ("tag_ids", [(4, 1)]), ("tag_ids", [(0, 0, {"name": "x"})]), ("tag_ids", [(5,), (4, 1)]),
    ("extra", {"a": 1}),
    ("child_ids", [(6, 0, [1])]),
])  # fmt: skip
def test_what_depends_on_the_present_links_cannot_be_carried(name, value):
    assert not can_carry(FIELDS[name], value)


def test_relations_go_by_database_id():
    assert [column(FIELDS[name]) for name in ("name", "stage_id", "tag_ids")] == [
        "name",
        "stage_id/.id",
        "tag_ids/.id",
    ]


def test_a_table_puts_the_key_first_and_can_be_cut():
    rows = [
        ("m.a", {"name": "A", "stage_id": 1}),
        ("m.b", {"stage_id": 2, "name": "B"}),
        ("m.c", {"name": "C", "stage_id": False}),
    ]
    whole = table(FIELDS, "id", ["name", "stage_id"], rows)
    assert whole.columns == ("id", "name", "stage_id/.id")
    assert whole.rows == (("m.a", "A", "1"), ("m.b", "B", "2"), ("m.c", "C", ""))
    assert [part.keys for part in whole.cut(2)] == [("m.a", "m.b"), ("m.c",)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["load-ok", "load-again"])
def test_a_recorded_success_gives_the_ids(version, name):
    answer = named(version, name)["response"]["body"]["result"]
    assert read_answer(answer, 2) == Loaded(answer["ids"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("name", "field", "words"), [
    ("load-error", "project_id", "No matching record found for database id '99999999'"),
    ("load-error-m2o-name", "project_id", "No matching record found for name"),
    ("load-missing-required", "name", "Missing required value for the field 'Title' (name)"),
])  # fmt: skip
def test_a_recorded_refusal_names_row_field_and_reason(version, name, field, words):
    refused = read_answer(named(version, name)["response"]["body"]["result"], 1)
    assert isinstance(refused, RowRefused)
    assert (refused.row, refused.field) == (0, field)
    assert refused.message.startswith(words)


@pytest.mark.parametrize("message", [
    "could not serialize access due to concurrent update\n", "deadlock detected\nDETAIL: …",
    'duplicate key value violates unique constraint "ir_model_data_module_name_uniq_index"',
])  # fmt: skip
def test_a_clash_hidden_in_a_success_is_recognised(message):
    answer = {
        "ids": False,
        "messages": [{"type": "error", "record": 0, "rows": {"from": 0, "to": 0}, "message": message}],
        "nextrow": 0,
    }
    assert read_answer(answer, 1) == Clash(message.strip())


def test_warnings_beside_ids_are_a_success():
    assert read_answer({"ids": [5], "messages": [{"type": "warning", "message": "hm"}]}, 1) == Loaded([5])


def test_the_row_is_taken_from_the_range_when_there_is_no_record_number():
    answer = {"ids": False, "messages": [{"type": "error", "rows": {"from": 3, "to": 3}, "message": "no"}]}
    assert read_answer(answer, 9) == RowRefused(3, None, "no")


def test_a_refusal_without_any_place_keeps_its_message():
    assert read_answer({"ids": False, "messages": [{"message": "no"}]}, 9) == RowRefused(None, None, "no")


@pytest.mark.parametrize("answer", [None, [], {"ids": False, "messages": []}, {"ids": [1], "messages": []}])
def test_an_answer_that_is_none_of_load_is_unreadable(answer):
    assert isinstance(read_answer(answer, 2), Unreadable)
