"""The SQL store: values, constraints, references and batches, on SQLite and PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from isthmus.errors import ConstraintError, DomainError, FieldError, MissingRecordError, ModelError
from isthmus.records import Domain, SqlDatabase, open_environment, upgrade_schema
from isthmus.records.domain import TRUE
from isthmus.records.sqlstore import SqlStore
from tests.integration.records.shelf import BOOK, LOAN, REGISTRY, SHELF
from tests.still_clock import StillClock


@pytest.fixture(scope="module")
def shelves(module_database_url: str) -> Iterator[SqlDatabase]:
    """Give a database for the whole module: each test rolls back."""
    database = SqlDatabase(module_database_url, synchronous="OFF")
    upgrade_schema(database, REGISTRY)
    yield database
    database.close()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def store(shelves: SqlDatabase, clock: StillClock) -> Iterator[SqlStore]:
    transaction = shelves.transaction()
    yield shelves.store(REGISTRY, transaction, clock)
    transaction.close()


def only(store: SqlStore, id_: int, name: str) -> Any:
    """Return the value of one field of one book."""
    return store.read(BOOK, [id_], [name])[0][name]


ODD_JSON = {"b": [1, None, "ä\0\ud800"], "a": 1.5, "big": 10**30}

VALUES = [
    ("name", "Ärger 😀", "Ärger 😀"),
    ("name", "", False),
    ("text", "a\r\nb", "a\r\nb"),
    ("pages", 2**63 - 1, 2**63 - 1),
    ("pages", -(2**63), -(2**63)),
    ("pages", False, 0),
    ("price", 0.1, 0.1),
    ("price", 1e300, 1e300),
    ("price", 3, 3.0),
    ("is_old", True, True),
    ("printed", date(1, 1, 1), date(1, 1, 1)),
    ("printed", "2026-02-03", date(2026, 2, 3)),
    ("read_at", datetime(2026, 2, 3, 4, 5, 6, 789), datetime(2026, 2, 3, 4, 5, 6, 789)),
    ("read_at", "2026-02-03 04:05:06", datetime(2026, 2, 3, 4, 5, 6)),
    ("data", ODD_JSON, ODD_JSON),
    ("data", 0, 0),
    ("data", "", ""),
    ("data", [], []),
    ("data", None, False),
    ("cover", bytes(range(256)), bytes(range(256))),
    ("cover", b"", False),
    ("kind", "b", "b"),
    ("far_id", 12, 12),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "expected"), VALUES, ids=lambda value: repr(value)[:30])
def test_a_value_comes_back_in_the_neutral_form(
    store: SqlStore, name: str, given: Any, expected: Any
) -> None:
    created, written = store.create(BOOK, [{name: given}, {}])
    store.write(BOOK, [written], {name: given})
    for id_ in (created, written):
        found = only(store, id_, name)
        assert found == expected
        assert type(found) is type(expected)


REFUSED = [
    ("pages", 2**63, "whole number of 64 bits"),
    ("pages", "many", "a whole number"),
    ("price", float("nan"), "a finite number"),
    ("price", float("inf"), "a finite number"),
    ("name", "a\0b", "NUL"),
    ("name", "\ud800", "surrogate"),
    ("name", "x" * 21, "at most 20 characters"),
    ("printed", "soon", "a date such as"),
    ("read_at", "2026-02-03T04:05:06Z", "a moment in UTC"),
    ("data", {1, 2}, "a JSON value"),
    ("data", float("nan"), "a JSON value"),
    ("cover", "text", "bytes"),
    ("kind", "c", "one of 'a', 'b'"),
    ("shelf_id", "one", "a record or the id"),
    ("similar_ids", [(9, 1)], "x2many commands"),
    ("similar_ids", [(0, 0, {})], "one of the commands"),
    ("loan_ids", [(4, 1)], "written through their own model"),
]


@pytest.mark.parametrize(("name", "value", "expected"), REFUSED, ids=lambda value: repr(value)[:30])
def test_a_value_that_does_not_fit_is_refused_naming_model_and_field(
    store: SqlStore, name: str, value: Any, expected: str
) -> None:
    (id_,) = store.create(BOOK, [{}])
    with pytest.raises(FieldError, match=rf"test\.book\.{name} .*{expected}"):
        store.create(BOOK, [{name: value}])
    with pytest.raises(FieldError, match=rf"test\.book\.{name} .*{expected}"):
        store.write(BOOK, [id_], {name: value})


def test_dates_of_creation_and_writing_come_from_the_clock(store: SqlStore, clock: StillClock) -> None:
    first, second = store.create(BOOK, [{"create_date": "2000-01-01 00:00:00"}, {}])
    created = clock.now()
    clock.advance(60)
    store.write_each(BOOK, [(second, {"pages": 1})])
    rows = store.read(BOOK, [first, second], ["create_date", "write_date"])
    assert [row["create_date"] for row in rows] == [created, created]
    assert [row["write_date"] for row in rows] == [created, clock.now()]


# --- constraints ---------------------------------------------------------------------------------------


def test_a_unique_constraint_is_named_with_its_message_and_values(store: SqlStore) -> None:
    store.create(SHELF, [{"name": "A"}])
    with pytest.raises(
        ConstraintError, match=r"test\.shelf: There is a shelf of that name already\..*'B'"
    ) as refused:
        store.create(SHELF, [{"name": "B"}, {"name": "A"}])
    assert refused.value.details["model"] == SHELF
    assert refused.value.details["constraint"] == "name_uniq"
    assert refused.value.details["values"] == [{"name": "B"}, {"name": "A"}]


def test_a_unique_constraint_over_two_fields_is_recognised(store: SqlStore) -> None:
    (book,) = store.create(BOOK, [{}])
    store.create(LOAN, [{"book_id": book, "reader": "Ann"}])
    with pytest.raises(ConstraintError, match="One loan for each reader"):
        store.create(LOAN, [{"book_id": book, "reader": "Ann"}])


def test_a_check_constraint_is_named_with_its_message(store: SqlStore) -> None:
    with pytest.raises(ConstraintError, match="smaller than nothing") as refused:
        store.create(SHELF, [{"name": "A", "size": -1}])
    assert refused.value.details["constraint"] == "size_positive"


def test_a_required_field_is_named(store: SqlStore) -> None:
    with pytest.raises(ConstraintError, match="field name is required"):
        store.create(SHELF, [{"size": 1}])


def test_an_empty_text_is_enough_for_a_required_field_as_in_odoo(store: SqlStore) -> None:
    (id_,) = store.create(SHELF, [{"name": ""}])
    assert store.read(SHELF, [id_], ["name"]) == [{"id": id_, "name": False}]
    assert store.search(SHELF, Domain.parse([("name", "=", False)])) == [id_]


def test_a_link_to_a_missing_record_is_refused(store: SqlStore) -> None:
    with pytest.raises(ConstraintError, match="record that does not exist"):
        store.create(BOOK, [{"shelf_id": 999}])


def test_links_to_another_store_are_not_checked(store: SqlStore) -> None:
    (id_,) = store.create(BOOK, [{"far_id": 999, "far_ids": [(6, 0, [7, 5])]}])
    assert store.read(BOOK, [id_], ["far_id", "far_ids"]) == [{"id": id_, "far_id": 999, "far_ids": [5, 7]}]
    assert store.search(BOOK, Domain.parse([("far_ids", "in", [5])])) == [id_]
    assert store.search(BOOK, Domain.parse([("far_id.id", "=", 999)])) == [id_]


@pytest.mark.parametrize("verb", ["create", "write", "write_each", "upsert"])
def test_a_refused_call_leaves_nothing_behind_and_the_transaction_goes_on(store: SqlStore, verb: str) -> None:
    first, second = store.create(SHELF, [{"name": "A", "size": 1}, {"name": "B", "size": 2}])
    bad: dict[str, Any] = {
        "create": lambda: store.create(SHELF, [{"name": "C"}, {"name": "A"}]),
        "write": lambda: store.write(SHELF, [first, second], {"name": "C"}),
        "write_each": lambda: store.write_each(SHELF, [(first, {"size": 9}), (second, {"name": "A"})]),
        "upsert": lambda: store.upsert(SHELF, [("x.one", {"name": "C"}), ("x.two", {"name": "A"})]),
    }
    with pytest.raises(ConstraintError):
        bad[verb]()
    rows = store.search_read(SHELF, TRUE, ["name", "size"])
    assert [(row["name"], row["size"]) for row in rows] == [("A", 1), ("B", 2)]


def test_write_each_to_a_missing_record_writes_nothing_and_names_it(store: SqlStore) -> None:
    (id_,) = store.create(BOOK, [{"pages": 1}])
    with pytest.raises(MissingRecordError, match="998") as refused:
        store.write_each(BOOK, [(id_, {"pages": 2}), (998, {"pages": 2})])
    assert refused.value.details["ids"] == [998]
    assert only(store, id_, "pages") == 1


# --- references ----------------------------------------------------------------------------------------


def test_deleting_a_target_empties_the_links_to_it(store: SqlStore) -> None:
    first, second = store.create(BOOK, [{}, {}])
    store.write(BOOK, [first], {"next_id": second, "similar_ids": [(4, second)]})
    store.unlink(BOOK, [second])
    assert store.read(BOOK, [first], ["next_id", "similar_ids"]) == [
        {"id": first, "next_id": False, "similar_ids": []}
    ]


def test_deleting_cascades_where_the_field_says_so(store: SqlStore) -> None:
    (book,) = store.create(BOOK, [{}])
    store.create(LOAN, [{"book_id": book, "reader": "Ann"}])
    store.unlink(BOOK, [book])
    assert store.count(LOAN, TRUE) == 0


def test_deleting_what_is_needed_is_refused(store: SqlStore) -> None:
    (shelf,) = store.create(SHELF, [{"name": "A"}])
    (book,) = store.create(BOOK, [{"shelf_id": shelf}])
    with pytest.raises(ConstraintError, match=r"test\.shelf"):
        store.unlink(SHELF, [shelf])
    assert only(store, book, "shelf_id") == shelf


def test_ids_are_never_given_twice(store: SqlStore) -> None:
    (first,) = store.create(BOOK, [{}])
    store.unlink(BOOK, [first])
    assert store.create(BOOK, [{}])[0] > first


def test_an_identifier_whose_record_was_deleted_by_cascade_makes_a_new_one(store: SqlStore) -> None:
    (book, other) = store.create(BOOK, [{}, {}])
    (loan,) = store.upsert(LOAN, [("x.loan", {"book_id": book, "reader": "Ann"})])
    store.unlink(BOOK, [book])
    (again,) = store.upsert(LOAN, [("x.loan", {"book_id": other, "reader": "Ann"})])
    assert again > loan
    assert store.upsert(LOAN, [("x.loan", {"reader": "Bob"})]) == [again]


def test_the_same_identifier_belongs_to_each_model_by_itself(store: SqlStore) -> None:
    store.upsert(BOOK, [("x.one", {"name": "Book"})])
    store.upsert(SHELF, [("x.one", {"name": "Shelf"})])
    assert store.count(BOOK, TRUE) == store.count(SHELF, TRUE) == 1


def test_an_identifier_given_twice_in_a_call_is_one_record(store: SqlStore) -> None:
    first, second = store.upsert(BOOK, [("x.one", {"name": "A", "pages": 1}), ("x.one", {"name": "B"})])
    assert first == second
    assert store.read(BOOK, [first], ["name", "pages"]) == [{"id": first, "name": "B", "pages": 1}]


# --- many ----------------------------------------------------------------------------------------------


def test_any_number_of_ids_fits_into_one_statement(store: SqlStore) -> None:
    ids = store.create(BOOK, [{}, {"name": "same"}, {}])
    many = [*ids, *range(ids[-1] + 1, ids[-1] + 70_000)]  # more than either database has parameters
    assert store.search(BOOK, Domain.parse([("id", "in", many)])) == ids
    assert store.search(BOOK, Domain.parse([("id", "not in", many[1:])])) == ids[:1]
    assert [row["id"] for row in store.read(BOOK, many, ["pages"])] == ids
    names = [f"name {number}" for number in range(70_000)]
    assert store.search(BOOK, Domain.parse([("name", "in", ["same", *names])])) == ids[1:2]
    with pytest.raises(MissingRecordError, match=f"id {many[3]}, "):
        store.write(BOOK, many, {"pages": 1})
    store.unlink(BOOK, many)
    assert store.count(BOOK, TRUE) == 0


def test_a_domain_of_thousands_of_terms_is_answered(store: SqlStore) -> None:
    (id_,) = store.create(BOOK, [{"pages": 1_999}])
    terms = [("pages", "=", number) for number in range(2_000)]
    assert store.search(BOOK, Domain.parse(["|"] * 1_999 + terms)) == [id_]
    assert store.search(BOOK, Domain.parse(terms)) == []


def test_links_of_many_records_are_written_at_once(store: SqlStore) -> None:
    ids = store.create(BOOK, [{} for _ in range(50)])
    linked = store.create(
        BOOK, [{"similar_ids": [(6, 0, ids)]}, {"similar_ids": [(4, ids[0]), (4, ids[1]), (3, ids[0])]}]
    )
    rows = store.read(BOOK, linked, ["similar_ids"])
    assert [row["similar_ids"] for row in rows] == [ids, [ids[1]]]
    store.write_each(
        BOOK, [(linked[0], {"similar_ids": [(3, ids[0])]}), (linked[1], {"similar_ids": [(5,), (4, ids[2])]})]
    )
    rows = store.read(BOOK, linked, ["similar_ids"])
    assert [row["similar_ids"] for row in rows] == [ids[1:], [ids[2]]]


# --- asking --------------------------------------------------------------------------------------------


def test_empty_values_come_last_when_ascending_and_first_when_descending(store: SqlStore) -> None:
    none, first, last = store.create(BOOK, [{}, {"printed": "2026-01-01"}, {"printed": "2026-01-02"}])
    assert store.search(BOOK, TRUE, order="printed") == [first, last, none]
    assert store.search(BOOK, TRUE, order="printed desc") == [none, last, first]
    assert store.search(BOOK, TRUE, order="printed desc nulls last") == [last, first, none]


def test_texts_are_ordered_by_their_characters_on_every_machine(store: SqlStore) -> None:
    names = ["Z", "a", "Ä", "_", "z", "😀", "\uffff"]
    ids = dict(zip(names, store.create(BOOK, [{"name": name} for name in names]), strict=True))
    assert store.search(BOOK, TRUE, order="name") == [ids[name] for name in sorted(names)]


@pytest.mark.parametrize(
    "order", ["name; drop table x", "loan_ids", "title", "name sideways", "shelf_id.name"]
)
def test_an_order_that_is_none_is_refused(store: SqlStore, order: str) -> None:
    with pytest.raises(FieldError, match="cannot be ordered"):
        store.search(BOOK, TRUE, order=order)


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (("pages", "=", "many"), "cannot be compared with 'many'"),
        (("read_at", ">", "yesterday"), "'yesterday' is not a date"),
        (("data", "=", "x"), "only be compared with False"),
        (("price", "like", "1"), "pattern"),
        (("shelf_id", "=", True), "True is not an id"),
        (("name", "child_of", 1), "wants a relation or 'id'"),
        (("id", "child_of", 1), "has no field 'parent_id'"),
        (("loan_ids", ">", 1), "no order"),
        (("name.x", "=", 1), "'name' is not a relation"),
        (("name", "any", []), "'name' is not a relation"),
        (("name", "=", "a\0"), "NUL"),
        (("far_id.name", "=", "x"), "not kept in this database"),
        (("title", "=", "x"), "not stored"),
    ],
    ids=str,
)
def test_a_term_that_makes_no_sense_is_refused_by_name(store: SqlStore, term: Any, expected: str) -> None:
    with pytest.raises(DomainError, match=expected) as refused:
        store.search(BOOK, Domain.parse([("pages", "=", 1), term]))
    assert term[0].split(".")[0] in str(refused.value)


def test_delegated_fields_are_found_through_the_link(store: SqlStore) -> None:
    first, _ = store.create(BOOK, [{"name": "A"}, {"name": "B"}])
    (loan,) = store.create(LOAN, [{"book_id": first, "reader": "Ann"}])
    assert store.search(LOAN, Domain.parse([("name", "=", "A")])) == [loan]
    assert store.search(LOAN, Domain.parse([("name", "=", "B")])) == []


def test_links_to_another_store_are_found_by_id_without_that_store(shelves: SqlDatabase) -> None:
    with open_environment(REGISTRY, shelves) as env:
        books = env[BOOK].create([{"far_id": 5}, {}])
        assert env[BOOK].search([("far_id", "=", 5)]) == books[0]
        assert env[BOOK].search([("far_id", "not in", [5])]) == books[1]
        assert books.filtered_domain([("far_id", "!=", False)]) == books[0]
        env.rollback()


def test_the_last_of_several_values_for_one_record_wins(store: SqlStore) -> None:
    (id_,) = store.create(BOOK, [{}])
    rows = [(id_, {"pages": 1}), (id_, {"name": "x", "pages": 2}), (id_, {"pages": 3})]
    store.write_each(BOOK, rows)
    assert store.read(BOOK, [id_], ["name", "pages"]) == [{"id": id_, "name": "x", "pages": 3}]


def test_an_abstract_model_has_no_records(store: SqlStore) -> None:
    with pytest.raises(ModelError, match="abstract"):
        store.search("base", TRUE)


def test_a_domain_without_any_record_is_not_asked_of_the_database(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*about: Any) -> Any:
        raise AssertionError(about)

    monkeypatch.setattr(store._transaction, "read", read)
    nothing = Domain.parse([("pages", ">", 1), ("name", "in", [])])
    assert store.search(BOOK, nothing) == []
    assert store.search_read(BOOK, nothing, ["name"]) == []
    with pytest.raises(FieldError, match="nowhere"):
        store.search(BOOK, nothing, order="nowhere")


def test_secrets_of_the_values_are_not_in_database_errors(store: SqlStore) -> None:
    secret = os.urandom(8).hex()
    with pytest.raises(ConstraintError) as refused:
        store.create(BOOK, [{"text": secret, "shelf_id": 999}])
    assert secret not in f"{refused.value} {refused.value.__cause__} {refused.value.__cause__.__cause__}"
