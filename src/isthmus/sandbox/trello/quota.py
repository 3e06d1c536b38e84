"""The ``limits`` that objects tell: how much of what fits, nowhere reached in the simulation.

Source: exports of 2025.
"""

from __future__ import annotations

from typing import Any

Data = dict[str, Any]


def limit(most: int) -> Data:
    """Return a limit that is not reached; it warns at four fifths."""
    return {"status": "ok", "disableAt": most, "warnAt": most * 4 // 5}


CARD_LIMITS: Data = {
    "attachments": {"perCard": limit(1000)},
    "checklists": {"perCard": limit(500)},
    "stickers": {"perCard": limit(70)},
}
LIST_LIMITS: Data = {"cards": {"openPerList": limit(5000), "totalPerList": limit(1_000_000)}}
CHECKLIST_LIMITS: Data = {"checkItems": {"perChecklist": limit(200)}}
CUSTOM_FIELD_LIMITS: Data = {"customFieldOptions": {"perField": limit(50)}}
COMMENT_LIMITS: Data = {"reactions": {"perAction": limit(900), "uniquePerAction": limit(17)}}
BOARD_LIMITS: Data = {
    "attachments": {"perBoard": limit(36000), "perCard": limit(1000)},
    "boards": {"totalMembersPerBoard": limit(1600), "totalAccessRequestsPerBoard": limit(4000)},
    "cards": {
        "openPerBoard": limit(5000),
        "openPerList": limit(5000),
        "totalPerBoard": limit(2_000_000),
        "totalPerList": limit(1_000_000),
    },
    "checklists": {"perBoard": limit(1_800_000), "perCard": limit(500)},
    "checkItems": {"perChecklist": limit(200)},
    "customFields": {"perBoard": limit(50)},
    "customFieldOptions": {"perField": limit(50)},
    "labels": {"perBoard": limit(1000)},
    "lists": {"openPerBoard": limit(500), "totalPerBoard": limit(3000)},
    "stickers": {"perCard": limit(70)},
    "reactions": {"perAction": limit(900), "uniquePerAction": limit(17)},
}
