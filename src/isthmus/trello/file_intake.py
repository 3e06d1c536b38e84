"""What changed among files: the history of a board tells of those that come and go."""

from __future__ import annotations

from isthmus.trello.intake import CardExportIntake, TrelloIntake
from isthmus.trello.news import Action


class FileIntake(TrelloIntake):
    """Files: looked at when one came or went. Those of copied and moved cards come with their cards."""

    _name = "trello.file.import.intake"
    _inherit = ["trello.import.intake"]
    _apply_on = "trello.file"

    within = ("trello.card",)

    def ids_of(self, actions: list[Action], moved: bool) -> list[str] | None:
        return None if any("Attachment" in action["type"] for action in actions) else []


class FileExportIntake(CardExportIntake):
    """Attachments: which of them can be files of cards depends on the cards."""

    _name = "trello.file.export.intake"
    _inherit = ["trello.card.export.intake"]
    _apply_on = "trello.file"

    within = ("trello.card",)
    domain = (("res_model", "=", "project.task"), ("type", "=", "binary"))
