"""Which job waits for which: edges between nodes, and the graph that one node belongs to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, get_args

from isthmus.delay.batch import Link, enqueue, graph_id, keep_node
from isthmus.jobs.spec import OnFailure

if TYPE_CHECKING:
    from isthmus.delay.node import Delayable, Part

#: Above so many edges between two groups a node is put between them: n + m edges instead of n · m.
MOST_EDGES = 400


def connect(parents: Sequence[Delayable], children: Sequence[Delayable], on_failure: OnFailure) -> None:
    """Let every child wait for every parent.

    Raises ValueError for a node that would wait for itself, and an unknown ``on_failure``.
    """
    if on_failure not in get_args(OnFailure):
        raise ValueError(f"on_failure is one of {', '.join(get_args(OnFailure))}; not {on_failure!r}")
    for node in set(parents).intersection(children):
        raise ValueError(f"{node} would wait for itself")
    if len(parents) > 1 and len(children) > 1 and len(parents) * len(children) > MOST_EDGES:
        join = [parents[0]._join()]
        connect(parents, join, on_failure)
        connect(join, children, on_failure)
        return
    for parent in parents:
        for child in children:
            _link(parent, child, on_failure)


def _link(parent: Delayable, child: Delayable, on_failure: OnFailure) -> None:
    if parent._children is None:
        parent._children = {}
    if child._parents is None:
        child._parents = {}
    parent._children[child] = child._parents[parent] = on_failure
    for node in (parent, child):
        if node.job is not None:
            keep_node(node.job, node)


def delay_part(part: Part) -> None:
    """Store (or run at once) every job of a part's graph that was not delayed yet.

    Raises ValueError when the part waits for a node that was not delayed, or jobs wait for each other.
    """
    own = set(part._nodes)
    for head in part._heads:
        for parent in parents_of(head):
            if parent.job is None and parent not in own:
                raise ValueError(f"{head} waits for {parent}, which is not delayed: call delay() on that one")
    nodes = connected(part._nodes)
    new = [node for node in nodes if node.job is None]
    links = [link for node in nodes if node._children for link in new_links(node, nodes)]
    if links:
        new = in_order(new, around(nodes, new, links))
    if new or links:
        enqueue(new, links, graph_id(nodes))
    for parent, child, _ in links:
        if parent._stored_children is None:
            parent._stored_children = set()
        parent._stored_children.add(child)


def connected(start: Iterable[Delayable]) -> dict[Delayable, None]:
    """Return the nodes that are connected with the given ones, in the order in which they are met.

    Those that were delayed before are the border of the graph: nothing is looked for behind them.
    """
    found = dict.fromkeys(start)
    waiting = list(found)
    while waiting:
        met: list[Delayable] = []
        for node in waiting:
            for neighbour in (*(node._parents or ()), *(node._children or ())):
                if neighbour not in found:
                    found[neighbour] = None
                    met.append(neighbour)
        waiting = [node for node in met if node.job is None]
    return found


def new_links(node: Delayable, nodes: Collection[Delayable]) -> list[Link]:
    """Return the edges from a node to others of the graph that are not stored yet."""
    stored = node._stored_children or ()
    children = (node._children or {}).items()
    return [(node, child, policy) for child, policy in children if child in nodes and child not in stored]


def around(
    nodes: Collection[Delayable], new: Collection[Delayable], links: Iterable[Link]
) -> Collection[Delayable]:
    """Return the nodes among which a circle may lie.

    A stored job can be part of one only when it is to wait for one more; then all that is known of its graph
    is looked at.
    """
    if all(child.job is None for _, child, _ in links):
        return new
    found = dict.fromkeys(nodes)
    waiting = list(found)
    while waiting:
        waiting = [one for node in waiting for one in node._children or () if one not in found]
        found.update(dict.fromkeys(waiting))
    return found


def in_order(new: Collection[Delayable], nodes: Collection[Delayable]) -> list[Delayable]:
    """Return the new nodes, parents first. Raises ValueError naming nodes that wait for each other."""
    sorter = TopologicalSorter({node: node._parents or () for node in nodes})
    wanted = set(new)
    try:
        return [node for node in sorter.static_order() if node in wanted]
    except CycleError as error:
        circle = " -> ".join(repr(node) for node in error.args[1] if not node._is_join)
        raise ValueError(f"jobs wait for each other in a circle: {circle}") from None


def parents_of(node: Delayable) -> Iterator[Delayable]:
    """Yield the nodes that a node waits for; where a join stands between, those behind it."""
    for parent in node._parents or ():
        if parent._is_join:
            yield from parents_of(parent)
        else:
            yield parent
