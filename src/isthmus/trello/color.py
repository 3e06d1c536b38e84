"""Colours: Trello's thirty by name, Odoo's twelve by number."""

from __future__ import annotations

from typing import Any

#: Trello's colour -> Odoo's index. Source: the palettes of both products; the nearest one for each.
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
}


def odoo_color(name: Any) -> int:
    """Return Odoo's colour index for the name of a Trello colour, light and dark shades included; 0 for no
    colour.

    Raises ValueError for a colour that Trello does not have.
    """
    if not name:
        return 0
    base = str(name).removesuffix("_dark").removesuffix("_light")
    if base not in ODOO_COLORS:
        raise ValueError(f"{name!r} is not a colour of Trello: expected one of {', '.join(ODOO_COLORS)}")
    return ODOO_COLORS[base]
