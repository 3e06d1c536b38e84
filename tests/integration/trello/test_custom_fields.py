"""Custom fields of cards and properties of tasks, in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend
from isthmus.demo import Stage
from isthmus.trello.custom_field import property_name
from tests.integration.trello.board import BOARD, board, card
from tests.integration.trello.both import Both
from tests.integration.trello.test_plan import planned

NAMES = ("text", "number", "checkbox", "date", "list")
FIELDS = {name: f"5f000000000000000000070{number}" for number, name in enumerate(NAMES)}
SMALL, LARGE = "5f0000000000000000000711", "5f0000000000000000000712"


def definition(number: int, type_: str) -> dict[str, Any]:
    about = {"idModel": BOARD, "modelType": "board", "pos": 16384 * (number + 1)}
    field = {"id": FIELDS[type_], "name": type_.title(), "type": type_, **about}
    if type_ == "list":
        texts = {SMALL: "Small", LARGE: "Large"}
        field["options"] = [
            {"id": id_, "idCustomField": field["id"], "value": {"text": text}, "color": "none", "pos": place}
            for place, (id_, text) in enumerate(texts.items(), 1)
        ]
    return field


def item(type_: str, **value: Any) -> dict[str, Any]:
    about = {"idCustomField": FIELDS[type_], "idModel": card(1)["id"], "modelType": "card"}
    return {"id": FIELDS[type_].replace("07", "08"), **about, **value}


@pytest.fixture
def export() -> dict[str, Any]:
    items = [
        item("text", value={"text": "any"}),
        item("number", value={"number": "0.3"}),
        item("checkbox", value={"checked": "true"}),
        item("date", value={"date": "2026-12-24T12:00:00.000Z"}),
        item("list", idValue=SMALL),
    ]
    fields = [definition(number, type_) for number, type_ in enumerate(NAMES)]
    return board([card(1, customFieldItems=items), card(2)], customFields=fields)


@pytest.fixture
def both(export: dict[str, Any]) -> Iterator[Both]:
    with Stage(export) as stage, stage.app.environment() as env:
        yield Both(stage, env)


def properties(both: Both, number: int) -> dict[str, Any]:
    both.env.clear()
    return {one["string"]: one["value"] for one in both.task(number).task_properties}


def enter(both: Both, number: int, **values: Any) -> None:
    """Enter values into properties, as Odoo's client does: all are written."""
    both.env.clear()
    task = both.task(number)
    now = {one["name"]: values.get(one["string"], one["value"]) for one in task.task_properties}
    task.write({"task_properties": now})


def items(both: Both, number: int) -> dict[str, Any]:
    found: Any = both.trello.get(f"/cards/{card(number)['id']}", customFieldItems="true")
    types = {id_: type_ for type_, id_ in FIELDS.items()}
    return {
        types[one["idCustomField"]]: one.get("idValue") or one["value"] for one in found["customFieldItems"]
    }


def put(both: Both, number: int, type_: str, **value: Any) -> None:
    both.trello.put(f"/cards/{card(number)['id']}/customField/{FIELDS[type_]}/item", value)


def test_every_type_goes_both_ways_and_no_value_is_no_item(both: Both) -> None:
    assert properties(both, 1) == {
        "Text": "any", "Number": 0.3, "Checkbox": True, "Date": "2026-12-24 12:00:00", "List": SMALL,
    }  # fmt: skip
    assert set(properties(both, 2).values()) == {False}
    both.settle()
    enter(both, 1, Text=False, Number=False, Checkbox=False, Date=False, List=False)
    enter(both, 2, Text="é <b>", Number=0, Checkbox=True, Date="2027-01-02 03:04:05", List=LARGE)
    both.settle()
    assert items(both, 1) == {}
    assert items(both, 2) == {
        "text": {"text": "é <b>"}, "number": {"number": "0"}, "checkbox": {"checked": "true"},
        "date": {"date": "2027-01-02T03:04:05.000Z"}, "list": LARGE,
    }  # fmt: skip
    put(both, 1, "number", value={"number": "-1.50"})
    put(both, 2, "list", idValue=SMALL)
    for type_ in ("text", "number", "checkbox", "date"):
        put(both, 2, type_, value="")
    both.settle()
    assert properties(both, 1)["Number"] == -1.5
    assert properties(both, 2) == {**dict.fromkeys(properties(both, 2), False), "List": SMALL}
    assert items(both, 1) == {"number": {"number": "-1.50"}}, "what means the same is not written again"


