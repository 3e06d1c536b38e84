"""Which function answers which method and path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Answer = Callable[..., Any]
Function = TypeVar("Function", bound=Answer)

#: Trello takes the singular of a resource's name as well.
SINGULAR = {
    "action": "actions",
    "board": "boards",
    "card": "cards",
    "checklist": "checklists",
    "customfield": "customfields",
    "label": "labels",
    "list": "lists",
    "member": "members",
    "token": "tokens",
    "webhook": "webhooks",
}


@dataclass(slots=True)
class _Node:
    answers: dict[str, Answer] = field(default_factory=dict)
    fixed: dict[str, _Node] = field(default_factory=dict)
    name: str = ""
    any: _Node | None = None


class Router:
    """A tree of path segments; ``{name}`` stands for any text. Fixed segments ignore case and come first."""

    def __init__(self) -> None:
        self._root = _Node()
        self.patterns: list[tuple[str, str]] = []

    def __call__(self, method: str, *patterns: str) -> Callable[[Function], Function]:
        """Register the decorated function for the method and patterns such as ``/boards/{board}/lists``."""

        def register(answer: Function) -> Function:
            for pattern in patterns:
                self._leaf(pattern).answers[method] = answer
                self.patterns.append((method, pattern))
            return answer

        return register

    def _leaf(self, pattern: str) -> _Node:
        node = self._root
        for segment in pattern.strip("/").split("/"):
            if segment.startswith("{"):
                node.name = segment.strip("{}")
                node.any = node = node.any or _Node()
            else:
                node = node.fixed.setdefault(segment.lower(), _Node())
        return node

    def find(self, method: str, path: str) -> tuple[Answer, dict[str, str]] | None:
        """Return the function and the values of the pattern's names for a path without ``/1``; or None."""
        segments = path.strip("/").split("/")
        segments[0] = SINGULAR.get(segments[0].lower(), segments[0])
        return _match(self._root, method, segments, {})


def _match(
    node: _Node, method: str, segments: list[str], values: dict[str, str]
) -> tuple[Answer, dict[str, str]] | None:
    if not segments:
        answer = node.answers.get(method)
        return (answer, values) if answer else None
    first, rest = segments[0], segments[1:]
    fixed = node.fixed.get(first.lower())
    found = _match(fixed, method, rest, values) if fixed else None
    if found is None and node.any is not None:
        found = _match(node.any, method, rest, {**values, node.name: first})
    return found


route = Router()
