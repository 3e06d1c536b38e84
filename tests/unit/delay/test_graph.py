"""Graphs of jobs: what waits for what, and what is stored when."""

from __future__ import annotations

import gc
import warnings
from collections import Counter
from typing import Any

import pytest

from isthmus.delay import Delayable, DelayableChain, DelayableGroup, Job, chain, group

#: A node, by the letter that it is called with.
Letter = str


@pytest.fixture
def node(env: Any) -> Any:
    def make(letter: Letter, **properties: Any) -> Any:
        return env["shop.order"].delayable(**properties).plain(letter)

    return make


def letters(queue: Any) -> dict[str, str]:
    """Return the letter of each stored job, by uuid; a join is a ``+``."""
    return {
        one.uuid: "+" if one.method == "_join_jobs" else one.payload.split('"args":["')[1][0]
        for one in queue.specs
    }


def edges(queue: Any) -> set[str]:
    by_uuid = letters(queue)
    return {by_uuid[one.parent] + by_uuid[one.child] for one in queue.edges}


def stored(queue: Any) -> str:
    return "".join(sorted(letters(queue).values()))


# --- nodes ---


def test_nothing_is_stored_before_delay(node: Any, queue: Any) -> None:
    one = node("a", priority=3)
    assert queue.specs == []
    assert one.job is None
    found = one.delay()
    assert isinstance(found, Job)
    assert one.job is found
    assert [(spec.uuid, spec.priority) for spec in queue.specs] == [(found.uuid, 3)]


def test_a_lone_job_has_no_graph_and_those_delayed_together_share_one(node: Any, queue: Any) -> None:
    node("a").delay()
    chain(node("b"), node("c")).delay()
    group(node("d"), node("e")).delay()
    graphs = [one.graph for one in queue.specs]
    assert graphs[0] is None
    assert graphs[1] == graphs[2] is not None
    assert graphs[3] == graphs[4] is not None
    assert len(set(graphs)) == 3


def test_properties_are_set_before_or_after_the_call(env: Any, queue: Any) -> None:
    env["shop.order"].delayable(priority=1).set(eta=60).plain("a").set(
        {"channel": "root.a"}, priority=2
    ).delay()
    [spec] = queue.specs
    assert (spec.priority, spec.channel, spec.eta is not None) == (2, "root.a", True)


def test_an_unknown_property_is_refused(env: Any, node: Any) -> None:
    with pytest.raises(ValueError, match="no property 'prio'"):
        env["shop.order"].delayable(prio=1)
    one = node("a")
    with pytest.raises(ValueError, match="no property 'prio'"):
        one.set({"prio": 1})
    one.delay()


def test_a_node_calls_one_public_method(env: Any, node: Any) -> None:
    with pytest.raises(TypeError, match="private"):
        env["shop.order"].delayable()._private()
    with pytest.raises(AttributeError, match="is a field"):
        env["shop.order"].delayable().name()
    one = node("a")
    with pytest.raises(AttributeError, match="is a call already"):
        one.export()
    one.delay()


@pytest.mark.parametrize(
    "use", [lambda one: one.delay(), lambda one: chain(one), lambda one: group(one), lambda one: one.split(1)]
)
def test_a_node_without_a_call_is_refused(env: Any, use: Any) -> None:
    with pytest.raises(ValueError, match=r"calls no method yet: write record.delayable\(\).method"):
        use(env["shop.order"].delayable())


def test_on_done_returns_its_own_part(node: Any) -> None:
    a, b = node("a"), node("b")
    assert a.on_done(b) is a
    both = group(node("c"), node("d"))
    assert both.on_done(a) is both
    both.delay()


# --- chains and groups ---


