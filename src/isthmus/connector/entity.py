"""Declare an entity once; its binding, adapter, mappers, synchronizers and listener are made from that.

::

    class Ticket(Entity):
        _name = "desk.ticket"
        _collection = "desk.backend"
        _odoo = "project.task"

        path = "/tickets"
        pairs = [("title", "name"), ("customer", "partner_id", Related("desk.customer"))]
        needs = {"customer": "desk.customer"}

What is made are ordinary models and components with names of their own (``desk.ticket.importer``), so any of
them is extended by ``_inherit`` like every other, in the same package or in another one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from isthmus.components import AbstractComponent
from isthmus.connector.backend import DIRECTIONS
from isthmus.connector.declaration import PARTS, declare, withdraw_parts

#: What a class body may say of an ordinary REST resource; see :class:`isthmus.connector.rest.RestAdapter`.
REST_OPTIONS = ("path", "paging", "id_field", "list_key", "record_key", "update_method")

#: Attribute of the importer -> the statement of the entity that fills it.
IMPORTER = {
    "_id_field": "id_field",
    "_title": "title",
    "_version_field": "version",
    "_changed_field": "changed",
    "_needs": "needs",
    "_keeps": "keeps",
    "_part_of": "part_of",
}

#: The events of a record of Odoo that can trigger its export.
TRIGGERS = ("create", "write", "unlink")


class Entity:
    """A kind of external record and what it is in Odoo.

    A subclass with a ``_name`` declares an entity; one without is a base for several. What it says:

    * ``_name``, ``_collection``, ``_odoo``: the binding model, the backend's model, the model of Odoo behind
      it (None: records without one, whose fields ``class Binding`` declares);
    * ``_description``: what a person calls such a record;
    * ``direction``: "both", "import", "export" or "none", unless a backend says otherwise;
    * ``pairs``: the field map, as in :class:`isthmus.connector.two_way.TwoWayMapper`;
    * ``needs``: external field -> entity whose records (an id or a list of ids) must be there before;
    * ``part_of``: external field -> entity of which it is a part; one whose whole is not paired is left out;
    * ``after``: entities that come first without being needed, where they are synchronised;
    * ``keeps``: field of the binding -> external field whose value the binding keeps;
    * ``title``, ``version``, ``changed``: the external fields that hold what a person calls the record, the
      mark of its state, and when it last changed (ISO 8601);
    * ``match``: fields of Odoo by which an existing record is recognised, before a new one is created;
    * ``new``: the domain of the records of Odoo that are created on the other side; None: none are;
    * ``triggers``: which events of a record of Odoo ("create", "write", "unlink") enqueue its export;
    * ``path``, ``paging``, ``id_field``, ``list_key``, ``record_key``, ``update_method``: an ordinary REST
      resource.

    A class inside has what is particular about a part: attributes, methods with ``super()``, and further
    components to ``_inherit``. Parts are ``class Importer:``, ``class Adapter:`` and so on, see
    :data:`isthmus.connector.declaration.PARTS`, and ``class Binding:``. Such a class is a plain one, or one
    derived from component classes, or (``Importer = DeskImporter``) an existing component as it is. A
    component class inside by any other name is one more component of the entity. What a base for several
    entities says of a part holds for each of them.
    Raises TypeError for what makes no sense, when the class is defined.
    """

    _name: ClassVar[str]
    _collection: ClassVar[str]
    _odoo: ClassVar[str | None] = None
    _description: ClassVar[str]

    direction: ClassVar[str] = "both"
    pairs: ClassVar[Sequence[Any]] = ()
    needs: ClassVar[Mapping[str, str]] = {}
    part_of: ClassVar[Mapping[str, str]] = {}
    after: ClassVar[Sequence[str]] = ()
    keeps: ClassVar[Mapping[str, str]] = {}
    title: ClassVar[str] = "name"
    version: ClassVar[str | None] = None
    changed: ClassVar[str | None] = None
    match: ClassVar[Sequence[str]] = ()
    new: ClassVar[Sequence[Any] | None] = None
    triggers: ClassVar[Sequence[str]] = ()

    Binding: ClassVar[type[Any]]
    Pairs: ClassVar[type[Any]]
    Adapter: ClassVar[type[Any]]
    Binder: ClassVar[type[Any]]
    ImportMapper: ClassVar[type[Any]]
    ExportMapper: ClassVar[type[Any]]
    Importer: ClassVar[type[Any]]
    Exporter: ClassVar[type[Any]]
    BatchImporter: ClassVar[type[Any]]
    BatchExporter: ClassVar[type[Any]]
    ImportDeleter: ClassVar[type[Any]]
    ExportDeleter: ClassVar[type[Any]]
    Verifier: ClassVar[type[Any]]
    Listener: ClassVar[type[Any]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        withdraw_parts(cls)
        check(cls)
        if "_name" in cls.__dict__:
            declare(cls, dict(parts(cls)))


def check(cls: type[Entity]) -> None:
    """Raise TypeError for a statement of an entity that nobody understands."""
    where = f"{cls.__module__}.{cls.__qualname__}"
    known = {*Entity.__annotations__, *REST_OPTIONS}
    for name, value in cls.__dict__.items():
        is_class = isinstance(value, type)
        if name == "Binding" and not (is_class and value.__bases__ == (object,)):
            raise TypeError(f"{where}: Binding must be a plain class with the fields of the pair")
        if name in PARTS and not is_class:
            raise TypeError(f"{where}: {name} must be a class, plain or of a component; it is {value!r}")
        if name in known or name.startswith("__") or (is_class and issubclass(value, AbstractComponent)):
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
        raise TypeError(f"{where}: an entity says nothing by {name!r}; {hint}")
    if cls.direction not in DIRECTIONS:
        raise TypeError(f"{where}: direction is {cls.direction!r}, not one of {', '.join(DIRECTIONS)}")
    if wrong := [one for one in cls.triggers if one not in TRIGGERS]:
        raise TypeError(f"{where}: {wrong[0]!r} triggers nothing; {', '.join(TRIGGERS)} do")
    if "_name" in cls.__dict__ and not getattr(cls, "_collection", None):
        raise TypeError(f"{where}: an entity must say its _collection, the model of its backend")


def parts(cls: type[Entity]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the parts that an entity's statements ask for, each with the attributes that they mean for it.

    Those of which there is a class inside are made besides. An entity without pairs has mappers only so.
    """
    if rest := {name: getattr(cls, name) for name in REST_OPTIONS if hasattr(cls, name)}:
        yield "Adapter", rest
    mapped = bool(cls.pairs)
    imports = (mapped and cls.direction != "export") or hasattr(cls, "ImportMapper")
    exports = (mapped and cls.direction in ("export", "both")) or hasattr(cls, "ExportMapper")
    if imports or exports:
        yield "Pairs", {"pairs": list(cls.pairs)} if says(cls, "pairs") else {}
    if imports:
        yield "ImportMapper", {}
    if exports:
        yield "ExportMapper", {}
    yield (
        "Importer",
        {attribute: getattr(cls, name) for attribute, name in IMPORTER.items() if says(cls, name)},
    )
    if cls.keeps:
        yield "Exporter", {"_keeps": dict(cls.keeps)}
    if cls.match:
        yield "Binder", {"_match": tuple(cls.match)}
    if cls.new is not None:
        yield "BatchExporter", {"_new": list(cls.new)}
    if cls.triggers:
        yield "Listener", {"_triggers": tuple(cls.triggers), "_entity": cls._name}


def says(cls: type[Entity], name: str) -> bool:
    """Tell whether an entity or a base of it says something by a name, instead of the default of all."""
    return any(name in owner.__dict__ for owner in cls.__mro__ if owner not in (Entity, object))
