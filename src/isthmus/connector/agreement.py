"""The base of a binding as a value: what both sides last agreed on, each side in its own words."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

#: Stands for everything in an external record, where it is not known which fields a mapping depends on.
WHOLE = "*"

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Agreement:
    """``external``: source fields as the other side gave them.

    ``odoo``: fields of Odoo in comparable form.
    """

    external: Mapping[str, Any] = field(default_factory=dict)
    odoo: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Any) -> Agreement:
        """Read what a binding stores; an empty one agrees on nothing."""
        return cls(stored.get("external", {}), stored.get("odoo", {})) if stored else cls()

    def to_json(self) -> dict[str, Any]:
        """Return what a binding stores."""
        return {"external": dict(self.external), "odoo": dict(self.odoo)}

    def changed_external(self, now: Mapping[str, Any]) -> frozenset[str]:
        """Return the source fields that no longer read as agreed."""
        return differing(self.external, now)

    def changed_odoo(self, now: Mapping[str, Any]) -> frozenset[str]:
        """Return the fields of Odoo that no longer read as agreed."""
        return differing(self.odoo, now)

    def after_import(
        self, external: Mapping[str, Any], written: Mapping[str, Any], read_back: Mapping[str, Any]
    ) -> Agreement:
        """Return the agreement once ``written`` reached Odoo (comparable values).

        What was not written keeps its old base: a change that a person made there meanwhile stays visible.
        Fields that the base did not know yet are taken as they read back.
        """
        return Agreement(dict(external), {**read_back, **self.odoo, **written})

    def after_export(
        self, odoo: Mapping[str, Any], sent: Collection[str], external: Mapping[str, Any]
    ) -> Agreement:
        """Return the agreement once the changed fields reached the other side.

        ``odoo`` are the changed values of Odoo, ``external`` the source fields as the other side answered,
        ``sent`` the names of those that were sent: the others keep their old base, so that a change made
        there meanwhile stays visible. What the base does not know stays unknown, until an import reads it,
        unless it knows nothing at all.
        """
        answered = {name: value for name, value in external.items() if name in sent or not self.external}
        return Agreement({**self.external, **answered}, {**self.odoo, **odoo})


def differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> frozenset[str]:
    """Return the names in ``now`` whose values differ from those before; one that is new differs."""
    return frozenset(name for name, value in now.items() if before.get(name, _MISSING) != value)


def watched(record: Mapping[str, Any], names: Iterable[str], *, whole: bool) -> dict[str, Any]:
    """Return the source fields of an external record on which its mapping depends; a missing one is None.

    ``whole``: some rule may read anything, so a digest of the whole record is watched as well.
    """
    values = {name: record.get(name) for name in names}
    if whole:
        values[WHOLE] = hashlib.sha1(
            msgspec.json.encode(record, order="sorted"), usedforsecurity=False
        ).hexdigest()
    return values
