"""Field declarations, in Odoo's names.

A field knows its name and model once a registry is built (each model gets its own copies), turns values into
the neutral form that crosses the store seam (:mod:`isthmus.records.store`), and is the descriptor that reads
and writes a record.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from isthmus.errors import FieldError
from isthmus.records.secret import Cipher, SecretText

if TYPE_CHECKING:
    from isthmus.records.access import Access
    from isthmus.records.model import BaseModel

#: What a datetime looks like on Odoo's wire. Source: odoo.tools.misc.DEFAULT_SERVER_DATETIME_FORMAT.
DATETIME_FORMAT = "%Y-%m-%d %H:%M:%S"
DATE_FORMAT = "%Y-%m-%d"


class Field:
    """Base of all fields.

    ``default`` is a value or a function of the (empty) recordset; ``compute`` names a method (or is a function)
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
        index: bool = False,
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
            if value is not None and not (value is False and key in ("required", "readonly", "index"))
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
        """Return the field as an extension changes it: same type, the attributes that the extension states win."""
        if type(extension) is not type(self):
            return extension
        given = {**self.given, **extension.given}
        return type(self)(**given)

    def bound(self, name: str, model_name: str) -> Field:
        """Return a copy that belongs to a model."""
        field = copy.copy(self)
        field.name = name
        field.model_name = model_name
        field.string = field.string or name.removesuffix("_ids").removesuffix("_id").replace("_", " ").capitalize()
        return field

    # --- record access ---

    def __get__(self, record: BaseModel | None, owner: Any) -> Any:
        if record is None:
            return self
        return record._get(self)

    def __set__(self, record: BaseModel, value: Any) -> None:
        record._set(self, value)

    def to_store(self, value: Any) -> Any:
        """Return the neutral form of a value that somebody wrote. Raises FieldError when the field cannot hold it."""
        return value

    def to_record(self, value: Any, record: Access) -> Any:
        """Return what reading the field on a record gives for a neutral value."""
        return value

    def refuse(self, value: Any, expected: str, hint: str | None = None) -> FieldError:
        """Return the error for a value that the field cannot hold."""
        shown = repr(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        return FieldError(f"{self.model_name}.{self.name} cannot hold {shown}: expected {expected}", hint=hint)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.model_name}.{self.name}>"


class _Textual(Field):
    def to_store(self, value: Any) -> str | bool:
        if value is None or value is False:
            return False
        if not isinstance(value, str):
            if isinstance(value, (bool, bytes, dict, list, tuple)):
                raise self.refuse(value, "text")
            value = str(value)
        if "\0" in value:
            raise self.refuse(value, "text without NUL characters", "Remove the NUL character from the text.")
        return str(value)


class Char(_Textual):
    """One line of text; ``size`` is the largest number of characters (None: any)."""

    type = "char"
    size: int | None = None

    @classmethod
    def _options(cls) -> tuple[str, ...]:
        return (*super()._options(), "size", "translate")

    def to_store(self, value: Any) -> str | bool:
        text = super().to_store(value)
        if self.size and isinstance(text, str) and len(text) > self.size:
            raise self.refuse(value, f"at most {self.size} characters, got {len(text)}")
        return text


class Text(_Textual):
    """Text of several lines."""

    type = "text"


class Html(_Textual):
    """Text with HTML markup."""

    type = "html"


class Selection(_Textual):
    """One of a fixed list of ``(value, label)``; an extension adds to it with ``selection_add``."""

    type = "selection"
    selection: Sequence[tuple[str, str]] = ()

    def __init__(
        self,
        selection: Sequence[tuple[str, str]] | None = None,
        string: str | None = None,
        *,
        selection_add: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(string, **kwargs)
        if selection is not None:
            self.given["selection"] = tuple(selection)
        if selection_add:
            self.given["selection_add"] = tuple(selection_add)
        self.selection = (*(selection or ()), *selection_add)

    def merged(self, extension: Field) -> Field:
        if isinstance(extension, Selection) and "selection" not in extension.given:
            added = (*self.given.get("selection_add", ()), *extension.given.get("selection_add", ()))
            return Selection(**{**self.given, **extension.given, "selection_add": added})
        return super().merged(extension)

    def to_store(self, value: Any) -> str | bool:
        text = super().to_store(value) or False
        if text is not False and self.selection and text not in {key for key, _ in self.selection}:
            raise self.refuse(value, "one of " + ", ".join(repr(key) for key, _ in self.selection))
        return text


class Integer(Field):
    """A whole number of 64 bits; empty reads as 0."""

    type = "integer"
    empty = 0

    def to_store(self, value: Any) -> int:
        try:
            number = int(value or 0)
        except (TypeError, ValueError):
            raise self.refuse(value, "a whole number") from None
        if not -(2**63) <= number < 2**63:
            raise self.refuse(value, "a whole number of 64 bits")
        return number


class Float(Field):
    """A floating point number; empty reads as 0.0."""

    type = "float"
    empty = 0.0

    @classmethod
    def _options(cls) -> tuple[str, ...]:
        return (*super()._options(), "digits")

    def to_store(self, value: Any) -> float:
        try:
            number = float(value or 0.0)
        except (TypeError, ValueError):
            raise self.refuse(value, "a number") from None
        if not math.isfinite(number):
            raise self.refuse(value, "a finite number")
        return number


class Boolean(Field):
    """True or False."""

    type = "boolean"

    def to_store(self, value: Any) -> bool:
        return bool(value)


class Date(Field):
    """A day. Accepts ``date``, ``datetime`` and text such as ``2026-11-22``."""

    type = "date"

    def to_store(self, value: Any) -> date | bool:
        if not value:
            return False
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value[:10], DATE_FORMAT).date()
        except (TypeError, ValueError):
            raise self.refuse(value, "a date such as 2026-11-22") from None


