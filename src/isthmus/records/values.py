"""Fields that hold a value of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from isthmus.errors import FieldError
from isthmus.records.field import DATE_FORMAT, Field
from isthmus.records.secret import Cipher, SecretText

if TYPE_CHECKING:
    from isthmus.records.access import Access


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
    """A moment, naive and in UTC as in Odoo.

    Accepts ``datetime`` and text such as ``2026-11-22 10:30:00``.
    """

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
    """Text that is encrypted at rest and masked wherever it is shown.

    Reading gives a :class:`~isthmus.records.secret.SecretText`.
    """

    type = "secret"

    def to_store(self, value: Any) -> str | bool:
        if not value:
            return False
        if not isinstance(value, str):
            raise FieldError(
                f"{self.model_name}.{self.name} cannot hold a {type(value).__name__}: expected text"
            )
        return value

    def to_record(self, value: Any, record: Access) -> Any:
        return SecretText(value, record.env.service(Cipher)) if value else False