def test_names_of_queue_job_are_there() -> None:
    assert (chain, group) == (DelayableChain, DelayableGroup)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a.on_done(b, c)", "ab ac"),
        ("a.on_done(b.on_done(c))", "ab bc"),
        ("chain(a, b, c)", "ab bc"),
        ("group(a, b).on_done(c)", "ac bc"),
        ("chain(a, group(b, c), d)", "ab ac bd cd"),
        ("chain(group(a, b), group(c, d))", "ac ad bc bd"),
        ("a.on_done(chain(chain(b, c), d))", "ab bc cd"),
        ("chain(chain(a, chain(b, c)), d)", "ab bc cd"),
        ("group(chain(a, chain(b, c))).on_done(d)", "ab bc cd"),
        ("chain(a, group(chain(b, c), d), e)", "ab ad bc ce de"),
        ("group(group(a, chain(b, c)), d).on_done(group(chain(e, f), g))", "bc ae ag ce cg de dg ef"),
        ("chain(a, group(), b)", "ab"),
        ("chain(group(), a, group(group()), b, group())", "ab"),
        ("group().on_done(a) or a", ""),
        ("chain(a)", ""),
        ("group(a, b)", ""),
        ("chain(a, b, c).on_done(chain(d, e)).on_done(f)", "ab bc cd de cf"),
        ("group(a, b).on_done(c, d, group(e, f))", "ac ad ae af bc bd be bf"),
    ],
)
def test_heads_and_tails_are_those_of_the_parts(
    node: Any, queue: Any, expression: str, expected: str
) -> None:
    names = {
        letter: node(letter)
        for letter in "abcdefg"
        if letter in expression.replace("chain", "").replace("delay", "")
    }
    part = eval(expression, {"chain": chain, "group": group, **names})
    (part if part._nodes else names["a"]).delay()
    for one in names.values():
        if one.job is None:
            one.delay()
    assert edges(queue) == set(expected.split())


def test_a_composition_returns_its_jobs_in_order(node: Any, queue: Any) -> None:
    nodes = [node(letter) for letter in "abcd"]
    found = chain(nodes[0], group(nodes[1], nodes[2])).on_done(nodes[3]).delay()
    assert found == [one.job for one in nodes[:3]]
    assert stored(queue) == "abcd"


def test_parents_are_stored_before_children(node: Any, queue: Any) -> None:
    c, b, a = node("c"), node("b"), node("a")
    a.on_done(b.on_done(c))
    a.on_done(c)
    a.delay()
    assert list(letters(queue).values()) == ["a", "b", "c"]


def test_all_is_handed_over_in_one_call(node: Any, queue: Any) -> None:
    group(*map(node, "abc")).on_done(group(*map(node, "def"))).delay()
    assert queue.calls == 1


def test_a_policy_for_a_failed_parent_stands_on_the_edge(node: Any, queue: Any) -> None:
    a = (
        node("a")
        .on_done(node("b"))
        .on_done(node("c"), on_failure="cancel")
        .on_done(node("d"), on_failure="run")
    )
    a.delay()
    chain(node("e"), node("f"), on_failure="cancel").delay()
    assert [one.on_failure for one in queue.edges] == ["wait", "cancel", "run", "cancel"]


def test_an_unknown_policy_is_refused(node: Any) -> None:
    a, b = node("a"), node("b")
    with pytest.raises(ValueError, match="on_failure is one of wait, cancel, run; not 'skip'"):
        a.on_done(b, on_failure="skip")
    group(a, b).delay()


def test_an_empty_group_is_delayed_as_nothing(queue: Any) -> None:
    assert group().delay() == []
    assert queue.calls == 0


def test_a_chain_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"chain\(\) of nothing"):
        chain()


@pytest.mark.parametrize("thing", [None, 1, "a", []])
def test_only_parts_and_jobs_are_put_together(node: Any, thing: Any) -> None:
    one = node("a")
    for put in (lambda: chain(one, thing), lambda: group(thing), lambda: one.on_done(thing)):
        with pytest.raises(TypeError, match="a graph is made of"):
            put()
    one.delay()


# --- what delay() stores ---


def test_the_topmost_node_stores_everything(node: Any, queue: Any) -> None:
    a, b, c = node("a"), node("b"), node("c")
    chain(a, b, c)
    with pytest.raises(
        ValueError, match=r"shop.order\(\).plain waits for shop.order\(\).plain, which is not delayed"
    ):
        c.delay()
    assert queue.specs == []
    a.delay()
    assert stored(queue) == "abc"


