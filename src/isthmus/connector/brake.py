"""Brakes: how many records of an entity one run may delete or archive.

A board that was moved, a filter that was misspelt or a token that lost its rights look like many deletions. A
brake stops a run before it carries them over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from isthmus.errors import BrakeError, ConfigurationError

#: Policies for deletions under which something is deleted or archived.
TAKING = ("archive", "delete")

_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(%?)")


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of records, or a percentage of the pairs of an entity."""

    number: float
    is_percentage: bool = False

    @classmethod
    def read(cls, text: str | None) -> Limit | None:
        """Return the limit of a text such as ``5%`` or ``20``; None for an empty one: no limit.

        Raises ConfigurationError for anything else.
        """
        if not text:
            return None
        found = _LIMIT.fullmatch(text.strip())
        if found is None or (found[2] and float(found[1]) > 100) or (not found[2] and "." in found[1]):
            raise ConfigurationError(
                f"{text!r} is no limit for deletions", hint="Write a number such as 20, or a part such as 5%."
            )
        return cls(float(found[1]), bool(found[2]))

    def allowed(self, total: int) -> int:
        """Return how many of ``total`` may go; a percentage above 0 always allows one."""
        if not self.is_percentage:
            return int(self.number)
        return max(1, int(total * self.number / 100)) if self.number else 0

    def __str__(self) -> str:
        return f"{self.number:g}{'%' if self.is_percentage else ''}"


class Brake:
    """Counts what a run of one entity deletes and archives, and stops it before it is too much.

    ``count`` returns of how many pairs; it is called when the first ones are to go, which they rarely are.
    """

    def __init__(
        self, limit: Limit, count: Callable[[], int], *, backend: str, entity: str, operation: str
    ) -> None:
        self._limit = limit
        self._count = count
        self._backend = backend
        self._entity = entity
        self._operation = operation
        self._taken = 0

    def take(self, number: int) -> None:
        """Count records that are about to go. Raises BrakeError, before they do, when they are too many."""
        if not number:
            return
        wanted = self._taken + number
        allowed = self._limit.allowed(self._total)
        if wanted > allowed:
            short = self._entity.rpartition(".")[2]
            raise BrakeError(
                f"the {self._operation} of {self._backend} would delete or archive {wanted} of "
                f"{self._total} {self._entity}, and {allowed} may go ({self._limit}); "
                f"{self._taken} of them went before",
                hint=f"See what it is: isthmus plan {self._backend} --entity {short}. To go on: "
                f"isthmus {self._operation} {self._backend} --entity {short} --max-deletes {wanted}",
                wanted=wanted,
                total=self._total,
                allowed=allowed,
            )
        self._taken = wanted

    @cached_property
    def _total(self) -> int:
        return self._count()
