"""What all fields have in common.

A field knows its name and model once a registry is built (each model gets its own copies), turns values into
the neutral form that crosses the store seam (:mod:`isthmus.records.store`), and is the descriptor that reads
and writes a record.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from isthmus.errors import FieldError

if TYPE_CHECKING:
    from isthmus.records.access import Access
    from isthmus.records.model import BaseModel

#: What a datetime looks like on Odoo's wire. Source: odoo.tools.misc.DEFAULT_SERVER_DATETIME_FORMAT.
DATETIME_FORMAT = "%Y-%m-%d %H:%M:%S"
DATE_FORMAT = "%Y-%m-%d"


class Field:
    """Base of all fields.

    ``default`` is a value or a function of the (empty) recordset; ``compute`` names a method (or is a
    function)
    that sets the field on each record of a set, and makes the field neither stored nor searchable.
    """

    type: ClassVar[str] = ""
    relational: ClassVar[bool] = False
    #: What an empty field reads as.
    empty: ClassVar[Any] = False

    name: str = ""
    model_name: str = ""
    store: bool = True
    #: The model that a relation leads to; empty for other fields.
    comodel: str = ""
    #: Read together with the other plain fields of a record. Off for what is large or restricted.
    prefetch: bool = True

    def __init__(
        self,
        string: str | None = None,
        *,
        help: str | None = None,  # noqa: A002 - Odoo's name
        required: bool = False,
        readonly: bool = False,
        default: Any = None,
        index: bool | None = None,
        copy: bool = True,
        compute: str | Callable[..., Any] | None = None,
        **other: Any,
    ) -> None:
        self.given = {
            key: value
            for key, value in {
                "string": string,
                "help": help,
                "required": required,
                "readonly": readonly,
                "default": default,
                "index": index,
                "copy": copy,
                "compute": compute,
                **other,
            }.items()
            if value is not None and not (value is False and key in ("required", "readonly"))
        }
        self.string = string or ""
        self.help = help or ""
        self.required = required
        self.readonly = readonly
        self.default = default
        self.index = index
        self.copy = copy
        self.compute = compute
        self.groups: str | None = None
        if compute is not None:
            self.store = False
            self.prefetch = False
        for key, value in other.items():
            if not hasattr(type(self), key) and key not in self.__dict__ and key not in self._options():
                raise TypeError(f"{type(self).__name__}() has no attribute {key!r}")
            setattr(self, key, value)

    @classmethod
    def _options(cls) -> tuple[str, ...]:
        """Return the names of further attributes that a declaration may set."""
        return ("groups",)

    # --- building ---

    def merged(self, extension: Field) -> Field:
        """Return the field as an extension changes it: same type, the attributes that the extension states
        win.
        """
        if type(extension) is not type(self):
            return extension
        given = {**self.given, **extension.given}
        return type(self)(**given)

    def bound(self, name: str, model_name: str) -> Field:
        """Return a copy that belongs to a model."""
        field = copy.copy(self)
        field.name = name
        field.model_name = model_name
        field.string = (
            field.string or name.removesuffix("_ids").removesuffix("_id").replace("_", " ").capitalize()
        )
        return field

    # --- record access ---

    def __get__(self, record: BaseModel | None, owner: Any) -> Any:
        if record is None:
            return self
        return record._get(self)

    def __set__(self, record: BaseModel, value: Any) -> None:
        record._set(self, value)

    def to_store(self, value: Any) -> Any:
        """Return the neutral form of a value that somebody wrote.

        Raises FieldError when the field cannot hold it.
        """
        return value

    def to_record(self, value: Any, record: Access) -> Any:
        """Return what reading the field on a record gives for a neutral value."""
        return value

    def refuse(self, value: Any, expected: str, hint: str | None = None) -> FieldError:
        """Return the error for a value that the field cannot hold."""
        shown = repr(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        return FieldError(
            f"{self.model_name}.{self.name} cannot hold {shown}: expected {expected}", hint=hint
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.model_name}.{self.name}>"
