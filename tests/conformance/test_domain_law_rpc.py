"""The law of domains on Odoo: it finds what a local store finds among the same records, whatever is asked.

On simulated Odoos, and on a real one that is named.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from isthmus.odoo import OdooConnection, RpcStore
from isthmus.records import Domain, Registry, SqlDatabase, open_environment, upgrade_schema
from isthmus.records.domain import Leaf
from tests.conformance.record_store_suite import CATEGORY, DECLARED, PARTNER
from tests.some_odoo import REAL, some_odoo

#: Records of the law: parents and categories are named by their place. No archived one has a parent: lines of
#: a partner are by a domain of their own only those that are not archived.
CATEGORIES = [("Red", True), ("r_d", True), ("Gone", False)]
PARTNERS: list[dict[str, Any]] = [
    {"name": "Alpha", "email": "a@x.example", "color": 1, "category_id": [0]},
    {"name": "alpha", "function": "A%", "color": 0, "is_company": True, "parent_id": 0},
    {"name": "b_ta", "email": "A@X.example", "color": -3, "parent_id": 1, "category_id": [0, 1]},
    {"name": "Ärger", "function": "a\\b", "color": 7, "parent_id": 1, "category_id": [2]},
    {"name": "delta", "email": "d", "color": 1, "active": False},
    {"name": "b", "color": 2147483647, "is_company": True, "active": False, "category_id": [1]},
    {"name": "100%", "function": "x y", "color": 2, "parent_id": 4},
]
COUNT = len(PARTNERS)

words = st.sampled_from(
    ["Alpha", "alpha", "a", "A", "%", "_", "a%", "%A%", "b_", "ä", "@x", "\\_", "x y", "zz"]
)
numbers = st.sampled_from([-3, 0, 1, 2, 7, 2147483647])
places = st.integers(0, COUNT - 1)
ORDER = ("<", "<=", ">", ">=")
LIKES = ("like", "not like", "ilike", "not ilike", "=like", "=ilike", "not =like", "not =ilike")


def terms(names: Any, operators: Any, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(names), st.sampled_from(operators), values)


def or_empty(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(False) | values


def lists(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, max_size=3)


TEXTS = ("name", "email", "function")
category_terms = (
    terms(("name",), ("=", "!="), words)
    | terms(("name",), LIKES, words)
    | terms(("active",), ("=", "!="), st.booleans())
)
own_terms = st.one_of(
    terms(TEXTS, ("=", "!="), or_empty(words)),
    terms(TEXTS, ("in", "not in"), lists(or_empty(words))),
    terms(TEXTS, LIKES, words),
    terms(("color",), ("=", "!=", *ORDER), numbers),
    terms(("color",), ("in", "not in"), lists(numbers)),
    terms(("is_company", "active"), ("=", "!="), st.booleans()),
    terms(("id",), ("in", "not in"), lists(places)),
    terms(("parent_id",), ("=", "!="), or_empty(places)),
    terms(("parent_id", "child_ids"), ("in", "not in"), lists(places)),
    terms(("child_ids", "category_id"), ("=", "!="), st.just(False)),
    terms(("id", "parent_id"), ("child_of", "parent_of"), places | lists(places)),
    terms(("category_id",), ("in", "not in"), lists(st.integers(0, 2))),
    terms(("category_id",), ("any", "not any"), st.lists(category_terms, min_size=1, max_size=2)),
)


def dotted(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(("parent_id", "child_ids")), inner).map(
        lambda pair: (f"{pair[0]}.{pair[1][0]}", *pair[1][1:])
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


domains = st.recursive((own_terms | dotted(own_terms)).map(lambda leaf: [leaf]), joined, max_leaves=4)


class Twin:
    """The same partners in an Odoo and in a local store."""

    def __init__(self, remote: RpcStore) -> None:
        self.remote, self.mark = remote, f"law-{uuid.uuid4().hex}"
        registry, database = Registry.build(classes=DECLARED), SqlDatabase("sqlite://")
        upgrade_schema(database, registry)
        self.ids: dict[str, dict[str, list[int]]] = {}
        with open_environment(registry, database) as env:
            self.make("local", env.store(PARTNER))
        self._local = open_environment(registry, database)
        self.local = self._local.__enter__().store(PARTNER)
        self.make("remote", remote)

    def make(self, side: str, store: Any) -> None:
        categories = store.create(
            CATEGORY, [{"name": f"{name} {self.mark}", "active": active} for name, active in CATEGORIES]
        )
        ids: list[int] = []
        for row in PARTNERS:
            values = {"active": True, "ref": self.mark, **row}
            values["category_id"] = [(6, 0, [categories[place] for place in row.get("category_id", ())])]
            if "parent_id" in row:
                values["parent_id"] = ids[row["parent_id"]]
            ids += store.create(PARTNER, [values])
        self.ids[side] = {PARTNER: ids, CATEGORY: categories}

    def found(self, side: str, asked: list[Any], active_test: bool) -> list[int]:
        """Return the places of the partners of this law that are found."""
        ids = self.ids[side]
        store = self.local if side == "local" else self.remote
        domain = Domain.parse([("ref", "=", self.mark)]) & self._here(Domain.parse(asked), PARTNER, ids)
        context = {"active_test": active_test}
        return sorted(ids[PARTNER].index(id_) for id_ in store.search(PARTNER, domain, context=context))

    def _here(self, domain: Domain, model: str, ids: dict[str, list[int]]) -> Domain:
        """Put ids in the stead of places, and make names of categories those of this law."""

        def change(leaf: Leaf) -> Domain:
            last = leaf.steps[-1]
            if leaf.operator in ("any", "not any"):
                other = CATEGORY if last == "category_id" else PARTNER
                return Leaf(leaf.path, leaf.operator, self._here(leaf.value, other, ids))
            if last in ("id", "parent_id", "child_ids", "category_id"):
                known = ids[CATEGORY if last == "category_id" else PARTNER]
                value = leaf.value
                if isinstance(value, tuple):
                    value = tuple(known[place] for place in value)
                elif value is not False:
                    value = known[value]
                return Leaf(leaf.path, leaf.operator, value)
            return leaf

        return domain.map_leaves(change)

    def close(self) -> None:
        self._local.__exit__(None, None, None)
        for model, ids in reversed(self.ids["remote"].items()):
            for id_ in reversed(ids):
                self.remote.unlink(model, [id_])


SIDES = ["sandbox 14", "sandbox 18", "sandbox 19", pytest.param("real", marks=REAL)]


@pytest.fixture(scope="module", params=SIDES)
def twin(request: pytest.FixtureRequest) -> Iterator[Twin]:
    with some_odoo(request.param) as found:
        twin = Twin(RpcStore(OdooConnection(*found)))
        yield twin
        twin.close()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=150,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
@given(asked=domains, active_test=st.booleans())
def test_odoo_finds_what_a_local_store_finds(twin: Twin, asked: list[Any], active_test: bool) -> None:
    assert twin.found("remote", asked, active_test) == twin.found("local", asked, active_test)
