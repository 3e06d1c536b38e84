"""Send tables through ``load()``: in chunks, again when they clash, with errors that name the refused row."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from isthmus.errors import ConflictError, MalformedAnswerError, RejectedError
from isthmus.odoo.connection import OdooConnection
from isthmus.odoo.load import (
    LOAD_CONTEXT,
    Clash,
    Loaded,
    Outcome,
    RowRefused,
    Table,
    Unreadable,
    read_answer,
)

Context = Mapping[str, Any]

#: Rows of one call: 250 rows of a heavy model stay well below the 60 s of processor time that Odoo allows.
LOAD_CHUNK = 250

#: How often a ``load`` that clashes with another transaction is tried, and the first wait between.
CLASH_ATTEMPTS = 6
CLASH_WAIT_S = 0.2


class Loader:
    """Create and update records of an Odoo in bulk. A chunk is all or nothing; repeating it does no harm."""

    def __init__(self, connection: OdooConnection, chunk: int = LOAD_CHUNK) -> None:
        self._connection = connection
        self._chunk = chunk

    def load(
        self, model: str, rows: Table, context: Context, indexes: Sequence[int] | None = None
    ) -> list[int]:
        """Send a table and return the ids in order.

        ``indexes`` are the caller's numbers of the rows, for errors. Raises RejectedError naming the row,
        ConflictError when clashes do not end.
        """
        ids: list[int] = []
        for chunk in rows.cut(self._chunk):
            outcome = self._send(model, chunk, {**context, **LOAD_CONTEXT})
            match outcome:
                case Loaded(found):
                    ids += found
                case Clash(message):
                    raise ConflictError(f"Odoo could not load {len(chunk.rows)} rows of {model}: {message}")
                case Unreadable(message):
                    raise MalformedAnswerError(f"Odoo answered load of {model} with {message}")
                case RowRefused():
                    raise _row_error(model, chunk, outcome, len(ids), indexes)
        return ids

    def _send(self, model: str, chunk: Table, context: Context) -> Outcome:
        """Load one chunk, again and again while it clashes with other transactions."""
        asked = {"fields": list(chunk.columns), "data": list(chunk.rows)}
        for attempt in range(CLASH_ATTEMPTS):
            answer = self._connection.execute(model, "load", kwargs=asked, context=context, idempotent=True)
            outcome = read_answer(answer, len(chunk.rows))
            if not isinstance(outcome, Clash):
                break
            if attempt + 1 < CLASH_ATTEMPTS:
                self._connection.clock.sleep(CLASH_WAIT_S * 2**attempt * (0.5 + random.random()))
        return outcome


def _row_error(
    model: str, chunk: Table, refused: RowRefused, before: int, indexes: Sequence[int] | None
) -> RejectedError:
    if refused.row is None or refused.row >= len(chunk.keys):
        return RejectedError(f"Odoo refused rows of {model}: {refused.message}", said=refused.message)
    row = before + refused.row
    row = indexes[row] if indexes is not None else row
    key = chunk.keys[refused.row]
    place = f"row {row} ({key})" + (f", field {refused.field!r}" if refused.field else "")
    return RejectedError(
        f"Odoo refused {place} of {model}: {refused.message}",
        hint="The other rows of its batch were not written either.",
        row=row,
        identifier=key,
        field=refused.field,
        said=refused.message,
    )
