"""Colours: Trello's thirty by name, Odoo's twelve by number."""

from __future__ import annotations

from typing import Any

from isthmus.connector.converter import Converter

#: Trello's colour -> Odoo's index. Source: the palettes of both products; the nearest one for each. A shade
#: that is not named here is like its plain colour.
ODOO_COLORS = {
    "red": 1,
    "orange": 2,
    "yellow": 3,
    "sky": 4,
    "purple": 5,
    "pink": 9,
    "blue": 8,
    "lime": 10,
    "green": 10,
    "black": 11,
    "pink_light": 6,
    "blue_light": 7,
}

#: Odoo's index -> the colour that a label gets when somebody chooses it in Odoo; each of them leads back.
TRELLO_COLORS = (
    None, "red", "orange", "yellow", "sky", "purple", "pink_light", "blue_light", "blue", "pink", "green",
    "black",
)  # fmt: skip


def odoo_color(name: Any) -> int:
    """Return Odoo's colour index for the name of a Trello colour, light and dark shades included; 0 for no
    colour.

    Raises ValueError for a colour that Trello does not have.
    """
    if not name:
        return 0
    if name in ODOO_COLORS:
        return ODOO_COLORS[name]
    base = str(name).removesuffix("_dark").removesuffix("_light")
    if base not in ODOO_COLORS:
        raise ValueError(f"{name!r} is not a colour of Trello: expected one of {', '.join(ODOO_COLORS)}")
    return ODOO_COLORS[base]


def trello_color(index: Any) -> str | None:
    """Return Trello's colour for an index of Odoo; None for no colour, and for an index beyond the twelve."""
    number = int(index or 0)
    return TRELLO_COLORS[number] if 0 <= number < len(TRELLO_COLORS) else None


class Color(Converter):
    """A label's colour against a tag's. Shades that are one colour in Odoo are no difference."""

    def to_odoo(self, value: Any) -> int:
        return odoo_color(value)

    def to_external(self, value: Any) -> str | None:
        return trello_color(value)

    def comparable(self, value: Any) -> int:
        number = int(value or 0)
        return number if 0 <= number < len(TRELLO_COLORS) else 0


color = Color()
