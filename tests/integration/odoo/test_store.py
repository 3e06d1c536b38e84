"""The record store on simulated Odoos and, when one is named, on a real one."""

import threading
from datetime import datetime

import pytest

from isthmus.errors import (
    ConfigurationError,
    ConstraintError,
    FieldError,
    MissingRecordError,
    ModelError,
    NotFoundError,
    RejectedError,
    UnauthorizedError,
)
from isthmus.odoo import OdooConnection
from isthmus.records.domain import Domain

TASK = "project.task"
GONE = 99999999
AT = datetime(2026, 7, 1, 23, 30, 15)


def written(connection):
    return {
        method: count
        for (_, method), count in connection.calls.items()
        if method in ("create", "write", "load")
    }


def test_values_of_every_kind_come_back_as_they_were_written(workshop):
    store, tags = workshop.store, workshop.tags(2)
    values = {
        "name": "  ü 欧 😀 ",
        "description": "<p>a <b>b</b></p>",
        "active": False,
        "sequence": 7,
        workshop.hours: 1.25,
        "date_deadline": workshop.due(AT),
        "priority": "1",
        "project_id": workshop.project,
        "tag_ids": [(6, 0, tags)],
        **workshop.nobody,
    }
    ids = store.create(TASK, [values])
    (row,) = store.read(TASK, ids, list(values))
    nobody = {name: [] if value else False for name, value in workshop.nobody.items()}
    assert row == {**values, **nobody, "id": ids[0], "tag_ids": row["tag_ids"]}
    assert sorted(row["tag_ids"]) == tags


def test_a_load_keeps_moments_in_utc_whatever_the_users_time_zone(workshop):
    ids = workshop.store.upsert(TASK, [workshop.row("a", date_assign=AT)], context={"tz": "Asia/Tokyo"})
    assert workshop.store.read(TASK, ids, ["date_assign"]) == [{"id": ids[0], "date_assign": AT}]


def test_binary_content_survives_create_and_load(workshop):
    store, content = workshop.store, bytes(range(256))
    (task,) = workshop.tasks("a")
    place = {"res_model": TASK, "res_id": task}
    ids = store.create("ir.attachment", [{"name": "x.bin", "datas": content, **place}])
    identifier = f"__isthmus_test__.{workshop.tag}_file"
    ids += store.upsert("ir.attachment", [(identifier, {"name": "y.bin", "datas": content, **place})])
    rows = store.read("ir.attachment", ids, ["datas"])
    store.unlink("ir.attachment", ids)
    assert [row["datas"] for row in rows] == [content, content]


def test_reading_keeps_the_order_and_leaves_out_what_is_missing(workshop):
    first, second = workshop.tasks("a", "b")
    assert workshop.store.read(TASK, [second, GONE, first], ["name"]) == [
        {"id": second, "name": "b"},
        {"id": first, "name": "a"},
    ]
    assert workshop.store.read(TASK, [GONE, first], []) == [{"id": first}]


def test_search_read_gives_ids_for_many2one(workshop):
    (task,) = workshop.tasks("a")
    domain = Domain.parse([("project_id", "=", workshop.project)])
    assert workshop.store.search_read(TASK, domain, ["name", "project_id"]) == [
        {"id": task, "name": "a", "project_id": workshop.project}
    ]
    assert workshop.store.search_read("project.tags", Domain.parse([("id", "=", GONE)]), ["name"]) == []


def test_searching_knows_offset_limit_order_and_count(workshop):
    ids = workshop.tasks("c", "a", "b")
    domain = Domain.parse([("project_id", "=", workshop.project)])
    assert workshop.store.search(TASK, domain, order="name desc") == [ids[0], ids[2], ids[1]]
    assert workshop.store.search(TASK, domain, order="name", offset=1, limit=1) == [ids[2]]
    assert workshop.store.count(TASK, domain) == 3


