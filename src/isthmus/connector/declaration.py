"""From an entity's statements to the declarations of a binding model and of components."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from isthmus import models
from isthmus.components import AbstractComponent, Component
from isthmus.inheritance import withdraw
from isthmus.records import fields

if TYPE_CHECKING:
    from isthmus.connector.entity import Entity

#: Part -> the end of its component's name, and what it inherits, ``{name}`` being the entity's.
PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Adapter": ("adapter", ("base.backend.adapter",)),
    "Binder": ("binder", ("connector.entity.binder",)),
    "Pairs": ("pairs", ("base.two.way.mapper",)),
    "ImportMapper": ("import.mapper", ("{name}.pairs", "base.import.mapper")),
    "ExportMapper": ("export.mapper", ("{name}.pairs", "base.export.mapper")),
    "Importer": ("importer", ("connector.entity.importer",)),
    "Exporter": ("exporter", ("connector.entity.exporter",)),
    "BatchImporter": ("batch.importer", ("connector.batch.importer",)),
    "BatchExporter": ("batch.exporter", ("connector.entity.batch.exporter",)),
    "ImportDeleter": ("import.deleter", ("connector.import.deleter",)),
    "ExportDeleter": ("export.deleter", ("connector.export.deleter",)),
    "Verifier": ("verifier", ("connector.verifier",)),
    "Listener": ("listener", ("connector.entity.listener",)),
}


def declare(cls: type[Entity], stated: Mapping[str, Mapping[str, Any]]) -> None:
    """Declare the binding model and the components of an entity, in the module of its class.

    ``stated``: the parts that must be there, each with the attributes that the entity's statements mean.
    """
    _declare_binding(cls)
    inside = {name for name, value in _classes(cls) if _is_part(name, value)}
    for part in (*PARTS, *sorted(inside - PARTS.keys())):
        if part in stated or part in inside:
            _declare_part(cls, part, stated.get(part, {}))


def withdraw_parts(cls: type[Entity]) -> None:
    """Take back the component classes without a name in an entity's body: the parts derive from them."""
    for value in vars(cls).values():
        if isinstance(value, type) and issubclass(value, AbstractComponent) and _name_of(value) is None:
            withdraw(value)


def _classes(cls: type) -> Iterator[tuple[str, type]]:
    """Yield the classes inside an entity and inside its bases, the nearest first."""
    for owner in cls.__mro__:
        yield from ((name, value) for name, value in vars(owner).items() if isinstance(value, type))


def _is_part(name: str, value: type) -> bool:
    return name in PARTS or issubclass(value, AbstractComponent)


def _name_of(component: type) -> str | None:
    name: str | None = vars(component).get("_name")
    return name


def _declare_binding(cls: type[Entity]) -> None:
    own = [value for name, value in _classes(cls) if name == "Binding"]
    body: dict[str, Any] = {
        "__module__": cls.__module__,
        "__qualname__": f"{cls.__qualname__}.Binding",
        "__doc__": cls.__doc__,
        "_name": cls._name,
        "_inherit": list(
            dict.fromkeys([*(name for one in own for name in _inherited(one)), "external.binding"])
        ),
        "_direction": cls.direction,
        "_needs": tuple(dict.fromkeys([*cls.after, *cls.needs.values(), *cls.part_of.values()])),
        "backend_id": fields.Many2one(cls._collection, "Backend", required=True, ondelete="cascade"),
    }
    if hasattr(cls, "_description"):
        body["_description"] = cls._description
    if cls._odoo is not None:
        body["_inherits"] = {cls._odoo: "odoo_id"}
        body["odoo_id"] = fields.Many2one(cls._odoo, "In Odoo", required=True)
    for one in reversed(own):
        body |= {name: value for name, value in vars(one).items() if not _is_given(name)}
    type(f"{cls.__name__}Binding", (models.Model,), body)


def _declare_part(cls: type[Entity], part: str, stated: Mapping[str, Any]) -> None:
    """Declare a part: a class derived from those inside the entity that are no components by themselves."""
    suffix, usual = PARTS.get(part, (_dotted(part), ()))
    if part == "Adapter" and stated:
        usual = ("base.rest.adapter",)
    own = [value for name, value in _classes(cls) if name == part]
    parents = [name for one in own for name in _inherited(one)]
    if part in ("ImportMapper", "ExportMapper"):  # what converters say goes before what types of fields say
        usual, parents = usual[1:], [usual[0], *parents]
    body: dict[str, Any] = {
        "__module__": cls.__module__,
        "__qualname__": f"{cls.__qualname__}.{part}",
        "__doc__": next((one.__doc__ for one in own if one.__doc__), f"Made of the entity {cls.__name__}."),
        "_name": f"{cls._name}.{suffix}",
        "_inherit": list(dict.fromkeys(one.format(name=cls._name) for one in (*parents, *usual))),
        "_collection": cls._collection,
        "_apply_on": cls._odoo if part == "Listener" and cls._odoo else cls._name,
    }
    bases = [one for one in own if _name_of(one) is None]
    if part == "Pairs":
        body["_abstract"] = True
    if not any(issubclass(one, AbstractComponent) for one in bases):
        bases.append(AbstractComponent if part == "Pairs" else Component)
    mine = vars(own[0]) if own else {}
    body |= {name: value for name, value in stated.items() if name not in mine}
    type(f"{cls.__name__}{part}", tuple(dict.fromkeys(bases)), body)


def _inherited(own: type) -> list[str]:
    """Return the names of what a class inside an entity inherits: stated, or those of its bases."""
    if _name_of(own) is not None and issubclass(own, AbstractComponent):
        return [str(_name_of(own))]
    stated: str | Sequence[str] | None = vars(own).get("_inherit")
    named = [stated] if isinstance(stated, str) else list(stated or ())
    return [*named, *(name for base in own.__bases__ for name in _named(base))]


def _named(base: type) -> list[str]:
    """Return the name of a component class; of one without, those of its bases. Roots have none."""
    if not issubclass(base, AbstractComponent) or base in (AbstractComponent, Component):
        return []
    name = _name_of(base)
    return [name] if name else [found for one in base.__bases__ for found in _named(one)]


def _is_given(name: str) -> bool:
    """Tell whether a plain class has an attribute without saying it, or it is told otherwise."""
    return name in {"__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "_inherit"}


def _dotted(name: str) -> str:
    """Return the end of a component's name for a class: ``export.intake`` for ``ExportIntake``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", ".", name).lower()
