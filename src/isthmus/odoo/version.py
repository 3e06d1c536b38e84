"""Versions of Odoo, and what came and went with them.

What fields a model has is never derived from a version: ``fields_get`` is asked. This is for what cannot be
asked before it is used. Source: Odoo's source and recorded answers of 14 to 19; the deprecation notice of 19.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

#: The oldest series that Isthmus works with, and the end of what nobody has announced an end for.
OLDEST, NEVER = 14, 1000

#: The series that have a capability.
CAPABILITIES: Mapping[str, range] = {
    "XML-RPC and JSON-RPC": range(OLDEST, 22),
    "JSON-2": range(19, NEVER),
    "keys made over the API": range(19, NEVER),
    "keys that expire": range(18, NEVER),
    "has_access": range(18, NEVER),
    "formatted_read_group": range(19, NEVER),
    "web_search_read along relations": range(17, NEVER),
    "any in domains": range(18, NEVER),  # 17 knows it, but finds too little for "not any" of nothing
    "zero in a list": range(16, NEVER),
    "exact domains": range(19, NEVER),  # "not =like", and "!" that leaves nothing out
    "message_post of HTML": range(17, NEVER),
    "automation rules that call a URL": range(17, NEVER),
}


@dataclass(frozen=True, slots=True)
class Version:
    """The version of an Odoo server: ``text`` as it says it, such as "18.0-20250702" or "saas~18.4"."""

    text: str
    major: int
    minor: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the series out of a version text. Raises ValueError when there is none."""
        found = re.search(r"(\d+)(?:\.(\d+))?", text)
        if found is None:
            raise ValueError(f"no version in {text!r}")
        return cls(text, int(found[1]), int(found[2] or 0))

    def has(self, capability: str) -> bool:
        """Tell whether this version has a capability of :data:`CAPABILITIES`."""
        return self.major in CAPABILITIES[capability]

    def __str__(self) -> str:
        return self.text
