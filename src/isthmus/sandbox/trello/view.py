"""How much of an object an answer shows: the keys by default, and the keys that ``fields`` asks for.

Source of the defaults: recorded answers, Trello's OpenAPI description and exports of 2025.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from isthmus.sandbox.trello import template
from isthmus.sandbox.trello.errors import invalid_value
from isthmus.sandbox.trello.params import Params

Data = dict[str, Any]
Fields = tuple[str, ...] | None  # None: every key

BOARD = (
    "id", "name", "desc", "descData", "closed", "idOrganization", "idEnterprise", "pinned", "url", "shortUrl",
    "prefs", "labelNames",
)  # fmt: skip
LIST = ("id", "name", "closed", "idBoard", "pos")
LIST_IN_BOARD = (
    "id",
    "name",
    "closed",
    "color",
    "idBoard",
    "pos",
    "subscribed",
    "softLimit",
    "type",
    "datasource",
)
CARD = (
    "id", "badges", "checkItemStates", "closed", "dueComplete", "dateLastActivity", "desc", "descData", "due",
    "dueReminder", "email", "idBoard", "idChecklists", "idList", "idMembers", "idMembersVoted", "idShort",
    "idAttachmentCover", "labels", "idLabels", "manualCoverAttachment", "name", "nodeId", "pinned", "pos",
    "shortLink", "shortUrl", "start", "subscribed", "url", "cover", "isTemplate", "cardRole",
    "mirrorSourceId",
)  # fmt: skip
LABEL = ("id", "idBoard", "name", "color", "uses")
CHECKLIST = ("id", "name", "idBoard", "idCard", "pos", "checkItems")
MEMBER = (
    "id", "activityBlocked", "avatarHash", "avatarUrl", "fullName", "idMemberReferrer", "initials",
    "nonPublic", "nonPublicAvailable", "username",
)  # fmt: skip
MEMBER_NAME = ("id", "fullName", "username")
ACTION = ("id", "idMemberCreator", "data", "appCreator", "type", "date", "limits", "memberCreator", "member")

#: What the simulation keeps on objects beside Trello's own keys.
HIDDEN = frozenset({"lastIdShort", "idToken"})

#: Keys that exist besides those of the templates: computed ones, and rare ones of exports.
OTHER = {
    "card": {"labels", "agent", "dateViewedByCreator", "faviconUrl", "urlSourceText"},
    "member": {"email", "prefs", "idBoards", "idOrganizations", "loginTypes", "gravatarHash", "avatarSource"},
    "board": {"invited", "invitations", "creationMethodError"},
}
KNOWN: dict[str, frozenset[str]] = {
    "board": frozenset(template.BOARD),
    "list": frozenset(template.LIST),
    "card": frozenset(template.CARD),
    "label": frozenset(template.LABEL),
    "checklist": frozenset(template.CHECKLIST),
    "member": frozenset(template.MEMBER),
    "action": frozenset(ACTION),
    "attachment": frozenset(template.ATTACHMENT),
    "customField": frozenset((*template.CUSTOM_FIELD, "options")),
}


def fields_of(params: Params, name: str, kind: str, default: Fields) -> Fields:
    """Return the keys that a ``fields`` parameter asks for; ``all`` gives None. Raises ApiError 400."""
    asked = params.names(name)
    if asked is None:
        return default
    if "all" in asked:
        return None
    if not KNOWN[kind].union(OTHER.get(kind, ())).issuperset(asked):
        raise invalid_value(name)
    return tuple(dict.fromkeys(("id", *asked)))


def select(data: Data, fields: Fields) -> Data:
    """Return the object with only the given keys, those that it has."""
    if fields is None:
        return {name: value for name, value in data.items() if name not in HIDDEN}
    return {name: data[name] for name in fields if name in data}


def select_all(many: Iterable[Data], fields: Fields) -> list[Data]:
    """Return each object with only the given keys."""
    return [select(data, fields) for data in many]


def wanted(params: Params, name: str) -> bool:
    """Tell whether a nested resource is asked for: present, and neither ``none`` nor ``false``."""
    return str(params.raw(name, "none")).lower() not in ("", "none", "false")


def scalar(value: Any) -> Any:
    """Return the answer for a single field: lists and objects as they are, anything else wrapped."""
    return value if isinstance(value, dict | list) else {"_value": value}
