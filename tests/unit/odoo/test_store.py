from datetime import datetime

import pytest

from isthmus.errors import (
    AmbiguousError,
    ConflictError,
    FieldError,
    MalformedAnswerError,
    MissingRecordError,
    ModelError,
    RejectedError,
)
from isthmus.odoo import RemoteMissingRecordError, UnknownModelError
from isthmus.odoo.store import SILENT
from isthmus.records.domain import Domain
from tests.unit.odoo.scripted import ScriptedOdoo, store_on

TASK = "project.task"
CLASH = {
    "ids": False,
    "messages": [{"type": "error", "record": 0, "message": "could not serialize access due to x"}],
}


def parse(*terms):
    return Domain.parse(list(terms))


def load_all(call, start=100):
    return {"ids": list(range(start, start + len(call.kwargs["data"]))), "messages": [], "nextrow": 0}


def rows_by_id(**values):
    """Answer ``read`` with the given rows: ``_5={"name": "a"}`` is record 5."""
    known = {int(key.lstrip("_")): row for key, row in values.items()}

    def read(call):
        return [
            {"id": id_, **{name: known[id_].get(name, False) for name in call.kwargs["fields"]}}
            for id_ in reversed(call.ids)
            if id_ in known
        ]

    return read


# --- fields --------------------------------------------------------------------------------------------


def test_fields_are_asked_once_per_model():
    odoo = ScriptedOdoo()
    store = store_on(odoo)
    assert store.fields(TASK)["project_id"].comodel == "project.project"
    store.fields(TASK)
    assert len(odoo.calls) == 1


def test_an_unknown_model_is_a_model_error():
    store = store_on(ScriptedOdoo(fields_get=[UnknownModelError("no model")]))
    with pytest.raises(ModelError):
        store.fields("x.thing")


@pytest.mark.parametrize("ask", [
    lambda store: store.read(TASK, [1], ["nmae"]),
    lambda store: store.search(TASK, parse(("nmae", "=", "x"))),
    lambda store: store.search(TASK, parse(), order="sequence desc, nmae"),
    lambda store: store.create(TASK, [{"nmae": "x"}]),
    lambda store: store.write(TASK, [1], {"nmae": "x"}),
    lambda store: store.write_each(TASK, [(1, {"nmae": "x"})]),
    lambda store: store.upsert(TASK, [("m.a", {"nmae": "x"})]),
    lambda store: store.count(TASK, parse(("nmae.deep", "=", 1))),
])  # fmt: skip
def test_an_unknown_field_is_found_before_the_call_and_the_nearest_named(ask):
    odoo = ScriptedOdoo()
    with pytest.raises(FieldError, match="Did you mean 'name'"):
        ask(store_on(odoo))
    assert {call.method for call in odoo.calls} == {"fields_get"}


# --- reading -------------------------------------------------------------------------------------------


def test_a_search_sends_only_what_was_asked():
    odoo = ScriptedOdoo(search=lambda call: [3, 1])
    store = store_on(odoo)
    at = datetime(2026, 1, 2, 3, 4, 5)
    assert store.search(TASK, parse(("date_deadline", ">=", at)), context={"active_test": False}) == [3, 1]
    store.search(TASK, parse(), offset=5, limit=0, order="name desc")
    plain, paged = odoo.asked("search")
    assert plain.kwargs == {
        "domain": [["date_deadline", ">=", "2026-01-02 03:04:05"]],
        "context": {"active_test": False},
    }
    assert paged.kwargs == {"domain": [], "offset": 5, "limit": 0, "order": "name desc"}
    assert plain.repeatable


def test_reading_keeps_the_order_and_leaves_out_what_is_missing():
    odoo = ScriptedOdoo(read=rows_by_id(_1={"name": "a"}, _2={"name": "b"}))
    assert store_on(odoo).read(TASK, [2, 9, 1], ["name"]) == [{"id": 2, "name": "b"}, {"id": 1, "name": "a"}]


def test_many2one_values_are_read_as_ids():
    odoo = ScriptedOdoo(read=rows_by_id(_1={"project_id": 7}))
    assert store_on(odoo).read(TASK, [1], ["project_id"]) == [{"id": 1, "project_id": 7}]
    assert odoo.asked("read")[0].kwargs["load"] == "_classic_write"


