import pytest

from isthmus.errors import ConfigurationError
from isthmus.odoo.protocol import Call
from isthmus.odoo.version import CAPABILITIES, Version
from tests.unit.odoo.recorded import VERSIONS, call_of, exchanges

CALLS = [
    pytest.param(one, id=f"{v}-{key}")
    for v in VERSIONS
    for key, one in exchanges(v).items()
    if isinstance(one["request"]["body"], dict)
    and len(one["request"]["body"].get("params", {}).get("args", ())) > 4
]


@pytest.mark.parametrize("exchange", CALLS)
def test_a_recorded_call_keeps_its_meaning_when_its_arguments_are_named_and_placed_again(exchange):
    model, method, args, kwargs = call_of(exchange)
    call = Call.of(model, method, None, args, kwargs)
    placed, named = call.positional()
    assert placed[: len(args)] == args
    assert Call.of(model, method, None, placed, named) == call


def test_positional_arguments_of_known_methods_get_their_names():
    call = Call.of("res.partner", "search_read", None, [[], ["name"]], {"limit": 1})
    assert call.kwargs == {"domain": [], "fields": ["name"], "limit": 1}
    assert call.args == ()


def test_ids_come_first_and_what_has_no_position_stays_named():
    call = Call.of("res.partner", "read", [1, 2], [], {"fields": ["name"], "load": "_classic_write"})
    assert call.positional() == ([[1, 2], ["name"]], {"load": "_classic_write"})


def test_a_gap_in_the_positions_leaves_the_rest_named():
    call = Call.of("m", "search_read", None, [], {"fields": ["name"]})
    assert call.positional() == ([], {"fields": ["name"]})


def test_arguments_of_unknown_methods_keep_their_positions():
    call = Call.of("project.task", "do_something", [7], ["a", 2], {"b": 3})
    assert call.positional() == ([[7], "a", 2], {"b": 3})


@pytest.mark.parametrize(("method", "stated", "repeatable"), [
    ("read", None, True), ("search_count", None, True), ("write", None, False), ("load", None, False),
    ("load", True, True), ("read", False, False),
])  # fmt: skip
def test_reading_methods_may_be_repeated_and_others_when_the_caller_says_so(method, stated, repeatable):
    assert Call.of("m", method, None, [], {}, stated).repeatable is repeatable


@pytest.mark.parametrize(("call", "size"), [
    (Call("m", "write", (1, 2)), 2), (Call("m", "create", None, {"vals_list": [{}]}), 1),
    (Call("m", "load", None, {"data": [[], []]}), 2), (Call("m", "search", None, {"domain": []}), 0),
])  # fmt: skip
def test_the_size_of_a_call_is_its_number_of_records(call, size):
    assert call.size() == size


@pytest.mark.parametrize(("text", "major", "minor"), [
    ("18.0-20250702", 18, 0), ("19.0", 19, 0), ("saas~18.4", 18, 4), ("saas-19.1+e", 19, 1),
    ("14.0+e-20240101", 14, 0),
])  # fmt: skip
def test_versions_of_all_series_are_read(text, major, minor):
    version = Version.parse(text)
    assert (version.major, version.minor, str(version)) == (major, minor, text)


def test_a_text_without_a_version_is_refused():
    with pytest.raises(ValueError):
        Version.parse("master")


@pytest.mark.parametrize(("capability", "series"), [
    ("JSON-2", {19, 20, 22}), ("XML-RPC and JSON-RPC", {14, 16, 18, 19, 20}),
    ("keys made over the API", {19, 20, 22}), ("has_access", {18, 19, 20, 22}),
])  # fmt: skip
def test_versions_tell_what_they_have(capability, series):
    assert {one for one in (14, 16, 18, 19, 20, 22) if Version.parse(f"{one}.0").has(capability)} == series


def test_the_series_before_19_have_no_json2_and_every_capability_is_somewhere():
    assert all(any(series in found for series in range(14, 20)) for found in CAPABILITIES.values())


@pytest.mark.parametrize(("method", "ids", "args", "lacks"), [
    ("write", None, (), True), ("write", [], (), True), ("write", [1], (), False),
    ("write", None, ([1], {}), False), ("search", None, (), False), ("read", [], (), False),
    ("read", None, (), False), ("has_access", [], (), False), ("do", [], (), True), ("do", None, (), False),
])  # fmt: skip
def test_calls_that_would_change_nothing_are_refused(method, ids, args, lacks):
    call = Call.of("m", method, ids, args, {})
    if lacks:
        with pytest.raises(ConfigurationError, match="without ids"):
            call.require_records()
    else:
        call.require_records()
