"""What the mappers of several entities share: texts, whether something is done, positions."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from isthmus.components import AbstractComponent
from isthmus.connector.converter import Choice, Converter, Through
from isthmus.connector.mapper import ExportMapper, changed_by, mapping
from isthmus.errors import MappingError
from isthmus.trello.markdown import canonical, to_html, to_markdown
from isthmus.trello.task_list import text_of

#: The longest text that Trello takes. Source: Trello's OpenAPI description.
MAX_TEXT = 16384


def fitting(text: str) -> str:
    """Return the text. Raises MappingError where it is longer than Trello takes."""
    if len(text) > MAX_TEXT:
        raise MappingError(
            f"it has {len(text):,} characters as Markdown, and Trello takes {MAX_TEXT:,}",
            hint="Shorten it in Odoo. What else changed is exported without it.",
        )
    return text


def written(html: Any) -> str:
    """Return a text of Odoo as Trello gets it. Raises what :func:`fitting` does."""
    return fitting(to_markdown(html))


#: A description of a task may end with its checklists; they are no part of the card's.
described: Converter = Through(
    to_html,
    lambda html: written(text_of(html)),
    lambda html: canonical(text_of(html)),
    name="description",
    empty="",
    remembers=True,
)

markdown: Converter = Through(to_html, written, canonical, name="markdown", empty="", remembers=True)

#: A card is done, or it is not. Every open state of a task is the same to Trello, and so is a cancelled one.
done: Converter = Choice(
    {True: "1_done", False: "01_in_progress"},
    also={
        "02_changes_requested": False,
        "03_approved": False,
        "04_waiting_normal": False,
        "1_canceled": False,
    },
    otherwise=False,
)


class Ranking(ExportMapper, AbstractComponent):
    """The order of records in Odoo becomes a position among their neighbours in Trello."""

    _name = "trello.ranking.mapper"
    _inherit = ["base.export.mapper"]
    _collection = "trello.backend"

    @cached_property
    def ranker(self) -> Any:
        """What knows the rows, for as long as the export lasts."""
        return self.component(usage="ranker")

    @mapping
    @changed_by("sequence")
    def rank(self, record: Any) -> dict[str, Any]:
        place = self.ranker.place(record)
        return {} if place is None else {"pos": place}
