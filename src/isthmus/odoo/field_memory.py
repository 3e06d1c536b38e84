"""What is known of the fields of an Odoo's models, and what is known no longer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from isthmus.errors import FieldError, RejectedError
from isthmus.odoo.connection import OdooConnection
from isthmus.odoo.schema import fields_of
from isthmus.records.fields import Field

#: What Odoo raises for a field that it does not have.
_SIGNS = frozenset({"builtins.ValueError", "builtins.KeyError"})

#: A model that was asked for its fields again is not asked once more for so long.
_FRESH_S = 60.0


class FieldMemory:
    """The fields of models, asked once and again when a refusal makes them doubtful. For many threads."""

    def __init__(self, connection: OdooConnection) -> None:
        self._connection = connection
        self._fields: dict[str, dict[str, Field]] = {}
        self._asked_at: dict[str, float] = {}

    def fields(self, model: str) -> Mapping[str, Field]:
        """Return the fields that the connection's user may see. Raises UnknownModelError (a ModelError)."""
        known = self._fields.get(model)
        if known is None:
            known = self._fields[model] = fields_of(model, self._connection.fields_get(model))
            self._asked_at[model] = self._connection.clock.monotonic()
        return known

    @contextmanager
    def doubted(self, model: str, asked: Any) -> Iterator[None]:
        """Raise FieldError when the block is refused and ``asked`` names fields that the model has lost."""
        try:
            yield
        except RejectedError as error:
            self._check(model, mentioned(asked), error)
            raise

    def _check(self, model: str, names: set[str], error: RejectedError) -> None:
        now = self._connection.clock.monotonic()
        before = self._fields.get(model)
        doubtful = before is not None and error.details.get("name") in _SIGNS
        if before is None or not doubtful or now - self._asked_at[model] < _FRESH_S:
            return
        self._connection.forget_fields(model)
        self._fields.pop(model, None)
        after = self.fields(model)
        lost = sorted(names & set(before) - set(after))
        if lost:
            near = get_close_matches(lost[0], set(after) - set(before) or set(after), 1)
            raise FieldError(
                f"Odoo's model {model!r} has no field {lost[0]!r} any more",
                hint=f"Was it renamed to {near[0]!r}?"
                if near
                else "It was removed, or hidden from the user.",
                model=model,
                field=lost[0],
                lost=lost,
            ) from error


def mentioned(asked: Any) -> set[str]:
    """Return each word of arguments that may be a field: texts and keys, up to the first ``/`` or ``.``."""
    match asked:
        case str():
            return {re.split(r"[/.]", asked, maxsplit=1)[0]}
        case Mapping():
            return mentioned(list(asked)) | mentioned(list(asked.values()))
        case list() | tuple():
            return set().union(*map(mentioned, asked))
        case _:
            return set()
