"""Names of tags: one for each label, unique, and kept as long as they fit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from isthmus.trello.color import odoo_color
from isthmus.trello.tag_name import plain_name, tag_name

labels = st.lists(
    st.tuples(
        st.sampled_from(["", "Bug", "Bug (red)", "red label"]), st.sampled_from([None, "red", "sky_dark"])
    ),
    max_size=12,
)


def named(labels: list[tuple[str, str | None]], claims: dict[str, str]) -> list[str]:
    names = []
    for number, (name, color) in enumerate(labels):
        found = tag_name(str(number), name, color, claims)
        claims[found] = str(number)
        names.append(found)
    return names


@given(labels)
def test_every_label_gets_a_name_of_its_own(labels: list[tuple[str, str | None]]) -> None:
    names = named(labels, {})
    assert len(set(names)) == len(names)
    assert all(name.strip() for name in names)


@given(labels)
def test_asking_again_gives_the_same_names(labels: list[tuple[str, str | None]]) -> None:
    claims: dict[str, str] = {}
    assert named(labels, claims) == named(labels, dict(claims))


def test_two_labels_of_one_name_are_told_apart_by_colour_then_by_number() -> None:
    assert named([("Bug", "red"), ("Bug", "blue"), ("Bug", "blue")], {}) == [
        "Bug",
        "Bug (blue)",
        "Bug (blue 2)",
    ]


def test_a_label_without_a_name_is_called_by_its_colour() -> None:
    assert plain_name("", "sky_dark") == "sky dark label"
    assert plain_name(None, None) == "colourless label"


def test_a_renamed_label_gets_its_new_name() -> None:
    assert tag_name("1", "Defect", "red", {"Bug": "1"}) == "Defect"


def test_every_colour_of_trello_has_one_in_odoo() -> None:
    bases = ["green", "yellow", "orange", "red", "purple", "blue", "sky", "lime", "pink", "black"]
    found = [odoo_color(base + shade) for base in bases for shade in ("", "_dark", "_light")]
    assert len(found) == 30
    assert all(1 <= index <= 11 for index in found)
    assert odoo_color(None) == 0