def test_reading_no_field_asks_for_a_column_because_odoo_invents_records_otherwise():
    odoo = ScriptedOdoo(read=rows_by_id(_1={}))
    assert store_on(odoo).read(TASK, [1, 9], ["id"]) == [{"id": 1}]
    assert odoo.asked("read")[0].kwargs["fields"] == ["name"]


def test_many_records_are_read_in_few_calls_and_none_in_no_call():
    odoo = ScriptedOdoo(read=lambda call: [{"id": id_, "name": "x"} for id_ in call.ids])
    store = store_on(odoo)
    assert len(store.read(TASK, list(range(1, 4501)), ["name"])) == 4500
    assert [len(call.ids) for call in odoo.asked("read")] == [2000, 2000, 500]
    assert store.read(TASK, [], ["name"]) == []
    assert len(odoo.asked("read")) == 3


def test_search_read_takes_names_of_many2one_values_away():
    odoo = ScriptedOdoo(search_read=lambda call: [{"id": 1, "project_id": [7, "P"]}])
    assert store_on(odoo).search_read(TASK, parse(), ["project_id"]) == [{"id": 1, "project_id": 7}]
    assert "load" not in odoo.asked("search_read")[0].kwargs


def test_counting():
    assert store_on(ScriptedOdoo(search_count=lambda call: 12)).count(TASK, parse()) == 12


def test_what_odoo_cannot_be_told_stays_out_of_the_context():
    odoo = ScriptedOdoo(search=lambda call: [])
    context = {"lang": "fr_FR", "bin_size": True, "work": object(), "allowed_company_ids": [1, 2], "set": {1}}
    store_on(odoo).search(TASK, parse(), context=context)
    assert odoo.asked("search")[0].kwargs["context"] == {"lang": "fr_FR", "allowed_company_ids": [1, 2]}


# --- writing -------------------------------------------------------------------------------------------


def test_records_are_created_in_one_silent_call_that_is_not_repeated():
    odoo = ScriptedOdoo(create=lambda call: [5, 6])
    rows = [{"name": "a", "data": b"\x00"}, {"name": "b", "tag_ids": [(6, 0, [1])]}]
    assert store_on(odoo).create(TASK, rows, context={"tracking_disable": False}) == [5, 6]
    (call,) = odoo.asked("create")
    assert call.kwargs["vals_list"] == [
        {"name": "a", "data": "AA=="},
        {"name": "b", "tag_ids": [[6, 0, [1]]]},
    ]
    assert call.kwargs["context"] == {**SILENT, "tracking_disable": False}
    assert not call.repeatable


def test_creating_nothing_asks_nothing():
    odoo = ScriptedOdoo()
    assert store_on(odoo).create(TASK, []) == []
    assert odoo.calls == []


def test_a_create_without_an_answer_is_ambiguous():
    with pytest.raises(AmbiguousError):
        store_on(ScriptedOdoo(create=[AmbiguousError("timeout")])).create(TASK, [{"name": "a"}])


def test_fewer_records_than_rows_are_a_malformed_answer():
    with pytest.raises(MalformedAnswerError):
        store_on(ScriptedOdoo(create=lambda call: [5])).create(TASK, [{"name": "a"}, {"name": "b"}])


def test_a_write_is_one_call_and_none_for_no_records_or_no_values():
    odoo = ScriptedOdoo(write=lambda call: True)
    store = store_on(odoo)
    store.write(TASK, [], {"name": "a"})
    store.write(TASK, [1], {})
    store.write(TASK, [1, 2, 1], {"name": "a"})
    (call,) = odoo.asked("write")
    assert (call.ids, call.kwargs) == ((1, 2), {"vals": {"name": "a"}})


