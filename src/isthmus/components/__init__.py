"""Components: the classes that a connector is made of, found by what they are for.

A component says which backend, models and task it serves; a work context finds the one that fits best.
See :class:`Component`, :class:`WorkContext` and :class:`ComponentRegistry`.
"""

from isthmus.components.candidate import Shortlist
from isthmus.components.component import AbstractComponent, Component
from isthmus.components.explain import Explanation, Verdict
from isthmus.components.registry import ComponentRegistry
from isthmus.components.work import WorkContext

__all__ = [
    "AbstractComponent",
    "Component",
    "ComponentRegistry",
    "Explanation",
    "Shortlist",
    "Verdict",
    "WorkContext",
]