def test_another_head_of_the_same_graph_is_stored_too_so_that_its_child_waits_for_both(
    node: Any, queue: Any
) -> None:
    a, b, c = node("a"), node("b"), node("c")
    a.on_done(c)
    b.on_done(c)
    a.delay()
    assert edges(queue) == {"ac", "bc"}
    b.delay()
    assert stored(queue) == "abc"


def test_a_chain_that_waits_for_another_node_is_not_the_top(node: Any, queue: Any) -> None:
    a, rest = node("a"), chain(node("b"), node("c"))
    a.on_done(rest)
    with pytest.raises(ValueError, match="call delay\\(\\) on that one"):
        rest.delay()
    a.delay()


def test_what_was_delayed_is_not_stored_again(node: Any, queue: Any) -> None:
    a = node("a")
    first = a.delay()
    assert a.delay() is first
    a.on_done(node("b"))
    a.delay()
    a.delay()
    assert stored(queue) == "ab"
    assert len(queue.edges) == 1


@pytest.mark.parametrize("take", [lambda one, job: one, lambda one, job: job], ids=["node", "job"])
def test_a_node_delayed_before_is_parent_and_child_of_new_ones(node: Any, queue: Any, take: Any) -> None:
    one = node("b")
    known = take(one, one.delay())
    chain(known, node("c")).delay()
    assert edges(queue) == {"bc"}
    chain(node("a"), known).delay()
    assert edges(queue) == {"ab", "bc"}
    assert stored(queue) == "abc"


def test_a_job_of_with_delay_is_a_parent(env: Any, node: Any, queue: Any) -> None:
    first = env["shop.order"].with_delay().plain("a")
    assert chain(first, node("b")).delay()[0] is first
    node("c").on_done(node("d")).on_done(first).delay()
    assert edges(queue) == {"ab", "ca", "cd"}


def test_new_jobs_belong_to_the_graph_of_those_delayed_before(node: Any, queue: Any) -> None:
    a, b, c = node("a"), node("b"), node("c")
    chain(a, b).delay()
    b.on_done(c)
    b.delay()
    assert len({one.graph for one in queue.specs}) == 1


def test_jobs_of_two_graphs_are_not_joined(node: Any, queue: Any) -> None:
    first, second = chain(node("a"), node("b")), chain(node("c"), node("d"))
    first.delay(), second.delay()
    last = node("e")
    group(first, second).on_done(last)
    with pytest.raises(ValueError, match="jobs of different graphs"):
        first.delay()
    assert stored(queue) == "abcd"
    last._is_silent = True


def test_the_edge_to_a_twin_is_that_of_the_twin(node: Any, queue: Any) -> None:
    queue.twins["one"] = "00000000-0000-7000-8000-000000000001"
    a, b, c = node("a", identity_key="one"), node("b"), node("c")
    chain(a, b).delay()
    assert (a.job.uuid, a.job.is_new) == ("00000000-0000-7000-8000-000000000001", False)
    assert b.job.is_new
    chain(a, c).delay()
    assert queue.edges[-1].parent == "00000000-0000-7000-8000-000000000001"


def test_nodes_of_different_transactions_are_not_delayed_together(
    env: Any, node: Any, make_world: Any
) -> None:
    with make_world().environment() as other:
        both = group(node("a"), other["shop.order"].delayable().plain("b"))
        with pytest.raises(ValueError, match="belong to one transaction"):
            both.delay()
        for one in both._nodes:
            one.delay()


def test_a_graph_that_cannot_be_stored_leaves_its_nodes_as_they_were(node: Any, queue: Any) -> None:
    a, b = node("a"), node("b")
    b.set(identity_key=lambda job: 1 / 0)
    a.on_done(b)
    with pytest.raises(ZeroDivisionError):
        a.delay()
    assert (a.job, b.job, queue.specs) == (None, None, [])
    b.set(identity_key=None)
    a.delay()
    assert edges(queue) == {"ab"}