def test_different_values_take_one_read_one_write_per_equal_values_and_one_load():
    present = {f"_{n}": {"name": f"t{n}", "active": True} for n in range(1, 7)}
    odoo = ScriptedOdoo(read=rows_by_id(**present), write=lambda call: True, load=load_all)
    rows = [
        (1, {"active": False}), (2, {"active": False}), (3, {"name": "new 3"}), (4, {"name": "new 4"}),
        (5, {"name": "t5"}), (6, {"name": "t6", "active": True}),
    ]  # fmt: skip
    store_on(odoo).write_each(TASK, rows)
    assert [call.method for call in odoo.calls] == ["fields_get", "read", "write", "load"]
    (write,), (load,) = odoo.asked("write"), odoo.asked("load")
    assert (write.ids, write.kwargs["vals"]) == ((1, 2), {"active": False})
    assert load.kwargs["fields"] == [".id", "name"]
    assert load.kwargs["data"] == [("3", "new 3"), ("4", "new 4")]
    assert load.kwargs["context"] == {**SILENT, "tz": "UTC", "active_test": False}


def test_values_that_do_not_differ_cost_no_write():
    odoo = ScriptedOdoo(read=rows_by_id(_1={"name": "a"}, _2={"name": "b"}))
    store_on(odoo).write_each(TASK, [(1, {"name": "a"}), (2, {"name": "b"})])
    assert {call.method for call in odoo.calls} == {"fields_get", "read"}


def test_a_missing_record_is_named_before_anything_is_written():
    odoo = ScriptedOdoo(read=rows_by_id(_1={"name": "a"}))
    with pytest.raises(MissingRecordError, match="9") as caught:
        store_on(odoo).write_each(TASK, [(1, {"name": "x"}), (9, {"name": "y"})])
    assert caught.value.details["ids"] == [9]
    assert {call.method for call in odoo.calls} == {"fields_get", "read"}


def test_a_refused_row_of_many_writes_is_named_by_its_place_in_the_callers_list():
    present = {f"_{n}": {"name": f"t{n}", "active": True} for n in range(1, 6)}

    def load(call):
        return {"ids": False, "messages": [{"type": "error", "record": 1, "field": "name", "message": "No."}]}

    odoo = ScriptedOdoo(read=rows_by_id(**present), write=lambda call: True, load=load)
    rows = [
        (5, {"active": False}),
        (4, {"active": False}),
        (3, {"name": "x"}),
        (2, {"name": "t2"}),
        (1, {"name": "y"}),
    ]
    with pytest.raises(RejectedError) as caught:
        store_on(odoo).write_each(TASK, rows)
    assert (caught.value.details["row"], caught.value.details["identifier"]) == (4, 1)


# --- upsert --------------------------------------------------------------------------------------------


def test_an_upsert_loads_text_cells_silently_in_utc_and_may_be_repeated():
    odoo = ScriptedOdoo(load=load_all)
    at = datetime(2026, 1, 2, 3, 4, 5)
    rows = [
        ("__isthmus__.a", {"name": "A", "active": True, "date_deadline": at, "tag_ids": [(6, 0, [1, 2])]})
    ]
    assert store_on(odoo).upsert(TASK, rows, context={"tz": "Europe/Paris"}) == [100]
    (call,) = odoo.asked("load")
    assert call.kwargs["fields"] == ["id", "active", "date_deadline", "name", "tag_ids/.id"]
    assert call.kwargs["data"] == [("__isthmus__.a", "1", "2026-01-02 03:04:05", "A", "1,2")]
    assert call.kwargs["context"] == {**SILENT, "tz": "UTC", "active_test": False}
    assert call.repeatable


def test_rows_with_different_fields_go_apart_and_the_ids_come_back_in_order():
    given = {"m.a": 1, "m.b": 2, "m.c": 3}

    def load(call):
        return {"ids": [given[row[0]] for row in call.kwargs["data"]], "messages": []}

    odoo = ScriptedOdoo(load=load)
    rows = [("m.a", {"name": "A"}), ("m.b", {"name": "B", "sequence": 1}), ("m.c", {"name": "C"})]
    assert store_on(odoo).upsert(TASK, rows) == [1, 2, 3]
    assert [len(call.kwargs["data"]) for call in odoo.asked("load")] == [2, 1]


