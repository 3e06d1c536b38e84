"""What was sent to either side and not yet agreed on: written down before it is sent.

A process that dies between the write to a side and the note of it leaves both unknown to each other. Without
this note the next run would take our own write for a change of that side, and let it win over what people did
on the other one meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from isthmus.connector.agreement import Agreement


@dataclass(frozen=True, slots=True)
class Sent:
    """The same values in the words of both sides, those of Odoo in comparable form."""

    external: Mapping[str, Any]
    odoo: Mapping[str, Any]

    @classmethod
    def of(cls, stored: Any) -> Sent | None:
        """Read what a binding stores; None for nothing."""
        return cls(stored["external"], stored["odoo"]) if stored else None

    def to_json(self) -> dict[str, Any]:
        """Return what a binding stores."""
        return {"external": dict(self.external), "odoo": dict(self.odoo)}

    def arrived(
        self, agreement: Agreement, present: Mapping[str, Any], compare: Callable[[str, Any], Any]
    ) -> Agreement:
        """Return the agreement, moved on by what was sent if that arrived; ``present`` is what is there now.

        It arrived when the other side shows one of the values that were sent and are no longer the base's:
        what is sent at once arrives as a whole. What it shows otherwise was changed there since.
        """
        base = agreement.external
        sent = {name: value for name, value in self.external.items() if name in base and name in present}

        def is_equal(name: str, one: Any) -> bool:
            return bool(compare(name, one) == compare(name, sent[name]))

        same = [name for name in sent if is_equal(name, present[name])]
        if not any(not is_equal(name, base[name]) for name in same):
            return agreement
        shown = {name: present[name] for name in same}
        return Agreement({**base, **sent, **shown}, {**agreement.odoo, **self.odoo})

    def made(self, shown: Mapping[str, Any], compare: Callable[[str, Any], Any]) -> Agreement:
        """Return the agreement with a record that was made of this; ``shown`` is what it says by now.

        What it says otherwise was changed there since; what was not sent stays unknown.
        """
        sent = {name: value for name, value in self.external.items() if name in shown}
        same = {name for name in sent if compare(name, sent[name]) == compare(name, shown[name])}
        return Agreement({**sent, **{name: shown[name] for name in same}}, self.odoo)

    def arrived_in_odoo(self, agreement: Agreement, present: Mapping[str, Any]) -> Agreement:
        """Return the agreement, moved on by what was written to Odoo if that arrived.

        It arrived when Odoo shows one of the values that were written and are not the base's.
        """
        same = [name for name, value in self.odoo.items() if name in present and present[name] == value]
        if all(name in agreement.odoo and agreement.odoo[name] == self.odoo[name] for name in same):
            return agreement
        return Agreement({**agreement.external, **self.external}, {**agreement.odoo, **self.odoo})
