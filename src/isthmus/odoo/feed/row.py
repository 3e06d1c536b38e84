"""A record as the feed meets it: when it was written, by whom, and what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

#: What every look reads, whatever else is watched.
STAMPS = ("write_date", "create_date", "write_uid")

#: Odoo keeps microseconds and tells seconds, and Odoo 19 compares whole seconds only.
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a page. ``written`` is a whole second; ``digest`` stands for the values."""

    id: int
    written: datetime
    created: datetime | None
    author: int | None
    digest: str
    values: Mapping[str, Any]

    @property
    def mark(self) -> tuple[str, str]:
        """What tells this state of the record from another one.

        Two writes within one second have the same ``write_date``, so the values belong to it.
        """
        return self.written.isoformat(" "), self.digest


def row_of(values: Mapping[str, Any], fields: Sequence[str]) -> Row:
    """Return the row for what a store read; ``fields`` are those that the digest is made of."""
    return Row(
        id=values["id"],
        written=values["write_date"].replace(microsecond=0),
        created=values.get("create_date") or None,
        author=values.get("write_uid") or None,
        digest=digest([values[name] for name in fields]),
        values=values,
    )


def digest(values: Sequence[Any]) -> str:
    """Return a short text that differs when values differ."""
    text = repr([sorted(value) if isinstance(value, list) else value for value in values])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