class Datetime(Field):
    """A moment, naive and in UTC as in Odoo. Accepts ``datetime`` and text such as ``2026-11-22 10:30:00``."""

    type = "datetime"

    def to_store(self, value: Any) -> datetime | bool:
        if not value:
            return False
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                raise self.refuse(
                    value,
                    "a naive datetime in UTC",
                    "Convert it first: value.astimezone(UTC).replace(tzinfo=None).",
                )
            return value
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day)
        if isinstance(value, str) and "T" not in value:
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                pass
        raise self.refuse(value, "a moment in UTC such as 2026-11-22 10:30:00")


class Json(Field):
    """Any JSON value."""

    type = "json"


class Binary(Field):
    """Bytes: the content itself, not base64. Not read together with other fields."""

    type = "binary"
    prefetch = False

    @classmethod
    def _options(cls) -> tuple[str, ...]:
        return (*super()._options(), "attachment")

    def to_store(self, value: Any) -> bytes | bool:
        if not value:
            return False
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise self.refuse(value, "bytes", "Decode base64 text first: base64.b64decode(value).")
        return bytes(value)


class Secret(Field):
    """Text that is encrypted at rest and masked wherever it is shown. Reading gives a :class:`~isthmus.records.secret.SecretText`."""

    type = "secret"

    def to_store(self, value: Any) -> str | bool:
        if not value:
            return False
        if not isinstance(value, str):
            raise FieldError(f"{self.model_name}.{self.name} cannot hold a {type(value).__name__}: expected text")
        return value

    def to_record(self, value: Any, record: Access) -> Any:
        return SecretText(value, record.env.service(Cipher)) if value else False


# --- relations -----------------------------------------------------------------------------------------


class Relational(Field):
    """A field whose value is records of ``comodel``."""

    relational = True


def _id_of(field: Field, value: Any) -> int | bool:
    """Return the id that a many2one value stands for: an id, a record, a ``(id, name)`` pair, or nothing."""
    if not isinstance(value, int) and hasattr(value, "_ids"):
        value = value.id
    if isinstance(value, (tuple, list)):
        value = value[0] if value else False
    if not value:
        return False
    if not isinstance(value, int) or isinstance(value, bool):
        raise field.refuse(value, "a record or the id of one")
    return value


class Many2one(Relational):
    """A link to one record. ``ondelete``: what happens when that one is deleted: "set null", "cascade" or "restrict"."""

    type = "many2one"
    ondelete: str = "set null"

    def __init__(self, comodel_name: str = "", string: str | None = None, *, ondelete: str | None = None, **kwargs: Any):
        super().__init__(string, **kwargs)
        self.comodel = comodel_name
        self.ondelete = ondelete or ("restrict" if self.required else "set null")
        if comodel_name:
            self.given["comodel_name"] = comodel_name
        if ondelete:
            self.given["ondelete"] = ondelete

    def to_store(self, value: Any) -> int | bool:
        return _id_of(self, value)


class _X2many(Relational):
    prefetch = False

    def to_store(self, value: Any) -> list[Any]:
        """Return a list of commands: a recordset or a list of ids replaces the whole set."""
        if hasattr(value, "_ids"):
            return [(6, 0, list(value._ids))]
        if not value:
            return [(5,)]
        if isinstance(value, (list, tuple)):
            if all(isinstance(one, int) and not isinstance(one, bool) for one in value):
                return [(6, 0, list(value))]
            if all(isinstance(one, (list, tuple)) and one and one[0] in range(7) for one in value):
                return [tuple(one) for one in value]
        raise self.refuse(value, "x2many commands such as [(6, 0, ids)], a recordset or a list of ids")


class One2many(_X2many):
    """The records whose ``inverse_name`` points here."""

    type = "one2many"
    inverse_name: str = ""

    def __init__(self, comodel_name: str = "", inverse_name: str = "", string: str | None = None, **kwargs: Any) -> None:
        super().__init__(string, **kwargs)
        self.comodel = comodel_name
        self.inverse_name = inverse_name
        self.given |= {k: v for k, v in (("comodel_name", comodel_name), ("inverse_name", inverse_name)) if v}


class Many2many(_X2many):
    """Any number of links. Relation table and columns get Odoo's default names where they are not stated."""

    type = "many2many"
    relation: str = ""
    column1: str = ""
    column2: str = ""

    def __init__(
        self,
        comodel_name: str = "",
        relation: str = "",
        column1: str = "",
        column2: str = "",
        string: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(string, **kwargs)
        self.comodel = comodel_name
        self.relation, self.column1, self.column2 = relation, column1, column2
        names = (("comodel_name", comodel_name), ("relation", relation), ("column1", column1), ("column2", column2))
        self.given |= {key: value for key, value in names if value}

    def bound(self, name: str, model_name: str) -> Field:
        field = super().bound(name, model_name)
        assert isinstance(field, Many2many)
        mine, theirs = model_name.replace(".", "_"), field.comodel.replace(".", "_")
        field.relation = field.relation or "_".join((*sorted((mine, theirs)), "rel"))
        field.column1 = field.column1 or f"{mine}_id"
        field.column2 = field.column2 or (f"{theirs}_id" if mine != theirs else f"{theirs}_id2")
        return field


TYPES: dict[str, type[Field]] = {
    cls.type: cls
    for cls in (
        Char, Text, Html, Selection, Integer, Float, Boolean, Date, Datetime, Json, Binary, Secret,
        Many2one, One2many, Many2many,
    )
}  # fmt: skip


