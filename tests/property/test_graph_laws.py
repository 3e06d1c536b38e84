"""Laws of graphs of jobs: a chain is an order, a group is none, and a join between them changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import models
from isthmus.delay import chain, graph, group
from isthmus.inheritance import capture
from isthmus.jobs.spec import Added
from isthmus.jobs.store import Queue
from isthmus.records import Registry, open_environment

with capture() as DECLARED:

    class Step(models.Model):
        _name = "law.step"

        def run(self, number: int) -> None: ...


REGISTRY = Registry.build(["isthmus.delay"], classes=DECLARED)


class Kept:
    """A queue that remembers what was stored."""

    def __init__(self) -> None:
        self.specs: list[Any] = []
        self.edges: list[Any] = []

    def add(self, transaction: Any, specs: Any, edges: Any = ()) -> list[Added]:
        self.specs += specs
        self.edges += edges
        return [Added(one.uuid, True) for one in specs]


class Database:
    """A database in which nothing is kept."""

    def transaction(self) -> Any:
        return self

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


#: A leaf is None; a chain or a group is its name with its parts.
TREES = st.recursive(
    st.none(),
    lambda inner: st.tuples(st.sampled_from(["chain", "group"]), st.lists(inner, min_size=1, max_size=4)),
    max_leaves=10,
)


def numbered(tree: Any, numbers: Iterator[int]) -> Any:
    return next(numbers) if tree is None else (tree[0], [numbered(one, numbers) for one in tree[1]])


def leaves(tree: Any) -> list[int]:
    return [tree] if isinstance(tree, int) else [leaf for one in tree[1] for leaf in leaves(one)]


def order(tree: Any) -> set[tuple[int, int]]:
    """Return which leaf comes before which: those of a part of a chain before all of the later parts."""
    if isinstance(tree, int):
        return set()
    found = {pair for one in tree[1] for pair in order(one)}
    if tree[0] == "chain":
        for index, one in enumerate(tree[1]):
            later = [leaf for other in tree[1][index + 1 :] for leaf in leaves(other)]
            found |= {(before, after) for before in leaves(one) for after in later}
    return found


def closure(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    found = set(pairs)
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return found


@pytest.mark.parametrize("most", [400, 1], ids=["direct", "joined"])
@given(tree=TREES)
@settings(deadline=None)
def test_who_runs_before_whom_is_what_the_expression_says(most: int, tree: Any) -> None:
    tree = numbered(tree, count())
    queue = Kept()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "MOST_EDGES", most)
        with open_environment(REGISTRY, Database(), services={Queue: queue}) as env:  # type: ignore[arg-type]

            def made(one: Any) -> Any:
                if isinstance(one, int):
                    return env["law.step"].delayable().run(one)  # type: ignore[attr-defined]
                return {"chain": chain, "group": group}[one[0]](*map(made, one[1]))

            made(tree).delay()
    number = {
        one.uuid: int(one.payload.split('"args":[')[1].split("]")[0])
        for one in queue.specs
        if one.method == "run"
    }
    assert sorted(number.values()) == leaves(tree)
    known = closure({(one.parent, one.child) for one in queue.edges})
    assert {(number[a], number[b]) for a, b in known if a in number and b in number} == order(tree)
    places = {one.uuid: place for place, one in enumerate(queue.specs)}
    assert all(places[one.parent] < places[one.child] for one in queue.edges)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=12))
@settings(deadline=None)
def test_steps_that_lead_back_are_refused_and_no_others(steps: list[int]) -> None:
    pairs = {(a, b) for a, b in pairwise(steps) if a != b}
    names = {(str(a), str(b)) for a, b in pairs}
    leads_back = any(a == b for a, b in closure(names))
    queue = Kept()
    with open_environment(REGISTRY, Database(), services={Queue: queue}) as env:  # type: ignore[arg-type]
        nodes = {number: env["law.step"].delayable().run(number) for number in steps}  # type: ignore[attr-defined]
        for before, after in pairs:
            nodes[before].on_done(nodes[after])
        if leads_back:
            with pytest.raises(ValueError, match=r"in a circle|would wait|waits for"):
                group(*nodes.values()).delay()
            assert queue.specs == []
        else:
            group(*nodes.values()).delay()
            assert len(queue.specs) == len(nodes)
        for node in nodes.values():
            node._is_silent = True
