"""The models of an app: an immutable snapshot built from the declarations of the packages that it loads."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from isthmus.errors import ModelError
from isthmus.inheritance import Builder, declared, in_order
from isthmus.records.fields import Field, Integer
from isthmus.records.model import AbstractModel, BaseModel

#: The package that declares ``base``; every registry has it.
BUILT_IN = "isthmus.records"


class Registry(Mapping[str, type[BaseModel]]):
    """Model classes by name. Models that no package declares belong to Odoo: see :meth:`remote`."""

    def __init__(self, classes: Mapping[str, type[BaseModel]], undeclared: frozenset[str]) -> None:
        self._local = {name: cls for name, cls in classes.items() if name not in undeclared}
        self._remote = {name: cls for name, cls in classes.items() if name in undeclared}

    @classmethod
    def build(cls, packages: Iterable[str] = (), classes: Iterable[type] = ()) -> Registry:
        """Build the models declared in ``packages`` (module names) and those they depend on, then
        ``classes``.

        ``classes`` may hold declarations of other families (components); they are left out.
        Raises TypeError when declarations contradict each other.
        """
        names = in_order([BUILT_IN, *packages])
        builder = Builder("model", open_names=True)
        for one in declared(AbstractModel, names):
            builder.add(one)
        for one in classes:
            if issubclass(one, AbstractModel):
                builder.add(one)
        built = builder.build()
        for one in built.values():
            finish(one)
        return cls(built, frozenset(name for name, entry in builder.entries.items() if entry.undeclared))

    def __getitem__(self, name: str) -> type[BaseModel]:
        try:
            return self._local[name]
        except KeyError:
            raise ModelError(f"no loaded package declares the model {name!r}{self.near(name)}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._local

    def __iter__(self) -> Iterator[str]:
        return iter(self._local)

    def __len__(self) -> int:
        return len(self._local)

    def is_local(self, name: str) -> bool:
        """Tell whether a loaded package declares the model."""
        return name in self._local

    def remote(self, name: str) -> type[BaseModel]:
        """Return the class for a model of Odoo, with what the loaded packages add to it."""
        found = self._remote.get(name)
        if found is None:
            body = {"_built": True, "_name": name, "_abstract": False, "__module__": __name__}
            made: Any = type("RemoteModel", (self._local["base"],), body)
            finish(made)
            found = self._remote.setdefault(name, made)
        return found

    def tables(self) -> list[type[BaseModel]]:
        """Return the models that have a table of their own."""
        return [cls for cls in self._local.values() if not cls._abstract and cls._auto]

    def concrete(self) -> list[type[BaseModel]]:
        """Return the models that have records: declared ones, and those of Odoo that a package extends."""
        return [cls for cls in (*self._local.values(), *self._remote.values()) if not cls._abstract]

    def near(self, name: str) -> str:
        """Return a phrase that names the nearest model names, or nothing."""
        found = difflib.get_close_matches(name, self._local, n=2)
        return f" (did you mean {' or '.join(map(repr, found))}?)" if found else ""


def finish(cls: type[BaseModel]) -> None:
    """Give a built class what is computed from all of its declarations: fields, constraints, triggers."""
    sources = [source for source in reversed(cls.__mro__) if "_built" not in source.__dict__]
    cls._declared_fields = {
        name: field.bound(name, cls._name or "") for name, field in collect_fields(sources).items()
    }
    for name, field in cls._declared_fields.items():
        if name != "id":
            setattr(cls, name, field)
    cls._inherits = {
        key: link for source in sources for key, link in source.__dict__.get("_inherits", {}).items()
    }
    constraints = {
        item[0]: tuple(item) for source in sources for item in source.__dict__.get("_sql_constraints", ())
    }
    cls._sql_constraints = list(constraints.values())
    cls._table = cls.__dict__.get("_table") or _stated(cls, "_table") or (cls._name or "").replace(".", "_")
    cls._constrains = [
        (attribute._constrains, name)
        for name in dir(cls)
        if callable(attribute := getattr(cls, name)) and hasattr(attribute, "_constrains")
    ]
    cls._finished()


def _stated(cls: type[BaseModel], attribute: str) -> Any:
    """Return what the model's own declarations (not those of its parents) say about an attribute."""
    for source in cls.__mro__[1:]:
        if "_built" in source.__dict__:
            return None
        if source.__dict__.get(attribute):
            return source.__dict__[attribute]
    return None


def collect_fields(sources: Iterable[type]) -> dict[str, Field]:
    """Return the fields of classes given from the oldest to the newest; later ones refine earlier ones."""
    fields: dict[str, Field] = {"id": Integer("ID", readonly=True)}
    for source in sources:
        for name, attribute in source.__dict__.items():
            if isinstance(attribute, Field):
                fields[name] = fields[name].merged(attribute) if name in fields else attribute
    return fields
