"""What every record store must do, as tests to inherit from.

A test module gives a fixture ``case`` (a :class:`StoreCase`) and a class::

    class TestMyStore(RecordStoreSuite): ...

The models are a few of Odoo's own (``res.partner``, ``res.partner.category``, ``project.tags``,
``project.task``), so that the suite runs on a real Odoo too. There other records exist, so each case marks
its partners with a ``ref`` of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from isthmus import fields, models
from isthmus.errors import ConstraintError, FieldError, IsthmusError, MissingRecordError, ModelError
from isthmus.inheritance import capture
from isthmus.records import Domain, RecordStore

PARTNER, CATEGORY, TAG, TASK = "res.partner", "res.partner.category", "project.tags", "project.task"

with capture() as declared:

    class Partner(models.Model):
        _name = PARTNER
        _order = "name, id desc"

        name = fields.Char()
        active = fields.Boolean(default=True)
        email = fields.Char()
        ref = fields.Char(index=True)
        function = fields.Char()
        comment = fields.Html()
        color = fields.Integer()
        is_company = fields.Boolean()
        parent_id = fields.Many2one(PARTNER)
        child_ids = fields.One2many(PARTNER, "parent_id")
        category_id = fields.Many2many(CATEGORY)

    class Category(models.Model):
        _name = CATEGORY
        _order = "name"

        name = fields.Char(required=True)
        active = fields.Boolean(default=True)

    class Tag(models.Model):
        _name = TAG

        name = fields.Char(required=True)
        _sql_constraints = [("name_uniq", "unique(name)", "A tag with the same name already exists.")]

    class Task(models.Model):
        _name = TASK

        name = fields.Char(required=True)
        date_assign = fields.Datetime()
        allocated_hours = fields.Float()


#: The same models declared for a local store.
DECLARED = tuple(declared)


@dataclass
class StoreCase:
    """A store under test, and the mark of this test's partners."""

    store: RecordStore
    mark: str = field(default_factory=lambda: f"conformance-{uuid.uuid4().hex}")

    def name(self, text: str) -> str:
        """Return a name that no other test uses, for what must be unique in a whole database."""
        return f"{text} {self.mark}"

    def partners(self, *rows: dict[str, Any]) -> list[int]:
        """Create partners of this test."""
        return self.store.create(PARTNER, [{"active": True, "ref": self.mark, **row} for row in rows])

    def search(self, terms: Iterable[Any], context: dict[str, Any] | None = None, **paging: Any) -> list[int]:
        """Search among the partners of this test."""
        domain = Domain.parse([("ref", "=", self.mark)]) & Domain.parse(terms)
        return self.store.search(PARTNER, domain, context=context or {}, **paging)

    def names(self, ids: Sequence[int]) -> list[str]:
        """Return the names of partners."""
        return [row["name"] for row in self.store.read(PARTNER, ids, ["name"])]


@dataclass
class Family(StoreCase):
    """Four partners: Alpha, beta below Alpha, Gamma_% below beta, and the archived delta below Alpha."""

    ids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.red, self.blue = self.store.create(
            CATEGORY,
            [{"name": self.name("Red"), "active": True}, {"name": self.name("Blue"), "active": True}],
        )
        self.ids = self.partners(
            {"name": "Alpha", "email": "a@x.example", "color": 1, "category_id": [(6, 0, [self.red])]},
            {"name": "beta", "color": 0, "is_company": True},
            {
                "name": "Gamma_%",
                "email": "C@X.example",
                "color": 5,
                "category_id": [(6, 0, [self.red, self.blue])],
            },
            {"name": "delta", "email": "d", "color": -3, "active": False},
        )
        alpha, beta, gamma, delta = self.ids
        self.store.write(PARTNER, [beta, delta], {"parent_id": alpha})
        self.store.write(PARTNER, [gamma], {"parent_id": beta})

    def found(self, terms: Sequence[Any]) -> str:
        """Return the first letters of those found, archived ones included."""
        terms = [self._term(term) for term in terms]
        found = set(self.search(terms, {"active_test": False}))
        return "".join(letter for letter, id_ in zip("abgd", self.ids, strict=True) if id_ in found)

    def _term(self, term: Any) -> Any:
        if not isinstance(term, tuple):
            return term
        return tuple(self._id(part) if isinstance(part, Id) else part for part in term)

    def _id(self, named: Id) -> Any:
        known = dict(zip("abgd", self.ids, strict=True)) | {"red": self.red, "blue": self.blue}
        return known[named.names] if named.names in known else [known[letter] for letter in named.names]


