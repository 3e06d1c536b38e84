"""The law of domains: SQL, Python and the reparsed wire form give the same records, whatever is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isthmus import fields, models
from isthmus.inheritance import capture
from isthmus.records import Domain, Environment, Registry, SqlDatabase, open_environment, upgrade_schema
from isthmus.records.domain import Leaf
from tests.conftest import new_postgres_database

with capture() as declared:

    class Tag(models.Model):
        _name = "law.tag"

        name = fields.Char()
        active = fields.Boolean(default=True)

    class Node(models.Model):
        _name = "law.node"

        name = fields.Char()
        title = fields.Char(required=True)
        note = fields.Text()
        state = fields.Selection([("a", "A"), ("b", "B")])
        number = fields.Integer()
        weight = fields.Float()
        flag = fields.Boolean()
        active = fields.Boolean(default=True)
        day = fields.Date()
        moment = fields.Datetime()
        data = fields.Json()
        parent_id = fields.Many2one("law.node")
        child_ids = fields.One2many("law.node", "parent_id")
        tag_ids = fields.Many2many("law.tag")
        far_id = fields.Many2one("project.task")


registry = Registry.build(classes=declared)

COUNT = 6  # records in an example
FIRST_DAY = date(2026, 1, 1)

WORDS = [
    "",
    "a",
    "A",
    "aÄ",
    "Ää",
    "ä",
    "%",
    "_",
    "\\",
    "\\%",
    "a%",
    "_b",
    "a\nb",
    "ΑΣ",
    "ας",
    "ασ",
    "İ",
    "i",
    "ı",
    "ß",
    "ẞ",
]
texts = st.sampled_from(WORDS) | st.text(alphabet="aAbB%_\\ ÄäßẞΣσςİiı\n", max_size=3)
days = st.integers(0, 2).map(lambda number: FIRST_DAY + timedelta(days=number))
moments = st.builds(
    lambda day, seconds, micros: (
        datetime(day.year, day.month, day.day) + timedelta(seconds=seconds, microseconds=micros)
    ),
    days,
    st.sampled_from([0, 1, 86399]),
    st.sampled_from([0, 1, 500000]),
)
numbers = st.integers(-2, 2) | st.sampled_from([2**63 - 1, -(2**63)])
weights = st.sampled_from([-1.5, -0.0, 0.0, 0.1, 1.0, 2.5, 1e300])
places = st.integers(0, COUNT - 1)  # of a record in its example, from which its id follows


def or_empty(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(False) | values


rows = st.fixed_dictionaries(
    {
        "name": or_empty(texts),
        "title": texts,
        "note": or_empty(texts),
        "state": or_empty(st.sampled_from("ab")),
        "number": numbers,
        "weight": weights,
        "flag": st.booleans(),
        "active": st.booleans(),
        "day": or_empty(days),
        "moment": or_empty(moments),
        "data": st.sampled_from([False, 0, "", [], {"a": 1}]),
        "parent_id": or_empty(places),
        "tag_ids": st.sets(st.integers(1, 3)),
        "far_id": or_empty(st.integers(1, 3)),
    }
)

any_number = st.booleans() | st.integers(-2, 2) | st.sampled_from([0.5, -1.0, 2**63, -(2**70), 1e300])
any_moment = days | moments | days.map(str) | moments.map(lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S"))
EQUAL, ORDER = ("=", "!="), ("<", "<=", ">", ">=")
MEMBER = ("in", "not in")
LIKES = ("like", "not like", "ilike", "not ilike", "=like", "=ilike", "not =like", "not =ilike")


def terms(names: Any, operators: Any, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(names), st.sampled_from(operators), values)


def lists(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(or_empty(values), max_size=3)


def comparisons(names: Any, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return terms(names, EQUAL + ORDER + ("=?",), or_empty(values)) | terms(names, MEMBER, lists(values))


TEXTS = ("name", "title", "note", "display_name")
ids = st.integers(0, COUNT + 1)
tag_ids = st.integers(1, 4)
tag_terms = (
    comparisons(("name",), texts) | terms(("name",), LIKES, texts) | terms(("active",), EQUAL, st.booleans())
)

own_terms = st.one_of(
    comparisons(TEXTS, texts),
    terms(TEXTS, LIKES, or_empty(texts)),
    terms(("state",), MEMBER, lists(st.sampled_from("abc"))),
    comparisons(("number", "weight"), any_number.filter(lambda one: one is not True)),
    terms(("number",), LIKES, st.sampled_from(["1", "-", "0", "_", "9%7"])),
    terms(("flag", "active"), EQUAL, st.booleans()),
    terms(("flag", "active"), MEMBER, st.lists(st.booleans(), max_size=2)),
    comparisons(("day", "moment"), any_moment),
    terms(("data",), EQUAL, st.just(False)),
    comparisons(("id",), ids),
    terms(("parent_id", "far_id", "parent_id.id"), EQUAL + ORDER, or_empty(ids)),
    terms(("parent_id", "far_id", "child_ids", "parent_id.id"), MEMBER, lists(ids)),
    terms(("tag_ids",), EQUAL, or_empty(tag_ids | texts)),
    terms(("tag_ids",), MEMBER, lists(tag_ids)),
    terms(("parent_id", "child_ids", "tag_ids"), EQUAL + LIKES, texts),
    terms(
        ("id", "parent_id", "child_ids"), ("child_of", "parent_of"), or_empty(ids) | st.lists(ids, max_size=2)
    ),
    terms(("id", "parent_id"), ("child_of", "parent_of"), texts),
    terms(("tag_ids",), ("any", "not any"), st.lists(tag_terms, max_size=2)),
)


def dotted(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(("parent_id", "child_ids")), inner).map(
        lambda pair: (f"{pair[0]}.{pair[1][0]}", *pair[1][1:]) if isinstance(pair[1], tuple) else pair[1]
    )


leaves = (
    own_terms
    | dotted(own_terms)
    | st.tuples(st.just("tag_ids"), tag_terms).map(lambda pair: (f"{pair[0]}.{pair[1][0]}", *pair[1][1:]))
)


def joined(children: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[list[Any]]:
    return st.one_of(
        st.tuples(st.sampled_from("&|"), children, children).map(
            lambda parts: [parts[0], *parts[1], *parts[2]]
        ),
        children.map(lambda child: ["!", *child]),
        st.tuples(
            st.sampled_from(("parent_id", "child_ids")), st.sampled_from(("any", "not any")), children
        ).map(lambda term: [term]),
    )


domains = st.recursive(
    leaves.map(lambda leaf: [leaf]) | st.just([(1, "=", 1)]) | st.just([(0, "=", 1)]), joined, max_leaves=5
)


class Law:
    """The law on one database. Each example is made, asked and rolled back."""

    def __init__(self, database: SqlDatabase) -> None:
        self.database = database
        upgrade_schema(database, registry)
        with open_environment(registry, database) as env:
            env["law.tag"].create([{"name": "a"}, {"name": "Ä%", "active": False}, {}])

    def check(self, examples: list[dict[str, Any]], asked: list[list[Any]], active_test: bool) -> None:
        with open_environment(registry, self.database, context={"active_test": active_test}) as env:
            try:
                nodes = self.make(env, examples)
                for terms in asked:
                    self.compare(env, nodes, terms)
            finally:
                env.rollback()

    def make(self, env: Environment, examples: list[dict[str, Any]]) -> Any:
        nodes = env["law.node"].create(
            [{**example, "parent_id": False, "tag_ids": sorted(example["tag_ids"])} for example in examples]
        )
        first = nodes.ids[0]
        nodes.write_each(
            (node, {"parent_id": first + example["parent_id"] % len(examples)})
            for node, example in zip(nodes, examples, strict=True)
            if example["parent_id"] is not False
        )
        return nodes

    def compare(self, env: Environment, nodes: Any, terms: list[Any]) -> None:
        offset = nodes.ids[0] - 1
        domain = Domain.parse(terms).map_leaves(lambda leaf: shifted(leaf, offset))
        by_python = set(nodes.filtered_domain(domain).ids)
        store = env.store("law.node")
        context = {**env.context}
        scope = Domain.parse(["|", ("active", "=", True), ("active", "=", False)])
        by_sql = set(store.search("law.node", domain & scope, context=context))
        by_wire = set(store.search("law.node", Domain.parse(domain.to_list()) & scope, context=context))
        opposite = set(store.search("law.node", ~domain & scope, context=context))
        assert by_sql == by_python
        assert by_wire == by_sql
        assert opposite == set(nodes.ids) - by_sql


def shifted(leaf: Any, offset: int) -> Any:
    """Ids of records in an example count from 1; move them to where the database has put the example."""
    if leaf.operator in ("any", "not any"):
        is_tag = leaf.steps[-1] == "tag_ids"
        value = leaf.value if is_tag else leaf.value.map_leaves(lambda inner: shifted(inner, offset))
        return Leaf(leaf.path, leaf.operator, value)
    if leaf.steps[-1] not in ("id", "parent_id", "child_ids"):
        return leaf

    def move(one: Any) -> Any:
        return one + offset if isinstance(one, int) and not isinstance(one, bool) else one

    value = tuple(map(move, leaf.value)) if isinstance(leaf.value, tuple) else move(leaf.value)
    return Leaf(leaf.path, leaf.operator, value)


@pytest.fixture(scope="module")
def sqlite_law() -> Law:
    return Law(SqlDatabase("sqlite://"))


@pytest.fixture(scope="module")
def postgres_law(postgres_server: sa.URL) -> Iterator[Law]:
    with new_postgres_database(postgres_server) as url:
        database = SqlDatabase(url)
        yield Law(database)
        database.close()


examples = st.lists(rows, min_size=2, max_size=COUNT)
asked = st.lists(domains, min_size=1, max_size=10)
fixtures_are_shared = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)


@settings(fixtures_are_shared, max_examples=300)
@given(examples=examples, asked=asked, active_test=st.booleans())
def test_sqlite_python_and_wire_agree(sqlite_law: Law, examples: Any, asked: Any, active_test: bool) -> None:
    sqlite_law.check(examples, asked, active_test)


@pytest.mark.postgres
@settings(fixtures_are_shared, max_examples=100)
@given(examples=examples, asked=asked, active_test=st.booleans())
def test_postgres_python_and_wire_agree(
    postgres_law: Law, examples: Any, asked: Any, active_test: bool
) -> None:
    postgres_law.check(examples, asked, active_test)


NOON, MIDNIGHT = datetime(2026, 1, 2, 12), datetime(2026, 1, 2)
EMPTY = {
    "name": False,
    "title": "",
    "note": False,
    "state": False,
    "number": 0,
    "weight": 0.0,
    "flag": False,
    "active": True,
    "day": False,
    "moment": False,
    "data": False,
    "parent_id": False,
    "tag_ids": set(),
    "far_id": False,
}
CORNERS = [
    EMPTY,
    {**EMPTY, "title": "ΑΣ", "moment": NOON, "parent_id": 0},
    {**EMPTY, "title": "ας", "moment": MIDNIGHT, "parent_id": 1, "active": False},
    {**EMPTY, "title": "İẞ", "day": date(2026, 1, 2), "parent_id": 2, "number": -(2**63)},
]
CORNER_TERMS = [
    ("title", "=like", "%"),
    ("title", "=ilike", "ασ"),
    ("title", "=ilike", "iß"),
    ("title", "<", "a"),
    ("moment", "in", [NOON, MIDNIGHT]),
    ("moment", "<=", "2026-01-02"),
    ("day", "in", [date(2026, 1, 2), False]),
    ("number", "<", -(2**62)),
    ("number", "in", [0, 2**63, -(2**63)]),
    ("child_ids", "=", False),
    ("child_ids.title", "=", "ας"),
    ("id", "child_of", 2),
    ("id", "parent_of", 3),
    ("parent_id.parent_id", "child_of", 1),
]


@pytest.mark.parametrize("law", ["sqlite_law", pytest.param("postgres_law", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("active_test", [True, False])
def test_all_agree_on_what_was_once_in_doubt(
    request: pytest.FixtureRequest, law: str, active_test: bool
) -> None:
    request.getfixturevalue(law).check(CORNERS, [[term] for term in CORNER_TERMS], active_test)