def test_both_sides_may_fill_in_different_fields_between_two_rounds(both: Both) -> None:
    enter(both, 1, Text="ours")
    put(both, 1, "number", value={"number": "7"})
    plan = planned(both.stage)
    assert {(one.direction, one.entity, one.deed, one.name) for one in plan.records} == {
        ("import", "trello.value", "update", "Number"),
        ("export", "trello.value", "update", "Text"),
    }
    import_backend(both.backend)
    both.settle()
    assert items(both, 1)["text"] == {"text": "ours"}
    assert (properties(both, 1)["Text"], properties(both, 1)["Number"]) == ("ours", 7.0)


def test_an_option_that_was_added_in_odoo_is_added_in_trello_once(both: Both) -> None:
    project = both.task(1).project_id
    defined = [dict(one) for one in project.task_properties_definition]
    (sizes,) = [one for one in defined if one["type"] == "selection"]
    sizes["selection"] = [*sizes["selection"], ["huge", "Huge"]]
    project.write({"task_properties_definition": defined})
    enter(both, 1, List="huge")
    enter(both, 2, List="huge")
    both.settle()
    options: Any = both.trello.get(f"/customFields/{FIELDS['list']}/options")
    assert [one["value"]["text"] for one in options] == ["Small", "Large", "Huge"]
    assert items(both, 1)["list"] == items(both, 2)["list"] == options[2]["_id"]
    assert properties(both, 1)["List"] == "huge"


def test_a_property_of_the_name_is_taken_and_others_stay_in_odoo_alone(export: dict[str, Any]) -> None:
    with Stage(export) as stage, stage.app.environment() as env:
        both = Both(stage, env)
        import_backend(both.backend)
        project = both.task(1).project_id
        own = {"name": "mine", "string": "Own", "type": "integer"}
        dated = {"name": "day", "string": "Later", "type": "date"}
        project.write({"task_properties_definition": [*project.task_properties_definition, own, dated]})
        made: Any = both.trello.post(
            "/customFields", {"idModel": BOARD, "modelType": "board", "name": "Later", "type": "date"}
        )
        enter(both, 1, Own=5)
        both.settle()
        assert made["id"] not in str(project.task_properties_definition)
        both.trello.put(
            f"/cards/{card(1)['id']}/customField/{made['id']}/item",
            {"value": {"date": "2026-05-06T07:08:09Z"}},
        )
        both.settle()
        assert (properties(both, 1)["Later"], properties(both, 1)["Own"]) == ("2026-05-06", 5)
        names: Any = both.trello.get(f"/boards/{BOARD}/customFields")
        assert "Own" not in [one["name"] for one in names]
        both.trello.put(f"/customFields/{FIELDS['text']}", {"name": "Renamed"})
        put(both, 1, "text", value={"text": "changed"})
        both.settle()
        assert properties(both, 1)["Renamed"] == "changed"


def test_a_value_whose_note_was_not_kept_is_no_edit(both: Both) -> None:
    pair = both.env["trello.card"].search([("external_id", "=", card(1)["id"])])
    noted = pair.values
    put(both, 1, "text", value={"text": "changed"})
    import_backend(both.backend)
    pair.values = noted  # as it stays when the process ends before it is committed
    writes = both.stage.trello_writes()
    both.settle()
    assert both.stage.trello_writes() == writes
    assert items(both, 1)["text"] == {"text": "changed"}


def test_custom_fields_are_left_alone_where_the_backend_says_so(export: dict[str, Any]) -> None:
    with Stage(export) as stage, stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        backend.custom_fields = False
        entities = [report.entity for report in import_backend(backend)]
        assert "trello.value" not in entities
        export_backend(backend)
        project = env["trello.board"].search([]).odoo_id
        assert not project.task_properties_definition
        assert property_name(FIELDS["text"]) not in str(project.task_properties_definition)
