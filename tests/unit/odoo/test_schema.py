import pytest

from isthmus.odoo.schema import field_of, fields_of
from isthmus.records import fields
from tests.unit.odoo.recorded import VERSIONS, named


@pytest.fixture(params=VERSIONS)
def task(request):
    return fields_of("project.task", named(request.param, "fields-get")["response"]["body"]["result"])


def test_every_recorded_field_of_a_task_gets_a_class(task):
    assert len(task) > 100
    assert all(field.name == name and field.model_name == "project.task" for name, field in task.items())


@pytest.mark.parametrize(("name", "kind"), [
    ("id", fields.Integer), ("name", fields.Char), ("description", fields.Html),
    ("date_deadline", fields.Datetime),
    ("stage_id", fields.Many2one), ("tag_ids", fields.Many2many), ("child_ids", fields.One2many),
    ("active", fields.Boolean), ("state", fields.Selection), ("task_properties", fields.Json),
    ("allocated_hours", fields.Float),
])  # fmt: skip
def test_odoos_types_become_the_fields_of_the_record_layer(task, name, kind):
    assert type(task[name]) is kind


def test_relations_know_their_model_and_selections_their_values(task):
    assert task["stage_id"].comodel == "project.task.type"
    assert ("1_done", "Done") in task["state"].selection
    assert task["name"].string == "Title"
    assert task["name"].required


@pytest.mark.parametrize(("name", "prefetched"), [
    ("name", True), ("stage_id", True), ("description", True), ("write_date", True),
    ("tag_ids", False), ("child_ids", False), ("task_properties", False), ("display_name", False),
    ("html_field_history", False),
])  # fmt: skip
def test_stored_plain_fields_are_read_all_at_once(task, name, prefetched):
    assert task[name].prefetch is prefetched


def test_a_field_reserved_to_some_groups_is_not_read_with_the_others():
    field = field_of(
        "project.project", "stage_id", {"type": "many2one", "relation": "x", "groups": "project.group_stages"}
    )
    assert not field.prefetch
    assert field.groups == "project.group_stages"


@pytest.mark.parametrize(("odoo_type", "kind"), [
    ("monetary", fields.Float), ("reference", fields.Char), ("many2one_reference", fields.Integer),
    ("properties_definition", fields.Json), ("something_new", fields.Json),
])  # fmt: skip
def test_odoos_other_types_become_the_nearest_field(odoo_type, kind):
    assert type(field_of("m", "f", {"type": odoo_type})) is kind


def test_a_one2many_knows_its_inverse_and_a_char_its_size():
    lines = field_of("m", "line_ids", {"type": "one2many", "relation": "m.line", "relation_field": "m_id"})
    assert (lines.comodel, lines.inverse_name) == ("m.line", "m_id")
    assert field_of("m", "code", {"type": "char", "size": 3}).size == 3