@dataclass(frozen=True)
class Id:
    """The id of a record of the family, or the list of several."""

    names: str


MEANINGS = [
    # equality and null
    ([("email", "=", "a@x.example")], "a"),
    ([("email", "!=", "a@x.example")], "bgd"),
    ([("email", "=", False)], "b"),
    ([("email", "!=", False)], "agd"),
    ([("color", "=", 0)], "b"),
    ([("color", "!=", 1)], "bgd"),
    ([("is_company", "=", True)], "b"),
    ([("is_company", "=", False)], "agd"),
    ([("is_company", "!=", True)], "agd"),
    ([("name", "=?", False)], "abgd"),
    ([("name", "=?", "beta")], "b"),
    # membership
    ([("name", "in", ["Alpha", "beta"])], "ab"),
    ([("name", "not in", ["Alpha", "beta"])], "gd"),
    ([("email", "in", ["d", False])], "bd"),
    ([("email", "not in", ["d", False])], "ag"),
    ([("email", "not in", ["d"])], "abg"),
    ([("name", "in", [])], ""),
    ([("name", "not in", [])], "abgd"),
    # order
    ([("color", ">", 0)], "ag"),
    ([("color", "<=", 0)], "bd"),
    ([("color", ">=", -3), ("color", "<", 1)], "bd"),
    # patterns
    ([("name", "like", "a")], "abgd"),
    ([("name", "like", "A")], "a"),
    ([("name", "ilike", "A")], "abgd"),
    ([("name", "=like", "A%")], "a"),
    ([("name", "=ilike", "B_TA")], "b"),
    ([("name", "like", "a\\_")], "g"),
    ([("name", "like", "\\%")], "g"),
    ([("email", "not like", "@x")], "bgd"),
    ([("email", "not ilike", "@x")], "bd"),
    ([("email", "not =like", "%@x.example")], "bgd"),
    ([("email", "not =ilike", "%@x.example")], "bd"),
    ([("parent_id.email", "not =like", "a%")], "g"),
    # joining
    (["|", ("name", "=", "Alpha"), ("name", "=", "beta")], "ab"),
    (["!", ("name", "=", "Alpha")], "bgd"),
    (["!", "|", ("name", "=", "Alpha"), ("email", "=", False)], "gd"),
    ([(1, "=", 1)], "abgd"),
    ([(0, "=", 1)], ""),
    # relations
    ([("parent_id", "=", Id("a"))], "bd"),
    ([("parent_id", "!=", Id("a"))], "ag"),
    ([("parent_id", "=", False)], "a"),
    ([("parent_id", "in", Id("ab"))], "bgd"),
    ([("parent_id", "not in", Id("ab"))], "a"),
    ([("parent_id.name", "=", "Alpha")], "bd"),
    ([("parent_id.name", "!=", "Alpha")], "g"),
    ([("parent_id.parent_id.name", "=", "Alpha")], "g"),
    ([("category_id", "in", Id("blue"))], "g"),
    ([("category_id", "=", Id("red"))], "ag"),
    ([("category_id", "not in", Id("blue"))], "abd"),
    ([("category_id", "=", False)], "bd"),
    ([("category_id", "!=", False)], "ag"),
    ([("category_id.name", "like", "Blue")], "g"),
    ([("child_ids", "in", Id("bg"))], "ab"),
    ([("child_ids.name", "=", "Gamma_%")], "b"),
    ([("child_ids", "=", False)], "gd"),
    ([("parent_id", "any", [("name", "=", "Alpha")])], "bd"),
    ([("parent_id", "not any", [("name", "=", "Alpha")])], "ag"),
    ([("child_ids", "any", [("color", ">", 0)])], "b"),
    ([("child_ids", "not any", [("color", ">", 0)])], "agd"),
    ([("child_ids", "any", [("category_id", "any", [("name", "like", "Blue")])])], "b"),
    ([("parent_id.child_ids", "any", [("email", "not =like", "d")])], "bgd"),
    ([("id", "child_of", Id("b"))], "bg"),
    ([("parent_id", "child_of", Id("b"))], "bg"),
    ([("id", "parent_of", Id("b"))], "ab"),
    ([("id", "in", Id("ag"))], "ag"),
    ([("id", "not in", Id("ag"))], "bd"),
]  # fmt: skip


