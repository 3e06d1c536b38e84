"""Which components fit a lookup, and which of them fits best. Pure functions over classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isthmus.components.component import AbstractComponent

if TYPE_CHECKING:
    from isthmus.components.work import WorkContext

ComponentClass = type[AbstractComponent]
Wanted = str | type[Any] | None
"""What a lookup asks for: a usage, a class to derive from, or None for anything."""


def served_models(cls: ComponentClass) -> tuple[str, ...] | None:
    """Return the models that a component applies on; None: any model."""
    match cls._apply_on:
        case None:
            return None
        case str() as one:
            return (one,)
        case several:
            return tuple(several)


def serves(cls: ComponentClass, wanted: Wanted) -> bool:
    """Say whether a component has the usage, or derives from the class, that is wanted."""
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return cls._usage == wanted
    return issubclass(cls, wanted)


def serves_collection(cls: ComponentClass, collection: str | None) -> bool:
    """Say whether a component may be used in a collection; shared ones may in every one, and in none."""
    return cls._collection is None or cls._collection == collection


def applies_on(cls: ComponentClass, model: str | None) -> bool:
    """Say whether a component may be used for a model."""
    models = served_models(cls)
    return models is None or model in models


def objection(cls: ComponentClass, collection: str | None, model: str | None) -> str | None:
    """Return why a lookup may not return a component, in words; None when it may."""
    return "it is abstract" if cls._abstract else misplaced(cls, collection, model)


def misplaced(cls: ComponentClass, collection: str | None, model: str | None) -> str | None:
    """Return why a component may not serve this collection and model, in words; None when it may."""
    if not serves_collection(cls, collection):
        return f"it serves the collection {cls._collection!r}, not {collection!r}"
    if not applies_on(cls, model):
        return f"it applies on {', '.join(map(repr, served_models(cls) or ()))}, not on {model!r}"
    return None


def specificity(cls: ComponentClass) -> int:
    """Rank a component: collection and model (3), collection only (2), model only (1), neither (0)."""
    return 2 * (cls._collection is not None) + (cls._apply_on is not None)


def most_specific(classes: Iterable[ComponentClass]) -> tuple[ComponentClass, ...]:
    """Return the classes of the highest rank among those given, in their order."""
    found = tuple(classes)
    top = max(map(specificity, found), default=0)
    return tuple(cls for cls in found if specificity(cls) == top)


def asks(cls: ComponentClass) -> bool:
    """Say whether a component overrides ``_component_match`` and so must be asked at every lookup."""
    hook: Any = cls._component_match
    default: Any = AbstractComponent._component_match
    return hook.__func__ is not default.__func__


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The candidates of one lookup, in registration order.

    ``only`` is the answer where it is the same at every call: exactly one candidate is most specific and it
    does not ask to be consulted. None: see :meth:`matching`.
    """

    candidates: tuple[ComponentClass, ...]
    only: ComponentClass | None

    @classmethod
    def of(cls, candidates: Iterable[ComponentClass]) -> Shortlist:
        """Make a shortlist of candidates in registration order."""
        found = tuple(candidates)
        top = most_specific(found)
        settled = len(top) == 1 and not asks(top[0])
        return cls(found, top[0] if settled else None)

    def matching(
        self, work: WorkContext, usage: str | None, conditions: dict[str, Any]
    ) -> tuple[ComponentClass, ...]:
        """Return the candidates whose ``_component_match`` agrees, in registration order."""
        return tuple(
            cls
            for cls in self.candidates
            if cls._component_match(work, usage=usage, model_name=work.model_name, **conditions)
        )
