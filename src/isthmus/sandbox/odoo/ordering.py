"""The ``order`` of a search, as far as the server looks at it before the database does."""

from __future__ import annotations

import re
from typing import Any

from isthmus.sandbox.odoo.errors import UserError, value_error
from isthmus.sandbox.odoo.values import all_fields

_TERM = re.compile(r"(\w+)(\s+(asc|desc))?(\s+nulls\s+(first|last))?", re.IGNORECASE)


def check_order(records: Any, order: Any) -> None:
    """Raise UserError for what is no order, and a ValueError for a field that the model does not have."""
    for part in str(order or "").split(","):
        term = _TERM.fullmatch(part.strip())
        if term is None and part.strip():
            raise UserError(
                f'Invalid "order" specified ({order}). A valid "order" specification is a comma-separated'
                " list of valid field names (optionally followed by asc/desc for the direction)"
            )
        if term is not None and term[1] not in all_fields(records):
            raise value_error(f"Invalid field {term[1]!r} on model {records._name!r}")
