"""Who calls, and what they may do: the service that every environment of the sandbox carries."""

from __future__ import annotations

from dataclasses import dataclass, field

#: The user that no rule applies to. Source: ``base.user_root`` has id 1 in every Odoo database.
SUPERUSER = 1
#: Nobody: who fills an empty database, before there are users.
NOBODY = 0

#: The languages that are installed.
LANGUAGES = frozenset({"en_US"})


@dataclass(frozen=True, slots=True)
class Session:
    """One caller. ``series`` is the major version; ``groups`` are external ids."""

    uid: int
    series: int
    groups: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_superuser(self) -> bool:
        """Tell whether no access right and no record rule applies."""
        return self.uid <= SUPERUSER