# --- circles ---


def test_a_job_does_not_wait_for_itself(node: Any) -> None:
    a, b = node("a"), node("b")
    for put in (
        lambda: a.on_done(a),
        lambda: chain(a, a),
        lambda: chain(group(a, b), group(b)),
        lambda: group(a).on_done(chain(a, b)),
    ):
        with pytest.raises(ValueError, match=r"shop.order\(\).plain would wait for itself"):
            put()
    group(a, b).delay()


def test_a_circle_is_refused_when_it_is_delayed_naming_the_nodes_in_order(env: Any, queue: Any) -> None:
    a, b, c, d = (env["shop.order"].browse(number).delayable().plain() for number in (1, 2, 3, 4))
    chain(a, b, c, d, b)
    with pytest.raises(ValueError, match="jobs wait for each other in a circle") as caught:
        a.delay()
    steps = str(caught.value).split(": ")[1].replace(".plain", "").replace("shop.order", "").split(" -> ")
    assert steps[0] == steps[-1]
    assert "".join(steps[:-1]) in ("(2)(3)(4)", "(3)(4)(2)", "(4)(2)(3)")
    assert queue.specs == []
    for one in (a, b, c, d):
        one._is_silent = True


def test_a_circle_through_jobs_that_are_stored_is_refused(node: Any, queue: Any) -> None:
    a, b, c = node("a"), node("b"), node("c")
    chain(a, b).delay()
    b.on_done(c)
    c.on_done(a)
    with pytest.raises(ValueError, match="in a circle"):
        b.delay()
    assert stored(queue) == "ab"
    c._is_silent = True


def test_a_circle_between_stored_jobs_alone_is_refused(node: Any, queue: Any) -> None:
    a, b = node("a"), node("b")
    chain(a, b).delay()
    b.on_done(a)
    with pytest.raises(ValueError, match="in a circle"):
        b.delay()


def test_a_circle_through_large_groups_is_refused(env: Any, queue: Any) -> None:
    many = [env["shop.order"].browse(number).delayable().plain() for number in range(1, 61)]
    first, second = group(*many[:30]), group(*many[30:])
    first.on_done(second)
    second.on_done(first)
    with pytest.raises(ValueError, match="in a circle") as caught:
        group(first, second).delay()
    assert "_join_jobs" not in str(caught.value)
    for one in many:
        one._is_silent = True


# --- large groups ---


def test_between_large_groups_stands_a_join(env: Any, queue: Any) -> None:
    orders = env["shop.order"].browse(range(1, 2001))
    before = group(*[one.delayable().plain("a") for one in orders[:1000]])
    after = group(*[one.delayable().plain("b") for one in orders[1000:]])
    jobs = before.on_done(after, on_failure="cancel").delay()
    assert len(jobs) == 1000
    assert Counter(letters(queue).values()) == {"a": 1000, "b": 1000, "+": 1}
    by_uuid = letters(queue)
    assert Counter(by_uuid[one.parent] + by_uuid[one.child] for one in queue.edges) == {
        "a+": 1000,
        "+b": 1000,
    }
    assert {one.on_failure for one in queue.edges} == {"cancel"}
    [join] = [one for one in queue.specs if one.method == "_join_jobs"]
    assert (join.model, join.priority, join.channel) == ("base", 0, "root")


def test_between_small_groups_stands_nothing(env: Any, queue: Any) -> None:
    orders = env["shop.order"].browse(range(1, 41))
    first, second = (
        group(*[one.delayable().plain("a") for one in part]) for part in (orders[:20], orders[20:])
    )
    first.on_done(second).delay()
    assert (len(queue.specs), len(queue.edges)) == (40, 400)


def test_one_after_many_and_many_after_one_need_no_join(env: Any, node: Any, queue: Any) -> None:
    many = group(*[one.delayable().plain("a") for one in env["shop.order"].browse(range(1, 1001))])
    chain(node("x"), many, node("y")).delay()
    assert (len(queue.specs), len(queue.edges)) == (1002, 2000)


