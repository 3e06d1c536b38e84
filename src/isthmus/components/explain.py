"""Why a lookup answered as it did, as data and in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from isthmus.components.candidate import (
    ComponentClass,
    Shortlist,
    Wanted,
    applies_on,
    most_specific,
    objection,
    served_models,
)
from isthmus.errors import NoComponentError, SeveralComponentError

if TYPE_CHECKING:
    from isthmus.components.registry import ComponentRegistry
    from isthmus.components.work import WorkContext

Outcome = Literal["chosen", "tied", "outranked", "rejected"]
SHOWN = 10
"""How many verdicts a message lists; the data has all."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one component in a lookup."""

    name: str
    outcome: Outcome
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.outcome}, {self.reason}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a lookup asked for, and what became of every component that it considered.

    ``nearest`` holds usages close to the one asked for where no component has that usage, best first.
    """

    wanted: str
    collection: str | None
    model_name: str | None
    verdicts: tuple[Verdict, ...]
    nearest: tuple[str, ...]
    hint: str | None

    @property
    def chosen(self) -> str | None:
        """The name of the component that the lookup returns, or None when it fails."""
        return next((one.name for one in self.verdicts if one.outcome == "chosen"), None)

    @property
    def question(self) -> str:
        """What was asked, in words."""
        return f"{self.wanted} on model {self.model_name!r} in collection {self.collection!r}"

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation as plain values, for JSON."""
        return {**asdict(self), "chosen": self.chosen}

    def __str__(self) -> str:
        return "\n".join([self.question, *lines(self.verdicts)])


def lines(verdicts: Iterable[Verdict]) -> list[str]:
    """Return one indented line per verdict, at most SHOWN, and how many more there are."""
    told = [f"  {verdict}" for verdict in verdicts]
    more = len(told) - SHOWN
    return [*told[:SHOWN], f"  and {more} more"] if more > 0 else told


def explain(work: WorkContext, wanted: Wanted, conditions: dict[str, Any]) -> Explanation:
    """Return what the lookup of ``wanted`` in this work context answers, and why."""
    registry = work.components_registry
    considered = [cls for cls in registry.serving(wanted) if wanted is not None or not cls._abstract]
    fitting = [cls for cls in considered if objection(cls, work.collection_name, work.model_name) is None]
    usage = wanted if isinstance(wanted, str) else None
    matching = Shortlist.of(fitting).matching(work, usage, conditions)
    top = most_specific(matching)
    verdicts = tuple(judge(cls, work, matching, top) for cls in considered)
    nearest = () if considered else nearest_usages(registry, wanted)
    hint = advice(registry, wanted, considered, nearest, top)
    return Explanation(said(wanted), work.collection_name, work.model_name, verdicts, nearest, hint)


def judge(
    cls: ComponentClass,
    work: WorkContext,
    matching: tuple[ComponentClass, ...],
    top: tuple[ComponentClass, ...],
) -> Verdict:
    """Return the verdict on one considered component."""
    name = str(cls._name)
    against = objection(cls, work.collection_name, work.model_name)
    if against is not None:
        return Verdict(name, "rejected", against)
    if cls not in matching:
        return Verdict(name, "rejected", "its _component_match said no")
    if cls not in top:
        return Verdict(name, "outranked", f"{top[0]._name} is more specific")
    if len(top) > 1:
        others = ", ".join(str(other._name) for other in top if other is not cls)
        return Verdict(name, "tied", f"as specific as {others}")
    return Verdict(name, "chosen", "it is the most specific")


def said(wanted: Wanted) -> str:
    """Return what is wanted, in words."""
    if wanted is None:
        return "any usage"
    if isinstance(wanted, str):
        return f"usage {wanted!r}"
    return f"class {wanted.__module__}.{wanted.__qualname__}"


def nearest_usages(registry: ComponentRegistry, wanted: Wanted) -> tuple[str, ...]:
    """Return the usages that are spelled almost like the one wanted, best first; empty for a class."""
    return tuple(get_close_matches(wanted, registry.usages)) if isinstance(wanted, str) else ()


def advice(
    registry: ComponentRegistry,
    wanted: Wanted,
    considered: list[ComponentClass],
    nearest: tuple[str, ...],
    top: tuple[ComponentClass, ...],
) -> str | None:
    """Return one sentence on what to do about a failed lookup; None when it succeeds."""
    if len(top) == 1:
        return None
    if top:
        return "tell them apart by _collection, _apply_on or _component_match, or ask for one by its name"
    if not considered and wanted in registry:
        return f"{wanted!r} is the name of a component, not a usage: use component_by_name({wanted!r})"
    if nearest:
        return f"no component has this usage; did you mean {nearest[0]!r}?"
    if not considered:
        return "check that the package which declares the component is among those the app loads"
    return "declare a component for this model or collection, or widen the _apply_on of one of these"


def lookup_error(explanation: Explanation) -> NoComponentError | SeveralComponentError:
    """Return the error for a lookup that has no single answer."""
    tied = any(verdict.outcome == "tied" for verdict in explanation.verdicts)
    kind = SeveralComponentError if tied else NoComponentError
    found = "several components found" if tied else "no component found"
    message = "\n".join([f"{found} for {explanation.question}", *lines(explanation.verdicts)])
    return kind(message, hint=explanation.hint, explanation=explanation.as_dict())


def unknown_name_error(registry: ComponentRegistry, name: str) -> NoComponentError:
    """Return the error for a component name that nobody declared."""
    nearest = get_close_matches(name, registry.names, n=1)
    if nearest:
        hint = f"did you mean {nearest[0]!r}?"
    elif name in registry.usages:
        hint = f"{name!r} is a usage, not a name: use component({name!r})"
    else:
        hint = "check that the package which declares it is among those the app loads"
    return NoComponentError(f"there is no component named {name!r}", hint=hint)


def misplaced_error(cls: ComponentClass, against: str, work: WorkContext) -> NoComponentError:
    """Return the error for a component asked for by name where it may not serve."""
    hint = None
    if not applies_on(cls, work.model_name):
        serves = " or ".join(f"model_name={model!r}" for model in served_models(cls) or ())
        hint = f"ask for it with {serves}"
    return NoComponentError(f"component {cls._name!r} cannot be used here: {against}", hint=hint)