def test_many_rows_are_loaded_in_chunks():
    odoo = ScriptedOdoo(load=lambda call: load_all(call, int(call.kwargs["data"][0][0][2:])))
    rows = [(f"m.{n}", {"name": "x"}) for n in range(7)]
    assert store_on(odoo, load_chunk=3).upsert(TASK, rows) == list(range(7))
    assert [len(call.kwargs["data"]) for call in odoo.asked("load")] == [3, 3, 1]


def test_no_rows_ask_nothing():
    assert store_on(ScriptedOdoo()).upsert(TASK, []) == []


def test_a_clash_with_another_transaction_is_tried_again():
    odoo = ScriptedOdoo(load=[CLASH, CLASH, {"ids": [5], "messages": []}])
    store = store_on(odoo)
    assert store.upsert(TASK, [("m.a", {"name": "A"})]) == [5]
    first, second = store.connection.clock.slept
    assert 0 < first < second * 3


def test_clashes_without_end_are_a_retryable_conflict():
    store = store_on(ScriptedOdoo(load=lambda call: CLASH))
    with pytest.raises(ConflictError, match="could not serialize") as caught:
        store.upsert(TASK, [("m.a", {"name": "A"})])
    assert caught.value.retryable


def test_a_refused_row_is_named_by_its_place_in_the_callers_list():
    def load(call):
        for index, row in enumerate(call.kwargs["data"]):
            if row[0] == "m.4":
                return {
                    "ids": False,
                    "messages": [{"type": "error", "record": index, "field": "name", "message": "No."}],
                }
        return load_all(call)

    rows = [(f"m.{n}", {"name": "x"} if n % 2 == 0 else {"sequence": n}) for n in range(8)]
    with pytest.raises(RejectedError, match=r"row 4 \(m\.4\), field 'name' of project\.task: No\.") as caught:
        store_on(ScriptedOdoo(load=load), load_chunk=2).upsert(TASK, rows)
    assert caught.value.details == {"row": 4, "identifier": "m.4", "field": "name", "said": "No."}


def test_a_refusal_without_a_row_keeps_odoos_words():
    odoo = ScriptedOdoo(load=lambda call: {"ids": False, "messages": [{"message": "Nope."}]})
    with pytest.raises(RejectedError, match=r"Nope\."):
        store_on(odoo).upsert(TASK, [("m.a", {"name": "A"})])


def test_a_strange_answer_to_load_is_malformed():
    with pytest.raises(MalformedAnswerError):
        store_on(ScriptedOdoo(load=lambda call: {"ids": [1, 2]})).upsert(TASK, [("m.a", {"name": "A"})])


@pytest.mark.parametrize("values", [{"tag_ids": [(4, 1)]}, {"child_ids": [(0, 0, {})]}, {"extra": {"a": 1}}])
def test_values_that_load_cannot_carry_are_refused_before_anything_is_sent(values):
    odoo = ScriptedOdoo()
    with pytest.raises(FieldError, match="upsert cannot carry"):
        store_on(odoo).upsert(TASK, [("m.a", {"name": "A"}), ("m.b", values)])
    assert odoo.asked("load") == []


# --- unlink --------------------------------------------------------------------------------------------


def test_deleting_what_is_gone_already_deletes_the_rest():
    odoo = ScriptedOdoo(unlink=[RemoteMissingRecordError("gone"), True], read=rows_by_id(_1={}, _3={}))
    store_on(odoo).unlink(TASK, [1, 2, 3])
    assert [call.ids for call in odoo.asked("unlink")] == [(1, 2, 3), (1, 3)]
    assert all(call.repeatable for call in odoo.calls)


def test_deleting_what_is_all_gone_is_no_error():
    odoo = ScriptedOdoo(unlink=[RemoteMissingRecordError("gone")], read=rows_by_id())
    store_on(odoo).unlink(TASK, [1, 2])
    assert len(odoo.asked("unlink")) == 1


def test_a_missing_record_that_is_none_of_ours_is_an_error():
    odoo = ScriptedOdoo(unlink=[RemoteMissingRecordError("another is gone")], read=rows_by_id(_1={}))
    with pytest.raises(MissingRecordError):
        store_on(odoo).unlink(TASK, [1])


def test_deleting_nothing_asks_nothing():
    odoo = ScriptedOdoo()
    store_on(odoo).unlink(TASK, [])
    assert odoo.calls == []
