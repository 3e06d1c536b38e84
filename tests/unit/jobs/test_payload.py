"""The stored call of a job."""

from __future__ import annotations

from datetime import date

import pytest

from isthmus.errors import JobDecodingError, JobEncodingError
from isthmus.jobs.codec import Codec
from isthmus.jobs.payload import arguments_text, payload_text, read_payload

CODEC = Codec()


def test_a_call_comes_back() -> None:
    arguments = arguments_text(CODEC, (1, date(2026, 1, 2)), {"a": (3,)})
    stored = read_payload(payload_text([4, 5], arguments, CODEC.encode({"lang": "fr_FR"})))
    assert stored.ids == [4, 5]
    assert stored.arguments(CODEC, None) == ([1, date(2026, 1, 2)], {"a": (3,)})
    assert stored.context_of(CODEC) == {"lang": "fr_FR"}


def test_a_call_without_anything_is_short() -> None:
    assert payload_text([], arguments_text(CODEC, (), {})) == '{"ids":[],"args":[],"kwargs":{},"context":{}}'


def test_a_keyword_may_be_any_text() -> None:
    arguments = arguments_text(CODEC, (), {"$": "records", "x y": 1})
    assert read_payload(payload_text([], arguments)).arguments(CODEC, None)[1] == {"$": "records", "x y": 1}


@pytest.mark.parametrize(
    ("args", "kwargs", "place"),
    [
        ([0, {"lines": [object()]}], {}, "args[1].lines[0] is"),
        ([], {"partner": object()}, "kwargs.partner is"),
    ],
)
def test_what_cannot_be_kept_is_found(args: list[object], kwargs: dict[str, object], place: str) -> None:
    with pytest.raises(JobEncodingError) as caught:
        arguments_text(CODEC, args, kwargs)
    assert caught.value.message.startswith(place)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"ids":["1"],"args":[],"kwargs":{},"context":{}}',
        '{"ids":[1],"args":{},"kwargs":{},"context":{}}',
    ],
)
def test_what_is_no_call_is_refused(text: str) -> None:
    with pytest.raises(JobDecodingError, match="the payload of a job cannot be read"):
        read_payload(text)
