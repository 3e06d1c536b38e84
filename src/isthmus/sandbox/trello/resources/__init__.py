"""The routes of the simulated Trello, one module a resource; importing this package registers them."""

from isthmus.sandbox.trello.resources import (
    actions,
    attachments,
    boards,
    card_members,
    cards,
    check_items,
    checklists,
    comments,
    custom_fields,
    labels,
    lists,
    members,
    tokens,
    uploads,
    webhooks,
)

__all__ = [
    "actions",
    "attachments",
    "boards",
    "card_members",
    "cards",
    "check_items",
    "checklists",
    "comments",
    "custom_fields",
    "labels",
    "lists",
    "members",
    "tokens",
    "uploads",
    "webhooks",
]
