"""Labels belong to one board, tags to all of Odoo: which label of a board a tag is, and which tag a label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from isthmus.components import Component
from isthmus.connector.agreement import Agreement
from isthmus.connector.converter import RelatedMany
from isthmus.connector.exporter import SETS_ASIDE
from isthmus.connector.modifiers import RecordMapper, Source, external_to_m2m
from isthmus.errors import ForbiddenError, MappingError
from isthmus.trello.base import TrelloComponent
from isthmus.trello.color import trello_color

if TYPE_CHECKING:
    from isthmus.connector.base_mapper import Mapper

#: How a label looks: its name and its colour.
Look = tuple[str, str | None]


class Labels(TrelloComponent, Component):
    """Knows the labels of all boards, and makes those that tags on tasks ask for."""

    _name = "trello.labels"
    _usage = "labels"

    @cached_property
    def gone(self) -> frozenset[str]:
        """The labels whose tag was deleted in Odoo."""
        return frozenset(row["external_id"] for row in self._rows if row["state"] == "deleted")

    def label_of(self, board: str | None, tag: int) -> str | None:
        """Return the label of a board that stands for a tag: its own, or one that looks like it; or None."""
        look = self._looks.get(tag)
        return self._own.get((board, tag)) or (self._by_look.get((board, look)) if look else None)

    def ensure(self, wanted: Iterable[tuple[str, int]]) -> None:
        """Make the labels that tags need on boards. What Trello refuses stays missing."""
        missing = [one for one in dict.fromkeys(wanted) if self.label_of(*one) is None]
        if not missing:
            return
        tags = {
            row["id"]: row
            for row in self.env["project.tags"].browse([tag for _, tag in missing]).read(["name", "color"])
        }
        for board in dict.fromkeys(board for board, _ in missing):
            there = self._adapter.of_board(board)
            for tag in [tag for one, tag in missing if one == board and tag in tags]:
                try:
                    self._make(board, tags[tag], there)
                except (*SETS_ASIDE, ForbiddenError):
                    continue
                self._forget()  # on the next board the tag is that of a label already

    def _make(self, board: str, tag: Mapping[str, Any], there: Sequence[Mapping[str, Any]]) -> None:
        """Pair a tag with a label of a board that looks like it; one that is not there is created."""
        look = self._looks.get(tag["id"]) or (str(tag["name"]), trello_color(tag["color"]))
        found = next((one for one in there if (one["name"], one["color"]) == look), None)
        if found is None:
            found = self._adapter.create({"name": look[0], "color": look[1], "idBoard": board})
        if tag["id"] in self._looks:  # it is a label of another board, and Odoo gets a tag for this one
            self._work.component(usage="record.importer").run_page([found])
        else:
            self._bind(found, tag, board)
        self.env.commit()

    def _bind(self, label: Mapping[str, Any], tag: Mapping[str, Any], board: str) -> None:
        said = {name: label.get(name) for name in ("name", "color")} | {"idBoard": board}
        agreed = Agreement(said, {"name": tag["name"], "color": tag["color"]})
        values = {
            "external_id": label["id"],
            "board": board,
            "base": agreed.to_json(),
            "state": "synced",
            "synced": True,
            "last_sync_date": self.env.now,
        }
        model = self.env["trello.label"]
        pair = model.search([("backend_id", "=", self.collection.id), ("odoo_id", "=", tag["id"])], limit=1)
        if pair:  # its label was deleted in Trello, and somebody uses the tag again
            pair.write(values)
        else:
            model.create({**values, "backend_id": self.collection.id, "odoo_id": tag["id"]})

    # --- what is known ---

    @cached_property
    def _work(self) -> Any:
        return self.work.work_on("trello.label")

    @cached_property
    def _adapter(self) -> Any:
        return self._work.component(usage="backend.adapter")

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        names = ["external_id", "odoo_id", "board", "base", "state"]
        found: list[dict[str, Any]] = self.env["trello.label"]._read_rows(
            [("backend_id", "=", self.collection.id)], names, order="id"
        )
        return found

    @cached_property
    def _there(self) -> list[dict[str, Any]]:
        return [row for row in self._rows if row["state"] != "deleted"]

    @cached_property
    def _own(self) -> dict[tuple[str | None, int], str]:
        return {(row["board"], row["odoo_id"]): row["external_id"] for row in self._there}

    @cached_property
    def _looks(self) -> dict[int, Look]:
        return {row["odoo_id"]: look_of(row["base"]) for row in self._there}

    @cached_property
    def _by_look(self) -> dict[tuple[str | None, Look], str]:
        return {(row["board"], look_of(row["base"])): row["external_id"] for row in reversed(self._there)}

    def _forget(self) -> None:
        for name in ("_rows", "_there", "_own", "_looks", "_by_look", "gone"):
            self.__dict__.pop(name, None)


def look_of(base: Any) -> Look:
    """Return how a label looked when both sides last agreed."""
    said = Agreement.of(base).external
    return str(said.get("name") or ""), said.get("color")


class labels_to_tags(external_to_m2m):  # noqa: N801 - named like its kin
    """Turn labels into the command that sets tags, without those whose tag was deleted in Odoo."""

    def map_value(self, mapper: Mapper, value: Any, target: str) -> Any:
        gone = mapper.labels.gone  # type: ignore[attr-defined]
        return super().map_value(mapper, [one for one in value or () if one not in gone], target)


class tags_to_labels(RecordMapper):  # noqa: N801 - named like its kin
    """Turn the tags of a task into labels of its board. Raises MappingError for one that has none there."""

    def __call__(self, mapper: Mapper, record: Any, target: str) -> Any:
        board = mapper.component(usage="boards").projects.get(record.project_id.id)
        return [self._label(mapper, board, tag) for tag in record.tag_ids]

    def _label(self, mapper: Mapper, board: str | None, tag: Any) -> str:
        found: str | None = mapper.labels.label_of(board, tag.id)  # type: ignore[attr-defined]
        if found is None:
            raise MappingError(
                f"the tag {tag.display_name!r} is no trello.label of the task's board",
                hint="Trello refused to make it; make the label there, or take the tag off the task.",
            )
        return found


class LabelsAndTags(RelatedMany):
    """The labels of a card against the tags of its task, in any order."""

    def inward(self, field: str) -> Source:
        return labels_to_tags(field, self.binding)

    def outward(self, field: str) -> Source:
        return tags_to_labels(field)