class RecordStoreSuite:
    """The tests. Subclasses give the fixture ``case``."""

    @pytest.fixture
    def family(self, case: StoreCase) -> Family:
        return Family(case.store)

    # --- searching ---

    @pytest.mark.parametrize(("terms", "expected"), MEANINGS, ids=lambda value: str(value)[:70])
    def test_a_domain_means_what_it_means_in_odoo(self, family: Family, terms: Any, expected: str) -> None:
        assert family.found(terms) == expected

    def test_archived_records_are_hidden(self, family: Family) -> None:
        assert family.ids[3] not in family.search([])
        assert family.ids[3] in family.search([], {"active_test": False})
        assert family.search([("active", "=", False)]) == [family.ids[3]]
        assert family.search(["|", ("active", "=", False), ("name", "=", "Alpha")], order="color") == [
            family.ids[3], family.ids[0],
        ]  # fmt: skip

    def test_records_come_in_the_order_asked_for(self, family: Family) -> None:
        alpha, beta, gamma, _ = family.ids
        assert family.search([], order="color desc") == [gamma, alpha, beta]
        assert family.search([], order="is_company desc, color") == [beta, alpha, gamma]
        assert family.search([], order="id desc") == [gamma, beta, alpha]

    def test_offset_and_limit_cut_a_page_out_of_the_order(self, family: Family) -> None:
        assert family.search([], order="id", limit=2) == family.ids[:2]
        assert family.search([], order="id", offset=1, limit=1) == family.ids[1:2]
        assert family.search([], order="id", offset=2) == family.ids[2:3]

    def test_counting_agrees_with_searching(self, family: Family) -> None:
        domain = Domain.parse([("ref", "=", family.mark)])
        assert family.store.count(PARTNER, domain) == 3
        assert family.store.count(PARTNER, domain, context={"active_test": False}) == 4

    def test_search_read_gives_the_rows_in_order(self, family: Family) -> None:
        rows = family.store.search_read(
            PARTNER, Domain.parse([("ref", "=", family.mark)]), ["name", "color"], order="color", limit=2
        )
        assert rows == [
            {"id": family.ids[1], "name": "beta", "color": 0},
            {"id": family.ids[0], "name": "Alpha", "color": 1},
        ]

    def test_an_unknown_field_in_a_domain_is_refused(self, case: StoreCase) -> None:
        with pytest.raises(IsthmusError, match="nmae"):
            case.search([("nmae", "=", "x")])

    def test_an_unknown_field_in_an_order_is_refused(self, case: StoreCase) -> None:
        with pytest.raises(IsthmusError, match="nmae"):
            case.search([], order="nmae")

    # --- reading ---

    def test_rows_come_in_the_order_of_the_ids_without_the_missing_ones(self, family: Family) -> None:
        alpha, beta, gamma, _ = family.ids
        rows = family.store.read(PARTNER, [gamma, 2**31 - 7, alpha, beta], ["name"])
        assert [row["id"] for row in rows] == [gamma, alpha, beta]

    def test_nothing_read_is_an_empty_list(self, case: StoreCase) -> None:
        assert case.store.read(PARTNER, [], ["name"]) == []

    def test_empty_values_read_as_false_and_zero(self, case: StoreCase) -> None:
        (id_,) = case.partners({"name": "Empty"})
        (row,) = case.store.read(
            PARTNER, [id_], ["email", "color", "is_company", "parent_id", "child_ids", "category_id"]
        )
        assert row == {
            "id": id_, "email": False, "color": 0, "is_company": False, "parent_id": False, "child_ids": [],
            "category_id": [],
        }  # fmt: skip

    @pytest.mark.parametrize(
        "text", ["Ärger ßẞ", "日本語", "😀 e\u0301", "שלום", "a\nb\tc", "'; --", "%_\\", "x" * 5000]
    )
    def test_text_comes_back_as_it_was(self, case: StoreCase, text: str) -> None:
        (id_,) = case.partners({"name": "Text", "function": text})
        assert case.store.read(PARTNER, [id_], ["function"]) == [{"id": id_, "function": text}]
        assert case.search([("function", "=", text)]) == [id_]

    def test_numbers_and_moments_come_back_as_they_were(self, case: StoreCase) -> None:
        moment = datetime(2026, 3, 29, 1, 30, 59)
        hours = "allocated_hours" if "allocated_hours" in case.store.fields(TASK) else "planned_hours"
        (id_,) = case.store.create(TASK, [{"name": case.name("Task"), "date_assign": moment, hours: 1.5}])
        (row,) = case.store.read(TASK, [id_], ["date_assign", hours])
        assert row == {"id": id_, "date_assign": moment, hours: 1.5}

    def test_moments_compare_with_texts_and_datetimes(self, case: StoreCase) -> None:
        name = case.name("Task")
        (id_,) = case.store.create(TASK, [{"name": name, "date_assign": datetime(2026, 3, 29, 12, 0, 0)}])

        def found(sign: str, value: Any) -> bool:
            domain = Domain.parse([("name", "=", name), ("date_assign", sign, value)])
            return case.store.search(TASK, domain) == [id_]

        assert found(">", "2026-03-29 11:59:59")
        assert found(">=", datetime(2026, 3, 29, 12, 0, 0))
        assert found(">=", "2026-03-29")
        assert not found(">", "2026-03-29 12:00:00")
        assert not found("<", "2026-03-29")
        assert found("<=", "2026-03-29")
        assert not found(">", "2026-03-29")
        assert not found("=", False)

    def test_lines_read_in_the_order_of_their_model_without_archived_ones(self, family: Family) -> None:
        # Odoo's child_ids never shows archived lines; what active_test=False changes is tested on SQL alone.
        alpha, beta, *_ = family.ids
        assert family.store.read(PARTNER, [alpha], ["child_ids"]) == [{"id": alpha, "child_ids": [beta]}]

    def test_links_read_in_the_order_of_their_model(self, family: Family) -> None:
        gamma = family.ids[2]
        (row,) = family.store.read(PARTNER, [gamma], ["category_id"])
        assert row["category_id"] == [family.blue, family.red]

    def test_an_unknown_field_is_refused_naming_the_nearest_one(self, family: Family) -> None:
        with pytest.raises(FieldError, match=r"(?s)functoin.*function"):
            family.store.read(PARTNER, family.ids, ["functoin"])

    def test_an_unknown_model_is_refused(self, case: StoreCase) -> None:
        with pytest.raises(ModelError, match=r"no\.such\.model"):
            case.store.fields("no.such.model")

    def test_the_fields_of_a_model_are_known_by_name_and_type(self, case: StoreCase) -> None:
        known = case.store.fields(PARTNER)
        assert known["name"].type == "char"
        assert known["parent_id"].type == "many2one"
        assert known["parent_id"].comodel == PARTNER  # type: ignore[attr-defined]
        assert known["category_id"].type == "many2many"
        assert known["create_date"].type == "datetime"

    # --- writing ---

    def test_new_records_come_in_the_order_of_their_values(self, case: StoreCase) -> None:
        names = [f"Number {number:03}" for number in range(40)]
        assert case.names(case.partners(*({"name": name} for name in names))) == names

    def test_creating_nothing_is_nothing(self, case: StoreCase) -> None:
        assert case.store.create(PARTNER, []) == []

    def test_rows_may_have_different_fields(self, case: StoreCase) -> None:
        first, second = case.partners({"name": "One", "email": "e"}, {"name": "Two", "color": 7})
        rows = case.store.read(PARTNER, [first, second], ["email", "color"])
        assert rows == [
            {"id": first, "email": "e", "color": 0},
            {"id": second, "email": False, "color": 7},
        ]

    def test_write_gives_all_records_the_same_values(self, family: Family) -> None:
        family.store.write(PARTNER, family.ids, {"function": "Boss", "color": 9})
        assert family.found([("function", "=", "Boss"), ("color", "=", 9)]) == "abgd"

    def test_writing_false_empties_a_field(self, family: Family) -> None:
        family.store.write(PARTNER, family.ids, {"email": False, "parent_id": False, "color": False})
        assert family.found([("email", "=", False), ("parent_id", "=", False), ("color", "=", 0)]) == "abgd"

    def test_write_moves_the_write_date(self, case: StoreCase) -> None:
        (id_,) = case.partners({"name": "Dated"})
        (before,) = case.store.read(PARTNER, [id_], ["create_date", "write_date"])
        case.store.write(PARTNER, [id_], {"color": 3})
        (after,) = case.store.read(PARTNER, [id_], ["create_date", "write_date"])
        assert isinstance(after["write_date"], datetime)
        assert after["create_date"] == before["create_date"]
        assert after["write_date"] >= before["write_date"]

    def test_write_each_gives_every_record_its_own_values(self, family: Family) -> None:
        alpha, beta, gamma, _ = family.ids
        family.store.write_each(
            PARTNER,
            [(alpha, {"function": "A"}), (beta, {"function": "B", "color": 4}), (gamma, {"function": False})],
        )
        rows = family.store.read(PARTNER, [alpha, beta, gamma], ["function", "color"])
        assert [(row["function"], row["color"]) for row in rows] == [("A", 1), ("B", 4), (False, 5)]

    def test_writing_a_missing_record_is_refused(self, family: Family) -> None:
        with pytest.raises(MissingRecordError):
            family.store.write(PARTNER, [family.ids[0], 2**31 - 7], {"function": "never"})
        assert family.found([("function", "=", "never")]) == ""

    def test_links_are_added_taken_off_cleared_and_set(self, family: Family) -> None:
        alpha, red, blue = family.ids[0], family.red, family.blue

        def after(*commands: Any) -> list[int]:
            family.store.write(PARTNER, [alpha], {"category_id": list(commands)})
            return sorted(family.store.read(PARTNER, [alpha], ["category_id"])[0]["category_id"])

        assert after((4, blue)) == [red, blue]
        assert after((4, blue)) == [red, blue]
        assert after((3, red)) == [blue]
        assert after((5,)) == []
        assert after((6, 0, [red])) == [red]
        assert after((6, 0, [])) == []

    def test_an_unknown_field_in_values_is_refused(self, case: StoreCase) -> None:
        with pytest.raises(FieldError, match=r"(?s)emial.*email"):
            case.partners({"name": "X", "emial": "x"})
        with pytest.raises(FieldError, match=r"(?s)emial.*email"):
            case.store.write(PARTNER, case.partners({"name": "Y"}), {"emial": "x"})

    def test_a_name_taken_already_is_refused_and_nothing_is_created(self, case: StoreCase) -> None:
        taken, free = case.name("Taken"), case.name("Free")
        case.store.create(TAG, [{"name": taken}])
        with pytest.raises(ConstraintError, match=r"same name|name_uniq"):
            case.store.create(TAG, [{"name": free}, {"name": taken}])
        assert case.store.search(TAG, Domain.parse([("name", "=", free)])) == []

    def test_deleted_records_are_gone_and_deleting_them_again_does_no_harm(self, case: StoreCase) -> None:
        first, second = case.partners({"name": "First"}, {"name": "Second"})
        case.store.unlink(PARTNER, [first])
        case.store.unlink(PARTNER, [first])
        assert case.search([]) == [second]
        assert case.store.read(PARTNER, [first], ["name"]) == []

    def test_deleting_some_that_are_gone_deletes_the_others(self, case: StoreCase) -> None:
        first, second = case.partners({"name": "First"}, {"name": "Second"})
        case.store.unlink(PARTNER, [first])
        case.store.unlink(PARTNER, [first, second])
        assert case.search([]) == []

    # --- external identifiers ---

    def test_upsert_creates_once_and_updates_after(self, case: StoreCase) -> None:
        keys = [f"__isthmus__.{case.mark.replace('-', '_')}_{number}" for number in range(3)]

        def upsert(*rows: tuple[str, str]) -> list[int]:
            return case.store.upsert(PARTNER, [(key, {"name": name, "ref": case.mark}) for key, name in rows])

        first = upsert((keys[0], "One"), (keys[1], "Two"))
        again = upsert((keys[1], "Two again"), (keys[2], "Three"), (keys[0], "One"))
        assert again == [first[1], again[1], first[0]]
        assert case.names([*first, again[1]]) == ["One", "Two again", "Three"]
        assert len(set(again)) == 3

    def test_an_identifier_is_free_again_after_its_record_was_deleted(self, case: StoreCase) -> None:
        key = f"__isthmus__.{case.mark.replace('-', '_')}"
        (first,) = case.store.upsert(PARTNER, [(key, {"name": "First"})])
        case.store.unlink(PARTNER, [first])
        (second,) = case.store.upsert(PARTNER, [(key, {"name": "Second"})])
        assert second != first
        assert case.names([second]) == ["Second"]
