"""Recordsets over a remote Odoo: how many calls they cost."""

import pytest

from isthmus.errors import ModelError
from isthmus.records import Registry, open_environment

TASK = "project.task"


@pytest.fixture
def env(workshop):
    with open_environment(Registry.build([]), None, odoo=workshop.store) as environment:
        yield environment


def test_reading_five_fields_of_a_thousand_records_in_a_loop_costs_two_calls(env, workshop, connection):
    workshop.tasks(*(f"t{n}" for n in range(1000)))
    connection.calls.clear()
    tasks = env[TASK].search([("project_id", "=", workshop.project)], order="id")
    seen = [(t.name, t.sequence, t.active, t.date_deadline, t.project_id.id) for t in tasks]
    assert len(seen) == 1000
    assert seen[0] == ("t0", seen[0][1], True, False, workshop.project)
    assert sum(connection.calls.values()) <= 2


def test_a_remote_model_reads_and_writes_like_a_local_one(env, workshop, connection):
    tags = workshop.tags(2)
    task = env[TASK].create({"name": "a", "project_id": workshop.project, "tag_ids": [(6, 0, tags)]})
    assert task.name == "a"
    assert sorted(task.tag_ids.ids) == tags
    assert task.project_id.name == f"isthmus test {workshop.tag}"
    task.name = "b"
    assert task.name == "b"
    assert task.exists() == task
    task.unlink()
    assert not task.exists()


def test_an_upsert_of_a_recordset_gives_records(env, workshop):
    tasks = env[TASK].upsert([workshop.row("a"), workshop.row("b")])
    assert tasks.mapped("name") == ["a", "b"]


def test_writing_different_values_costs_one_read_and_one_load(env, workshop, connection):
    tasks = env[TASK].browse(workshop.tasks(*"abc"))
    env[TASK]._fields
    connection.calls.clear()
    tasks.write_each([(task, {"name": task.id}) for task in tasks])
    assert connection.calls == {(TASK, "read"): 1, (TASK, "load"): 1}
    assert tasks.mapped("name") == [str(id_) for id_ in tasks.ids]


def test_a_model_that_odoo_does_not_have_is_an_error_of_the_environment(env):
    with pytest.raises(ModelError):
        env["x.thing"].search([])