def test_different_values_are_written_in_few_calls_and_again_in_none(workshop, connection):
    ids = workshop.tasks("a", "b", "c", "d", "e")
    tags, due = workshop.tags(2), workshop.due(AT)
    rows = [
        (ids[0], {"active": False}),
        (ids[1], {"active": False}),
        (ids[2], {"name": "C", "date_deadline": due, "tag_ids": [(6, 0, tags)]}),
        (ids[3], {"name": "D", "date_deadline": False, "tag_ids": [(6, 0, tags[:1])]}),
        (ids[4], {"name": "e"}),
    ]
    connection.calls.clear()
    workshop.store.write_each(TASK, rows)
    assert written(connection) == {"write": 1, "load": 1}
    found = workshop.store.read(TASK, ids, ["name", "active", "date_deadline", "tag_ids"])
    assert [row["name"] for row in found] == ["a", "b", "C", "D", "e"]
    assert [row["active"] for row in found] == [False, False, True, True, True]
    assert [row["date_deadline"] for row in found] == [False, False, due, False, False]
    assert [sorted(row["tag_ids"]) for row in found] == [[], [], tags, tags[:1], []]
    connection.calls.clear()
    workshop.store.write_each(TASK, rows)
    assert written(connection) == {}


def test_archived_records_are_written_too(workshop):
    ids = workshop.tasks("a", "b", active=False)
    workshop.store.write_each(TASK, [(ids[0], {"name": "A"}), (ids[1], {"name": "B"})])
    assert [row["name"] for row in workshop.store.read(TASK, ids, ["name"])] == ["A", "B"]


def test_an_upsert_creates_once_and_updates_afterwards(workshop):
    tags = workshop.tags(2)
    rows = [workshop.row("a", tag_ids=[(6, 0, tags)], active=False), workshop.row("b")]
    ids = workshop.store.upsert(TASK, rows)
    again = [workshop.row("a", tag_ids=[(5,)]), workshop.row("b", name="B", active=False)]
    assert workshop.store.upsert(TASK, again) == ids
    assert workshop.find() == sorted(ids)
    rows = workshop.store.read(TASK, ids, ["name", "tag_ids", "active"])
    assert [(row["name"], row["tag_ids"], row["active"]) for row in rows] == [
        ("a", [], False),
        ("B", [], False),
    ]


def test_a_new_task_is_given_to_the_user_of_the_connection_before_odoo_16_alone(workshop, connection):
    ids = workshop.store.upsert(TASK, [workshop.row("a"), workshop.row("b", **workshop.nobody)])
    (field,) = workshop.nobody
    given, not_given = (row[field] for row in workshop.store.read(TASK, ids, [field]))
    user = connection.authenticate()
    assert given in (([user], user) if connection.version().major < 16 else ([],))
    assert not not_given


@pytest.mark.parametrize(
    ("field", "value"),
    [("project_id", GONE), ("priority", "9"), ("tag_ids", [(6, 0, [GONE])]), ("name", False)],
)
def test_a_bad_row_is_named_and_nothing_of_its_batch_is_written(workshop, field, value):
    rows = [workshop.row(name) for name in "abc"]
    rows[1][1][field] = value
    rows = [(identifier, {"tag_ids": [(5,)], "priority": "0", **values}) for identifier, values in rows]
    with pytest.raises(RejectedError) as caught:
        workshop.store.upsert(TASK, rows)
    assert caught.value.details["row"] == 1
    assert caught.value.details["field"] == field
    assert caught.value.details["identifier"] == rows[1][0]
    assert workshop.find() == []


