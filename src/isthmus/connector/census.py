"""Whether all are there: a number that says so of any number of ids."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

#: Numbers stay below this one; that two collections share theirs by chance is as likely as that two draws of
#: this many do.
LIMIT = 2**63


def census(ids: Iterable[str]) -> int:
    """Return a number of ids that others with the same ids have too, in whatever order; 0 for none.

    Those of parts may be added (modulo ``LIMIT``) to that of the whole. An id that came twice counts twice.
    """
    return sum(int.from_bytes(blake2b(id_.encode(), digest_size=8).digest(), "big") for id_ in ids) % LIMIT