def test_a_part_behind_a_join_is_not_the_top(env: Any, queue: Any) -> None:
    orders = env["shop.order"].browse(range(1, 61))
    first, second = (
        group(*[one.delayable().plain("a") for one in part]) for part in (orders[:30], orders[30:])
    )
    first.on_done(second)
    with pytest.raises(ValueError, match=r"shop.order\(31\).plain waits for shop.order\(1\).plain"):
        second.delay()
    first.delay()


# --- split ---


TEN = [*range(1, 11)]


@pytest.mark.parametrize(
    ("size", "slices"),
    [(3, [TEN[:3], TEN[3:6], TEN[6:9], TEN[9:]]), (5, [TEN[:5], TEN[5:]]), (10, [TEN]), (20, [TEN])],
)
def test_a_node_is_split_by_its_records(env: Any, queue: Any, size: int, slices: list[list[int]]) -> None:
    jobs = env["shop.order"].browse(range(1, 11)).delayable(priority=3).export("x", to=1).split(size).delay()
    assert [one.records.ids for one in jobs] == slices
    assert [one.description for one in jobs] == [
        f"Export the order. (split {number}/{len(slices)})" for number in range(1, len(slices) + 1)
    ]
    assert {(one.args, one.kwargs["to"], one.priority) for one in jobs} == {(("x",), 1, 3)}
    assert queue.edges == []


def test_a_split_node_may_become_a_chain_or_be_part_of_a_graph(env: Any, node: Any, queue: Any) -> None:
    orders = env["shop.order"].browse([1, 2, 3])
    orders.delayable().plain("a").split(1, chain=True).on_done(node("b")).delay()
    assert edges(queue) == {"aa", "ab"}
    assert len(queue.edges) == 3


def test_no_records_are_one_part(env: Any) -> None:
    [found] = env["shop.order"].delayable(description="All").plain().split(3).delay()
    assert found.description == "All (split 1/1)"


def test_the_identities_of_parts_differ(env: Any, queue: Any) -> None:
    env["shop.order"].browse([1, 2]).delayable(identity_key="one").plain().split(1).delay()
    env["shop.order"].browse([1, 2]).delayable(identity_key="one").plain().split(2).delay()
    assert [one.identity for one in queue.specs] == ["one (split 1/2)", "one (split 2/2)", "one"]


@pytest.mark.parametrize("size", [0, -1, 1.5, "3"])
def test_a_part_has_at_least_one_record(env: Any, size: Any) -> None:
    one = env["shop.order"].browse([1]).delayable().plain()
    with pytest.raises(ValueError, match="the size of a part is a number of records from 1"):
        one.split(size)
    one.delay()


def test_a_connected_or_delayed_node_is_not_split(node: Any) -> None:
    a, b = node("a"), node("b")
    chain(a, b).delay()
    for one in (a, b):
        with pytest.raises(ValueError, match="split it before"):
            one.split(1)


# --- forgotten nodes ---


def told_when_gone(make: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        make()
        gc.collect()
    return [str(one.message) for one in told if one.category is ResourceWarning]


def test_a_node_that_was_never_delayed_warns_when_it_goes_away(node: Any) -> None:
    said = "shop.order().plain was prepared and never delayed: call delay()"
    assert told_when_gone(lambda: node("a")) == [said]
    assert told_when_gone(lambda: chain(node("a"), node("b"))) == [said, said]


def test_what_was_delayed_split_or_not_called_does_not_warn(env: Any, node: Any) -> None:
    def make() -> None:
        node("a").delay()
        group(node("a"), node("b")).delay()
        env["shop.order"].delayable()
        env["shop.order"].with_delay().plain()
        env["shop.order"].browse([1, 2]).delayable().plain().split(1).delay()

    assert told_when_gone(make) == []


def test_a_node_says_what_it_calls(env: Any) -> None:
    one: Delayable = env["shop.order"].browse([1, 2]).delayable()
    assert repr(one) == "shop.order(1, 2).…"
    assert repr(one.plain("t0k3n")) == "shop.order(1, 2).plain"
    one.delay()