def test_six_upserts_at_once_make_one_record(workshop, settings):
    made = []

    def upsert():
        made.append(workshop.store.upsert(TASK, [workshop.row("race")]))

    threads = [threading.Thread(target=upsert) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [made[0]] * 6
    assert workshop.find() == made[0]


def test_missing_records_are_an_error_for_a_write_and_none_for_an_unlink(workshop):
    first, second = workshop.tasks("a", "b")
    with pytest.raises(MissingRecordError):
        workshop.store.write(TASK, [GONE], {"name": "x"})
    with pytest.raises(MissingRecordError, match=str(GONE)):
        workshop.store.write_each(TASK, [(first, {"name": "x"}), (GONE, {"name": "y"})])
    assert workshop.store.read(TASK, [first], ["name"])[0]["name"] == "a"
    workshop.store.unlink(TASK, [first, GONE, second])
    workshop.store.unlink(TASK, [first, second])
    assert workshop.find() == []


def test_unknown_models_fields_and_methods_are_told_apart(workshop, connection):
    with pytest.raises(ModelError, match=r"no model 'x\.thing'"):
        workshop.store.fields("x.thing")
    with pytest.raises(FieldError, match="Did you mean 'name'"):
        workshop.store.read(TASK, [1], ["nmae"])
    with pytest.raises(NotFoundError, match="no method 'nothing_like_it'"):
        connection.execute(TASK, "nothing_like_it", [1])


def test_two_tags_of_one_name_violate_a_constraint(workshop):
    with pytest.raises(ConstraintError, match=r"already exists|name_uniq"):
        workshop.store.create("project.tags", [{"name": f"{workshop.tag} same"}] * 2)


def test_wrong_credentials_and_a_wrong_database_are_told_apart(settings):
    url, database, login, key = settings
    with pytest.raises(UnauthorizedError):
        OdooConnection(url, database, login, "not" + key).authenticate()
    with pytest.raises(ConfigurationError, match="no database 'isthmus_no_such_db'"):
        OdooConnection(url, "isthmus_no_such_db", login, key).authenticate()


def test_fields_tell_which_can_be_read_together(workshop):
    fields = workshop.store.fields(TASK)
    plain = [name for name, field in fields.items() if field.prefetch]
    assert {"name", "stage_id", "project_id", "date_deadline", "description", "active"} <= set(plain)
    assert not {"tag_ids", "child_ids", "display_name"} & set(plain)
    (task,) = workshop.tasks("a")
    assert set(workshop.store.read(TASK, [task], plain)[0]) == {"id", *plain}


def test_html_and_content_that_are_there_already_are_not_written_again(workshop, connection):
    store, content = workshop.store, b"content" * 1000
    (task,) = workshop.tasks("a")
    plain = {"description": 'Plain <b>text</b> & "more"<br/>of it'}
    file = {"name": "x.bin", "datas": content, "res_model": TASK, "res_id": task}
    (attachment,) = store.create("ir.attachment", [file])
    store.write_each(TASK, [(task, plain)])
    connection.calls.clear()
    store.write_each(TASK, [(task, plain)])
    store.write_each("ir.attachment", [(attachment, {"datas": content})])
    assert written(connection) == {}
    store.write_each("ir.attachment", [(attachment, {"datas": b"other"})])
    assert store.read("ir.attachment", [attachment], ["datas"])[0]["datas"] == b"other"
    store.unlink("ir.attachment", [attachment])


def test_a_record_that_somebody_deleted_is_not_upserted_again_until_that_is_wanted(workshop, connection):
    rows = [workshop.row("a"), workshop.row("b")]
    first, second = workshop.store.upsert(TASK, rows)
    connection.execute(TASK, "unlink", [second])  # by somebody else, for all that the store knows
    with pytest.raises(MissingRecordError, match="somebody deleted it") as caught:
        workshop.store.upsert(TASK, [workshop.row("a", name="A"), workshop.row("b")])
    assert caught.value.details["row"] == 1
    assert workshop.store.read(TASK, [first], ["name"])[0]["name"] == "a"
    assert workshop.find() == [first]
    workshop.store.forget_deleted(TASK, [rows[1][0]])
    again = workshop.store.upsert(TASK, rows)
    assert again[0] == first
    assert workshop.find() == sorted(again)
