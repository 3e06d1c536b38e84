"""Every key of Trello's objects with its value when nothing is set (2025 key sets)."""

from __future__ import annotations

import copy
from typing import Any

from isthmus.sandbox.trello.quota import (
    BOARD_LIMITS,
    CARD_LIMITS,
    CHECKLIST_LIMITS,
    CUSTOM_FIELD_LIMITS,
    LIST_LIMITS,
)

Data = dict[str, Any]

COLORS = ("green", "yellow", "orange", "red", "purple", "blue", "sky", "lime", "pink", "black")
LABEL_COLORS = frozenset(f"{color}{shade}" for color in COLORS for shade in ("", "_dark", "_light"))


PREFS: Data = {
    "permissionLevel": "private",
    "hideVotes": False,
    "voting": "disabled",
    "comments": "members",
    "invitations": "members",
    "selfJoin": True,
    "cardCovers": True,
    "isTemplate": False,
    "cardAging": "regular",
    "calendarFeedEnabled": False,
    "background": "blue",
    "backgroundColor": "#0079BF",
    "backgroundImage": None,
    "backgroundImageScaled": None,
    "backgroundTile": False,
    "backgroundBrightness": "dark",
    "backgroundBottomColor": "#0079BF",
    "backgroundTopColor": "#0079BF",
    "canBePublic": True,
    "canBeEnterprise": True,
    "canBeOrg": True,
    "canBePrivate": True,
    "canInvite": True,
}

BOARD: Data = {
    "id": "",
    "nodeId": None,
    "name": "",
    "desc": "",
    "descData": None,
    "closed": False,
    "creationMethod": None,
    "dateClosed": None,
    "idOrganization": None,
    "idEnterprise": None,
    "limits": BOARD_LIMITS,
    "pinned": False,
    "starred": False,
    "url": "",
    "prefs": PREFS,
    "shortLink": "",
    "subscribed": False,
    "labelNames": {f"{color}{shade}": "" for shade in ("", "_dark", "_light") for color in COLORS},
    "powerUps": [],
    "dateLastActivity": None,
    "dateLastView": None,
    "shortUrl": "",
    "idTags": [],
    "datePluginDisable": None,
    "ixUpdate": "1",
    "templateGallery": None,
    "enterpriseOwned": False,
    "idBoardSource": None,
    "premiumFeatures": [],
    "idMemberCreator": None,
    "type": None,
    "memberships": [],
}

LIST: Data = {
    "id": "",
    "name": "",
    "closed": False,
    "color": None,
    "idBoard": "",
    "pos": 65535,
    "subscribed": False,
    "softLimit": None,
    "type": None,
    "datasource": {"filter": False},
    "creationMethod": None,
    "idOrganization": None,
    "limits": LIST_LIMITS,
    "nodeId": None,
}

BADGES: Data = {
    "attachments": 0,
    "fogbugz": "",
    "checkItems": 0,
    "checkItemsChecked": 0,
    "checkItemsEarliestDue": None,
    "comments": 0,
    "description": False,
    "due": None,
    "dueComplete": False,
    "lastUpdatedByAi": False,
    "start": None,
    "attachmentsByType": {"trello": {"board": 0, "card": 0}},
    "externalSource": None,
    "location": False,
    "votes": 0,
    "maliciousAttachments": 0,
    "viewingMemberVoted": False,
    "subscribed": False,
}

COVER: Data = {
    "idAttachment": None,
    "color": None,
    "idUploadedBackground": None,
    "size": "normal",
    "brightness": "dark",
    "yPosition": 0.5,
    "idPlugin": None,
}

CARD: Data = {
    "id": "",
    "address": None,
    "badges": BADGES,
    "checkItemStates": [],
    "closed": False,
    "coordinates": None,
    "creationMethod": None,
    "dateClosed": None,
    "dateCompleted": None,
    "dateLastActivity": None,
    "desc": "",
    "descData": None,
    "due": None,
    "dueComplete": False,
    "dueReminder": None,
    "email": None,
    "externalSource": None,
    "idAttachmentCover": None,
    "idBoard": "",
    "idChecklists": [],
    "idLabels": [],
    "idList": "",
    "idMemberCreator": None,
    "idMembers": [],
    "idMembersVoted": [],
    "idOrganization": None,
    "idShort": 0,
    "limits": CARD_LIMITS,
    "locationName": None,
    "manualCoverAttachment": False,
    "name": "",
    "nodeId": None,
    "originalDesc": "",
    "originalName": "",
    "pinned": False,
    "pos": 65535,
    "recurrenceRule": None,
    "shortLink": "",
    "shortUrl": "",
    "sourceEmail": None,
    "staticMapUrl": None,
    "start": None,
    "subscribed": False,
    "url": "",
    "urlSource": None,
    "cover": COVER,
    "isTemplate": False,
    "cardRole": None,
    "mirrorSourceId": None,
    "mirrorSourceNodeId": None,
    "attachments": [],
    "customFieldItems": [],
    "pluginData": [],
    "stickers": [],
}

LABEL: Data = {"id": "", "idBoard": "", "name": "", "color": None, "uses": 0}

CHECKLIST: Data = {
    "id": "",
    "name": "",
    "idBoard": "",
    "idCard": "",
    "pos": 16384,
    "limits": CHECKLIST_LIMITS,
    "checkItems": [],
    "creationMethod": None,
}

CHECK_ITEM: Data = {
    "id": "",
    "name": "",
    "nameData": None,
    "pos": 16384,
    "state": "incomplete",
    "due": None,
    "dueReminder": None,
    "idMember": None,
    "idChecklist": "",
}

MEMBER: Data = {
    "id": "",
    "aaId": None,
    "activityBlocked": False,
    "avatarHash": None,
    "avatarUrl": None,
    "bio": "",
    "bioData": {"emoji": {}},
    "confirmed": True,
    "fullName": "",
    "idEnterprise": None,
    "idEnterprisesDeactivated": [],
    "idMemberReferrer": None,
    "idPremOrgsAdmin": [],
    "initials": "",
    "memberType": "normal",
    "nonPublic": {},
    "nonPublicAvailable": True,
    "products": [],
    "status": "disconnected",
    "url": "",
    "username": "",
}

ATTACHMENT: Data = {
    "id": "",
    "bytes": None,
    "date": None,
    "edgeColor": None,
    "idMember": None,
    "isMalicious": False,
    "isUpload": False,
    "mimeType": "",
    "name": "",
    "previews": [],
    "url": "",
    "pos": 16384,
    "fileName": None,
}

CUSTOM_FIELD: Data = {
    "id": "",
    "idModel": "",
    "modelType": "board",
    "fieldGroup": "",
    "display": {"cardFront": True},
    "name": "",
    "pos": 16384,
    "type": "text",
    "limits": CUSTOM_FIELD_LIMITS,
    "isSuggestedField": False,
}


def fresh(template: Data, **values: Any) -> Data:
    """Return a new object: a copy of the template with the values in place."""
    return {**copy.deepcopy(template), **values}


def completed(template: Data, data: Data) -> Data:
    """Return an object of an older export with the keys that came later, those of ``badges``, ``cover`` and
    ``prefs`` included. Nested values are shared with the template: keep the result, do not change it."""
    result = {**template, **data}
    for name in ("badges", "cover", "prefs"):
        if isinstance(template.get(name), dict) and isinstance(data.get(name), dict):
            result[name] = {**template[name], **data[name]}
    return result
