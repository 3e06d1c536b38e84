from datetime import datetime

import pytest

from isthmus.sandbox.message import Request
from isthmus.sandbox.trello.errors import ApiError
from isthmus.sandbox.trello.params import MAX_TEXT, Params, nested

ID_A, ID_B = "5582b73a8cb4e3ec6701ed69", "5582b73a8cb4e3ec6701ed6a"


def request(body=b"", content_type="", target="/1/cards?name=query&pos=top"):
    return Request.of("POST", target, {"content-type": content_type}, body)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"name=body&desc=%C3%A9", "application/x-www-form-urlencoded"),
        (b'{"name": "body", "desc": "\xc3\xa9"}', "application/json; charset=utf-8"),
    ],
)
def test_query_form_and_json_are_one_and_the_body_wins(body, content_type):
    params = Params.of(request(body, content_type))
    assert params.values == {"name": "body", "pos": "top", "desc": "é"}


def test_a_body_that_is_no_json_is_refused():
    with pytest.raises(ApiError, match="Error parsing body"):
        Params.of(request(b'{"name": ', "application/json"))


def test_nested_names_come_in_brackets_or_with_slashes():
    flat = {"value[text]": "x", "prefs/voting": "org", "prefs/comments": "members", "name": "n"}
    assert nested(flat) == {
        "value": {"text": "x"},
        "prefs": {"voting": "org", "comments": "members"},
        "name": "n",
    }


def test_a_text_may_have_16384_characters_and_no_more():
    assert Params({"name": "x" * MAX_TEXT}).text("name") == "x" * 16384
    with pytest.raises(ApiError, match="invalid value for name"):
        Params({"name": "x" * (MAX_TEXT + 1)}).text("name")


@pytest.mark.parametrize("values", [{}, {"name": ""}, {"name": "  "}, {"name": None}, {"name": ["x"]}])
def test_a_needed_text_must_be_there_and_not_empty(values):
    with pytest.raises(ApiError, match="invalid value for name"):
        Params(values).needed("name")


@pytest.mark.parametrize(("value", "flag"), [("true", True), ("false", False), (True, True), ("TRUE", True)])
def test_booleans_come_as_json_or_text(value, flag):
    assert Params({"closed": value}).flag("closed") is flag


def test_any_other_boolean_is_refused():
    with pytest.raises(ApiError, match="invalid value for closed"):
        Params({"closed": "maybe"}).flag("closed")


@pytest.mark.parametrize("value", [f"{ID_A},{ID_B},{ID_A}", [ID_A, ID_B]])
def test_sets_of_ids_come_as_comma_list_or_json_list_and_hold_each_once(value):
    assert Params({"idLabels": value}).ids("idLabels") == [ID_A, ID_B]


def test_an_empty_set_clears_and_a_malformed_id_is_refused():
    assert Params({"idLabels": ""}).ids("idLabels") == []
    with pytest.raises(ApiError, match="invalid value for idLabels"):
        Params({"idLabels": "red"}).ids("idLabels")


@pytest.mark.parametrize("value", [None, "", "null"])
def test_null_or_nothing_clears_an_instant(value):
    assert Params({"due": value}).moment("due") is None


def test_an_instant_is_normalised_and_nonsense_refused():
    assert Params({"due": "2026-02-17"}).moment("due") == "2026-02-17T00:00:00.000Z"
    with pytest.raises(ApiError, match="invalid value for due"):
        Params({"due": "soon"}).moment("due")


def test_the_end_of_a_window_is_an_id_or_a_date():
    assert Params({"since": ID_A}).bound("since") == ID_A
    assert Params({"since": "2026-02-17"}).bound("since") == datetime(2026, 2, 17)
    assert Params({}).bound("since") is None


@pytest.mark.parametrize("value", ["0", "1001", "many", None])
def test_a_number_out_of_bounds_is_refused(value):
    with pytest.raises(ApiError, match="invalid value for limit"):
        Params({"limit": value}).whole("limit", 50, least=1, most=1000)
