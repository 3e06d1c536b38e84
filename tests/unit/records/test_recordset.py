"""Recordsets on a real SQLite database: the vocabulary that connectors use."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from isthmus import api, fields, models
from isthmus.errors import ConstraintError, FieldError, MissingRecordError, ModelError
from isthmus.inheritance import capture
from isthmus.records import Registry, SecretText, SqlDatabase, open_environment, upgrade_schema
from isthmus.records.secret import Cipher

with capture() as declared:

    class Partner(models.Model):
        _name = "t.partner"
        _order = "name, id"
        _sql_constraints = [("ref_uniq", "unique(ref)", "One partner per reference.")]

        name = fields.Char(required=True)
        ref = fields.Char()
        active = fields.Boolean(default=True)
        age = fields.Integer()
        born = fields.Date()
        seen = fields.Datetime()
        info = fields.Json()
        parent_id = fields.Many2one("t.partner", ondelete="cascade")
        child_ids = fields.One2many("t.partner", "parent_id")
        tag_ids = fields.Many2many("t.tag")
        shout = fields.Char(compute="_compute_shout")
        password = fields.Secret()

        @api.depends("name")
        def _compute_shout(self) -> None:
            for record in self:
                record.shout = record.name.upper()

        @api.constrains("age")
        def _check_age(self) -> None:
            for record in self:
                if record.age < 0:
                    raise ConstraintError(f"{record.name} cannot be {record.age} years old")

    class Tag(models.Model):
        _name = "t.tag"
        name = fields.Char()

    class Customer(models.Model):
        _name = "t.customer"
        _inherits = {"t.partner": "partner_id"}

        partner_id = fields.Many2one("t.partner", required=True, ondelete="cascade")
        number = fields.Char()

    class Louder(models.Model):
        _inherit = "t.partner"
        name = fields.Char(help="What to call them.")

        def greet(self) -> str:
            return f"Hello {self.name}"


class PlainCipher:
    """Marks text instead of hiding it: what encryption looks like is not tested here."""

    def encrypt(self, text: str) -> str:
        return f"sealed:{text}"

    def decrypt(self, token: str) -> str:
        return token.removeprefix("sealed:")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.build(classes=declared)


@pytest.fixture
def env(registry: Registry) -> Iterator[Any]:
    database = SqlDatabase("sqlite://")
    upgrade_schema(database, registry)
    with open_environment(registry, database, services={Cipher: PlainCipher()}) as env:
        yield env


@pytest.fixture
def ann(env: Any) -> Any:
    return env["t.partner"].create({"name": "Ann", "ref": "a", "age": 40})


def test_create_with_a_dict_gives_one_record_and_with_a_list_many_in_order(env: Any) -> None:
    one = env["t.partner"].create({"name": "One"})
    many = env["t.partner"].create([{"name": "Two"}, {"name": "Three"}])
    assert len(one) == 1
    assert many.mapped("name") == ["Two", "Three"]
    assert not env["t.partner"].create([])


def test_empty_fields_read_as_in_odoo(ann: Any) -> None:
    assert ann.born is False
    assert ann.info is False
    assert ann.env["t.partner"].create({"name": "x"}).age == 0
    assert not ann.parent_id
    assert ann.parent_id._name == "t.partner"


def test_an_empty_recordset_reads_empty_values_and_several_records_refuse(env: Any, ann: Any) -> None:
    nobody = env["t.partner"]
    assert (nobody.name, nobody.age, nobody.id) == (False, 0, False)
    everybody = ann + env["t.partner"].create({"name": "Bob"})
    with pytest.raises(ValueError, match=r"Expected singleton: t\.partner"):
        everybody.name


def test_defaults_are_filled_in_and_given_values_win(env: Any) -> None:
    assert env["t.partner"].create({"name": "x"}).active is True
    assert env["t.partner"].create({"name": "y", "active": False}).active is False


def test_an_extension_adds_methods_and_refines_fields(ann: Any) -> None:
    assert ann.greet() == "Hello Ann"
    field = ann._fields["name"]
    assert field.required
    assert field.help == "What to call them."


def test_values_keep_their_types(env: Any) -> None:
    values = {
        "name": "x",
        "born": "1980-02-03",
        "seen": datetime(2026, 1, 2, 3, 4, 5, 678),
        "info": {"a": [1, None]},
    }
    record = env["t.partner"].create(values)
    env.clear()
    assert record.born == date(1980, 2, 3)
    assert record.seen == datetime(2026, 1, 2, 3, 4, 5, 678)
    assert record.info == {"a": [1, None]}


def test_an_unknown_field_is_refused_with_the_nearest_name(env: Any, ann: Any) -> None:
    with pytest.raises(FieldError, match=r"t\.partner has no field 'nmae'") as caught:
        env["t.partner"].create({"nmae": "x"})
    assert caught.value.hint == "Did you mean 'name'?"
    with pytest.raises(FieldError, match="'agee'"):
        ann.agee
    with pytest.raises(FieldError, match="'agee'"):
        ann.write({"agee": 1})
    with pytest.raises(FieldError, match="'agee'"):
        ann.agee = 1


def test_required_fields_must_have_a_value_on_create_and_on_write(env: Any, ann: Any) -> None:
    with pytest.raises(ConstraintError, match="'name'"):
        env["t.partner"].create({"ref": "z"})
    with pytest.raises(ConstraintError, match="'name'"):
        ann.name = False
    assert ann.name == "Ann"


def test_a_unique_constraint_names_its_message(env: Any, ann: Any) -> None:
    with pytest.raises(ConstraintError, match="One partner per reference"), env.savepoint():
        env["t.partner"].create({"name": "Other", "ref": "a"})


def test_a_python_constraint_runs_after_create_and_write(env: Any, ann: Any) -> None:
    with pytest.raises(ConstraintError, match="-1 years"), env.savepoint():
        ann.age = -1
    assert ann.age == 40


def test_assigning_to_a_field_writes_it(ann: Any) -> None:
    ann.name = "Anna"
    ann.env.clear()
    assert ann.name == "Anna"


def test_a_computed_field_follows_what_it_depends_on_and_cannot_be_searched(env: Any, ann: Any) -> None:
    assert ann.shout == "ANN"
    ann.name = "Bea"
    assert ann.shout == "BEA"
    with pytest.raises(Exception, match="computed"):
        env["t.partner"].search([("shout", "=", "BEA")])


def test_display_name_is_the_name_and_can_be_searched(env: Any, ann: Any) -> None:
    assert ann.display_name == "Ann"
    assert env["t.partner"].search([("display_name", "=", "Ann")]) == ann


def test_search_leaves_archived_records_out_unless_asked(env: Any, ann: Any) -> None:
    ann.active = False
    partners = env["t.partner"]
    assert ann not in partners.search([])
    assert ann in partners.search([("active", "=", False)])
    assert ann in partners.with_context(active_test=False).search([])
    assert ann.exists() == ann


def test_one2many_commands_create_update_and_unlink_lines(env: Any, ann: Any) -> None:
    ann.write({"child_ids": [(0, 0, {"name": "Kid"}), (0, 0, {"name": "Other"})]})
    kid, other = ann.child_ids
    assert kid.parent_id == ann
    ann.write({"child_ids": [(1, kid.id, {"name": "Kiddo"}), (2, other.id)]})
    assert ann.child_ids.mapped("name") == ["Kiddo"]
    assert not other.exists()


def test_many2many_commands_set_add_remove_and_clear_links(env: Any, ann: Any) -> None:
    red, blue = env["t.tag"].create([{"name": "red"}, {"name": "blue"}])
    ann.tag_ids = red
    assert ann.tag_ids == red
    ann.write({"tag_ids": [(4, blue.id)]})
    assert ann.tag_ids == red | blue
    ann.write({"tag_ids": [(3, red.id), (0, 0, {"name": "green"})]})
    assert ann.tag_ids.mapped("name") == ["blue", "green"]
    ann.write({"tag_ids": [(5,)]})
    assert not ann.tag_ids


def test_delegated_fields_read_write_create_and_search_through(env: Any) -> None:
    customer = env["t.customer"].create({"name": "Carl", "number": "7"})
    assert customer.partner_id.name == "Carl"
    customer.write({"name": "Carla", "number": "8"})
    assert (customer.partner_id.name, customer.number) == ("Carla", "8")
    assert env["t.customer"].search([("name", "=", "Carla")]) == customer
    assert env["t.customer"].search([("partner_id.name", "like", "Car")]) == customer
    customer.unlink()
    assert env["t.partner"].search([("name", "=", "Carla")])


def test_write_each_writes_different_values(env: Any) -> None:
    a, b = env["t.partner"].create([{"name": "a"}, {"name": "b"}])
    env["t.partner"].write_each([(a, {"name": "A", "age": 1}), (b, {"ref": "b!"})])
    assert (a.name, a.age, b.name, b.ref) == ("A", 1, "b", "b!")


def test_set_operations_keep_order_and_count_records_once(env: Any) -> None:
    a, b, c = env["t.partner"].create([{"name": n} for n in "abc"])
    assert (c + a + c).ids == [c.id, a.id]
    assert (a | b) - b == a
    assert (a | b) & (b | c) == b
    assert a in (a | b)
    assert (a | b)[1] == b
    assert (a | b | c)[1:].mapped("name") == ["b", "c"]
    with pytest.raises(TypeError, match="do not mix"):
        a | env["t.tag"]


def test_filtered_mapped_and_sorted_go_through_records(env: Any) -> None:
    a, b = env["t.partner"].create([{"name": "a", "age": 2}, {"name": "b", "age": 1}])
    both = a + b
    assert both.filtered("age") == both
    assert both.filtered(lambda r: r.age > 1) == a
    assert both.filtered_domain([("age", "<", 2)]) == b
    assert both.sorted("age").ids == [b.id, a.id]
    assert both.sorted("age", reverse=True).ids == [a.id, b.id]
    assert both.mapped("parent_id")._name == "t.partner"


def test_a_record_that_is_gone_says_so(env: Any, ann: Any) -> None:
    ann.unlink()
    assert not ann.exists()
    with pytest.raises(MissingRecordError, match="does not exist"):
        ann.name


def test_an_unknown_model_says_both_what_is_not_declared_and_what_is_not_connected(env: Any) -> None:
    with pytest.raises(ModelError, match=r"unknown model 'project\.task'.*no loaded package.*no Odoo"):
        env["project.task"]
    assert "project.task" not in env
    assert "t.partner" in env


def test_a_secret_is_stored_encrypted_and_shown_masked(env: Any) -> None:
    record = env["t.partner"].create({"name": "x", "password": "open sesame"})
    env.clear()
    secret = record.password
    assert isinstance(secret, SecretText)
    assert "sesame" not in f"{secret!r} {secret} {record.read(['password'])}".replace(
        "sealed:open sesame", ""
    )
    assert secret.reveal() == "open sesame"


def test_an_exception_rolls_back_and_a_normal_end_commits(registry: Registry) -> None:
    database = SqlDatabase("sqlite://")
    upgrade_schema(database, registry)
    with contextlib.suppress(RuntimeError), open_environment(registry, database) as env:
        env["t.tag"].create({"name": "lost"})
        raise RuntimeError
    done: list[str] = []
    with open_environment(registry, database) as env:
        assert not env["t.tag"].search([])
        env["t.tag"].create({"name": "kept"})
        env.after_commit(lambda: done.append("yes"))
        assert not done
    assert done == ["yes"]
    with open_environment(registry, database) as env:
        assert env["t.tag"].search([]).name == "kept"


def test_reading_a_field_in_a_loop_costs_one_query_per_model(env: Any) -> None:
    tag = env["t.tag"].create({"name": "t"})
    env["t.partner"].create([{"name": f"p{n}", "tag_ids": [(4, tag.id)]} for n in range(50)])
    env.clear()
    store = CountingStore(env.store("t.partner"))
    env.transaction._local_store = store
    total = [(r.name, r.age, r.ref, r.parent_id, r.tag_ids.ids) for r in env["t.partner"].search([])]
    assert len(total) == 50
    assert store.calls == ["search", "read", "read"]


class CountingStore:
    """Hands every call on to a store and notes its name."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            return found(*args, **kwargs)

        return call


def test_archived_lines_are_read_only_when_asked_for(env: Any, ann: Any) -> None:
    kid, gone = env["t.partner"].create(
        [{"name": "Kid", "parent_id": ann.id}, {"name": "Gone", "parent_id": ann.id, "active": False}]
    )
    assert ann.child_ids == kid
    assert ann.with_context(active_test=False).child_ids == kid | gone
