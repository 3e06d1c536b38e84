"""Upgrading a schema: additions are made, the rest is told, rows are never lost."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from isthmus import fields, models
from isthmus.clock import SystemClock
from isthmus.errors import ConstraintError, SchemaError
from isthmus.inheritance import capture
from isthmus.records import Registry, SqlDatabase, open_environment, upgrade_schema
from isthmus.records.engine import STEP_S
from isthmus.records.schema import Change, is_current, pending_changes
from isthmus.telemetry import subscribe
from tests.integration.records.shelf import REGISTRY as SHELF_REGISTRY


def registry_of(**attributes: Any) -> Registry:
    """Return a registry with the model ``up.thing``, that has a name and what is given."""
    with capture() as declared:

        class Other(models.Model):
            _name = "up.other"

            name = fields.Char()

        type("Thing", (models.Model,), {"_name": "up.thing", "name": fields.Char(), **attributes})
    return Registry.build(classes=declared)


OLD = registry_of()


@pytest.fixture
def with_rows(database: SqlDatabase) -> SqlDatabase:
    """Give a database with two things, "a" and "b", as declared at first."""
    upgrade_schema(database, OLD)
    with open_environment(OLD, database) as env:
        env["up.thing"].create([{"name": "a"}, {"name": "b"}])
    return database


def told(changes: list[Change]) -> list[str]:
    """Return what was done; what is left to a person in brackets."""
    return [
        text if change.is_automatic else f"[{text}]"
        for change in changes
        for text in [f"{change.kind} {change.table} {change.subject}".strip()]
    ]


def things(database: SqlDatabase, registry: Registry, name: str) -> list[Any]:
    with open_environment(registry, database, context={"active_test": False}) as env:
        return [row[name] for row in env["up.thing"].search([], order="id").read([name])]


def test_a_new_database_gets_all_tables_and_then_nothing_more(database: SqlDatabase) -> None:
    assert sorted(told(upgrade_schema(database, SHELF_REGISTRY))) == [
        "add table project_tags_test_book_rel",
        "add table record_identifier",
        "add table test_book",
        "add table test_book_similar",
        "add table test_loan",
        "add table test_shelf",
    ]
    assert pending_changes(database, SHELF_REGISTRY) == []
    assert upgrade_schema(database, SHELF_REGISTRY) == []


def test_pending_changes_are_what_an_upgrade_does_and_change_nothing(with_rows: SqlDatabase) -> None:
    new = registry_of(size=fields.Integer())
    assert told(pending_changes(with_rows, new)) == ["add column up_thing size"]
    assert told(pending_changes(with_rows, new)) == ["add column up_thing size"]
    assert told(upgrade_schema(with_rows, new)) == ["add column up_thing size"]
    assert pending_changes(with_rows, new) == []


def test_rows_get_the_constant_default_of_a_new_field(with_rows: SqlDatabase) -> None:
    new = registry_of(
        active=fields.Boolean(default=True),
        kind=fields.Selection([("x", "X")], required=True, default="x"),
        since=fields.Datetime(default=datetime(2026, 1, 2, 3, 4, 5)),
        size=fields.Integer(required=True),
        made=fields.Datetime(default=lambda self: self.env.now),
    )
    upgrade_schema(with_rows, new)
    assert things(with_rows, new, "active") == [True, True]
    assert things(with_rows, new, "kind") == ["x", "x"]
    assert things(with_rows, new, "since") == [datetime(2026, 1, 2, 3, 4, 5)] * 2
    assert things(with_rows, new, "size") == [0, 0]
    assert things(with_rows, new, "made") == [False, False]
    assert pending_changes(with_rows, new) == []


def test_a_new_required_field_without_a_default_is_left_while_there_are_rows(with_rows: SqlDatabase) -> None:
    new = registry_of(code=fields.Char(required=True, index=True), size=fields.Integer())
    changes = upgrade_schema(with_rows, new)
    assert told(changes) == [
        "add column up_thing size",
        "[add column up_thing code]",
        "[add index up_thing up_thing_code_index]",
    ]
    assert "Give the field a default" in str(changes[1])


def test_a_new_required_field_is_added_to_an_empty_table(database: SqlDatabase) -> None:
    upgrade_schema(database, OLD)
    new = registry_of(code=fields.Char(required=True), other_id=fields.Many2one("up.other", required=True))
    assert "add column up_thing code" in told(upgrade_schema(database, new))
    assert pending_changes(database, new) == []
    with database.begin() as transaction, pytest.raises(ConstraintError, match="required"):
        database.store(new, transaction, SystemClock()).create("up.thing", [{"name": "x"}])


def test_a_new_link_is_a_foreign_key_with_an_index(with_rows: SqlDatabase) -> None:
    new = registry_of(
        other_id=fields.Many2one("up.other", ondelete="cascade"), parent_id=fields.Many2one("up.thing")
    )
    assert sorted(told(upgrade_schema(with_rows, new))) == [
        "add column up_thing other_id",
        "add column up_thing parent_id",
        "add foreign key up_thing up_thing_other_id_fkey",
        "add foreign key up_thing up_thing_parent_id_fkey",
        "add index up_thing up_thing_other_id_index",
        "add index up_thing up_thing_parent_id_index",
    ]
    assert things(with_rows, new, "name") == ["a", "b"]
    with pytest.raises(ConstraintError), open_environment(new, with_rows) as env:
        env["up.thing"].create({"other_id": 77})
    with open_environment(new, with_rows) as env:
        other = env["up.other"].create({"name": "x"})
        env["up.thing"].search([("name", "=", "a")]).write({"other_id": other.id})
        other.unlink()
    assert things(with_rows, new, "name") == ["b"]


def test_constraints_are_added_to_rows_that_keep_them(with_rows: SqlDatabase) -> None:
    new = registry_of(
        _sql_constraints=[
            ("name_uniq", "unique(name)", "Twice!"),
            ("name_short", "check(length(name) < 9)", "Long!"),
        ]
    )
    assert told(upgrade_schema(with_rows, new)) == [
        "add index up_thing up_thing_name_uniq",
        "add check up_thing up_thing_name_short",
    ]
    with pytest.raises(ConstraintError, match="Twice!"), open_environment(new, with_rows) as env:
        env["up.thing"].create({"name": "a"})
    with pytest.raises(ConstraintError, match="Long!"), open_environment(new, with_rows) as env:
        env["up.thing"].create({"name": "a long name"})
    assert pending_changes(with_rows, new) == []


@pytest.mark.parametrize("rule", ["unique(name)", "check(name <> 'a')"])
def test_a_constraint_that_rows_break_is_refused_and_nothing_is_changed(
    with_rows: SqlDatabase, rule: str
) -> None:
    with open_environment(OLD, with_rows) as env:
        env["up.thing"].create({"name": "a"})
    new = registry_of(size=fields.Integer(), _sql_constraints=[("rule", rule, "No!")])
    with pytest.raises(SchemaError, match="rows that are there break it"):
        upgrade_schema(with_rows, new)
    assert "add column up_thing size" in told(pending_changes(with_rows, new))
    assert things(with_rows, OLD, "name") == ["a", "b", "a"]


def test_a_field_that_is_required_no_more_may_be_empty(with_rows: SqlDatabase) -> None:
    strict = registry_of(name=fields.Char(required=True))
    assert told(upgrade_schema(with_rows, strict)) == ["forbid empty up_thing name"]
    with pytest.raises(ConstraintError), open_environment(strict, with_rows) as env:
        env["up.thing"].create({"name": False})
    assert told(upgrade_schema(with_rows, OLD)) == ["allow empty up_thing name"]
    with open_environment(OLD, with_rows) as env:
        env["up.thing"].create({"name": False})


def test_a_field_is_not_made_required_while_rows_lack_it(with_rows: SqlDatabase) -> None:
    with open_environment(OLD, with_rows) as env:
        env["up.thing"].create({"name": False})
    strict = registry_of(name=fields.Char(required=True))
    (change,) = upgrade_schema(with_rows, strict)
    assert not change.is_automatic
    assert "1 row(s) have no value" in str(change)


def test_a_field_that_is_gone_keeps_its_column_and_its_values(with_rows: SqlDatabase) -> None:
    (change,) = upgrade_schema(with_rows, registry_of(name=fields.Char(compute="_no"), _no=lambda self: None))
    assert told([change]) == ["[drop column up_thing name]"]
    assert "ALTER TABLE up_thing DROP COLUMN name" in str(change)
    assert things(with_rows, OLD, "name") == ["a", "b"]


def test_a_change_of_type_is_left_to_a_person(with_rows: SqlDatabase) -> None:
    changes = upgrade_schema(with_rows, registry_of(name=fields.Integer()))
    assert told(changes) == ["[change type up_thing name]"]
    assert "Rename the column" in str(changes[0])
    assert things(with_rows, OLD, "name") == ["a", "b"]


def test_a_constraint_that_is_gone_is_told_with_the_statement_that_removes_it(with_rows: SqlDatabase) -> None:
    upgrade_schema(with_rows, registry_of(_sql_constraints=[("name_uniq", "unique(name)", "Twice!")]))
    (change,) = upgrade_schema(with_rows, OLD)
    assert not change.is_automatic
    assert "DROP INDEX up_thing_name_uniq" in str(change)


def test_a_changed_unique_constraint_is_replaced(with_rows: SqlDatabase) -> None:
    upgrade_schema(with_rows, registry_of(_sql_constraints=[("uniq", "unique(name)", "Twice!")]))
    new = registry_of(size=fields.Integer(), _sql_constraints=[("uniq", "unique(name, size)", "Twice!")])
    assert told(upgrade_schema(with_rows, new)) == [
        "add column up_thing size",
        "replace index up_thing up_thing_uniq",
    ]
    with open_environment(new, with_rows) as env:
        env["up.thing"].create({"name": "a", "size": 5})
    assert pending_changes(with_rows, new) == []


def test_what_happens_on_deletion_can_be_changed(database: SqlDatabase) -> None:
    def registry(ondelete: str) -> Registry:
        return registry_of(parent_id=fields.Many2one("up.thing", ondelete=ondelete))

    upgrade_schema(database, registry("restrict"))
    assert told(upgrade_schema(database, registry("cascade"))) == [
        "replace foreign key up_thing up_thing_parent_id_fkey"
    ]
    with open_environment(registry("cascade"), database) as env:
        parent = env["up.thing"].create({"name": "parent"})
        env["up.thing"].create({"name": "child", "parent_id": parent.id})
        parent.unlink()
        assert not env["up.thing"].search([])
    assert pending_changes(database, registry("cascade")) == []


def test_tables_columns_and_indexes_of_others_are_left_alone(with_rows: SqlDatabase) -> None:
    with with_rows.begin() as transaction:
        for statement in (
            "CREATE TABLE of_somebody (id integer primary key, name text)",
            "CREATE INDEX of_somebody_else ON up_thing (name)",
        ):
            transaction.change(sa.text(statement))
    new = registry_of(_sql_constraints=[("name_short", "check(length(name) < 9)", "Long!")])
    assert told(upgrade_schema(with_rows, new)) == ["add check up_thing up_thing_name_short"]
    inspector = sa.inspect(with_rows.engine)
    assert inspector.has_table("of_somebody")
    assert "of_somebody_else" in {index["name"] for index in inspector.get_indexes("up_thing")}


def test_a_rebuilt_table_keeps_rows_links_identifiers_and_the_last_id(with_rows: SqlDatabase) -> None:
    linked = registry_of(twin_id=fields.Many2one("up.thing", ondelete="cascade"), old=fields.Char())
    upgrade_schema(with_rows, linked)
    with open_environment(linked, with_rows) as env:
        first, second = env["up.thing"].search([], order="id")
        second.write({"twin_id": first.id, "old": "kept"})
        env["up.thing"].create({"name": "last"}).unlink()
    new = registry_of(
        twin_id=fields.Many2one("up.thing", ondelete="cascade"),
        _sql_constraints=[("name_short", "check(length(name) < 9)", "Long!")],
    )
    upgrade_schema(with_rows, new)
    assert things(with_rows, linked, "old") == [False, "kept"]
    assert things(with_rows, new, "twin_id") == [False, 1]
    with open_environment(new, with_rows) as env:
        assert env["up.thing"].create({"name": "next"}).id == 4


def test_an_upgrade_waits_for_a_writer(sqlite_url: str) -> None:
    writer, upgrading = SqlDatabase(sqlite_url), SqlDatabase(sqlite_url)
    transaction = writer.transaction()
    transaction.lock()
    with ThreadPoolExecutor(1) as pool:
        upgraded = pool.submit(upgrade_schema, upgrading, SHELF_REGISTRY)
        time.sleep(2 * STEP_S)
        transaction.close()
        assert len(upgraded.result()) == 6


def test_machines_that_upgrade_at_the_same_time_do_not_hinder_each_other(database_url: str) -> None:
    def upgrade(_: int) -> int:
        database = SqlDatabase(database_url)
        try:
            return len(upgrade_schema(database, SHELF_REGISTRY))
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(upgrade, range(4))) == [0, 0, 0, 6]


def test_every_change_is_told_to_subscribers(with_rows: SqlDatabase) -> None:
    heard: list[tuple[str, Any]] = []
    unsubscribe = subscribe(lambda name, fields: heard.append((name, fields["table"])))
    try:
        upgrade_schema(with_rows, registry_of(size=fields.Integer()))
    finally:
        unsubscribe()
    assert heard == [("schema.change", "up_thing")]


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (("x", "unique(nmae)", ""), "names no column: 'nmae'"),
        (("x", "exclude using gist (a)", ""), "Write unique"),
    ],
)
def test_a_constraint_that_cannot_be_read_is_refused(
    database: SqlDatabase, constraint: tuple[str, str, str], expected: str
) -> None:
    with pytest.raises(SchemaError, match=expected):
        upgrade_schema(database, registry_of(_sql_constraints=[constraint]))


def test_an_upgraded_database_is_known_to_be_current_until_the_declarations_change(
    database: SqlDatabase,
) -> None:
    newer = registry_of(note=fields.Text(index=True))
    assert not is_current(database, OLD)
    upgrade_schema(database, OLD)
    assert is_current(database, OLD)
    assert not is_current(database, newer)
    upgrade_schema(database, newer)
    assert is_current(database, newer)
    assert not pending_changes(database, newer)
