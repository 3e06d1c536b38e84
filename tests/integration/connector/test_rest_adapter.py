"""A RestAdapter without any method, against a real HTTP server."""

from __future__ import annotations

import json
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from isthmus.components import Component, ComponentRegistry, WorkContext
from isthmus.connector.reading import Reading
from isthmus.connector.rest import RestAdapter
from isthmus.errors import (
    ConfigurationError,
    ForbiddenError,
    MalformedAnswerError,
    NotFoundError,
    RejectedError,
    UnauthorizedError,
)
from isthmus.http import HttpClient, NextCursor, PageNumber
from isthmus.inheritance import capture
from tests.loopback import Answer, json_answer, loopback


class Orders:
    """A resource ``/orders`` as many APIs have it."""

    def __init__(self):
        self.records = {str(number): {"id": str(number), "total": number} for number in range(1, 6)}

    def __call__(self, request):
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        parts = url.path.strip("/").split("/")
        if parts[0] == "wrapped":
            return json_answer({"data": list(self.records.values()), "next": None})
        if len(parts) == 1:
            return self.whole(request, query)
        if parts[1] not in self.records:
            return json_answer({"error": "no such order"}, 404)
        return self.one(request, parts[1])

    def whole(self, request, query):
        if request.method == "POST":
            made = {"id": "99", **request.json()}
            self.records["99"] = made
            return json_answer(made, 201)
        found = [one for one in self.records.values() if one["total"] >= int(query.get("least", 0))]
        size, page = int(query.get("per_page", 100)), int(query.get("page", 1))
        return json_answer(found[(page - 1) * size : page * size])

    def one(self, request, id_):
        match request.method:
            case "GET":
                return json_answer(self.records[id_])
            case "DELETE":
                del self.records[id_]
                return Answer(204)
            case _:
                self.records[id_].update(json.loads(request.body))
                return json_answer(self.records[id_])


@contextmanager
def adapter_on(script, **attributes):
    with loopback(script) as server, capture() as declared:
        client = HttpClient(server.url)

        class Session(Component):
            _usage = "backend"

            def connect(self):
                return client

        type("Adapter", (RestAdapter,), {"path": "/orders", "__module__": __name__, **attributes})
        registry = ComponentRegistry.build(["isthmus.events", "isthmus.connector"], classes=declared)
        yield WorkContext("shop.order", components_registry=registry).component("backend.adapter"), server


def test_an_ordinary_resource_needs_no_method():
    with adapter_on(Orders()) as (adapter, _):
        assert adapter.search() == ["1", "2", "3", "4", "5"]
        assert adapter.search({"least": 4}) == ["4", "5"]
        assert adapter.read("2") == {"id": "2", "total": 2}
        assert adapter.read_many(["1", "77", "3"]) == [{"id": "1", "total": 1}, {"id": "3", "total": 3}]
        assert adapter.create({"total": 9}) == {"id": "99", "total": 9}
        assert adapter.write("2", {"total": 20}) == {"id": "2", "total": 20}
        assert adapter.update("2", {"total": 21})["total"] == 21
        adapter.delete("2")
        adapter.delete("2")
        with pytest.raises(NotFoundError):
            adapter.read("2")


def test_pages_follow_the_strategy_and_resume_from_any_cursor():
    with adapter_on(Orders(), paging=PageNumber(size=2)) as (adapter, _):
        pages = list(adapter.pages({"least": 1}))
        assert [[record["id"] for record in page] for page, _ in pages] == [["1", "2"], ["3", "4"], ["5"]]
        *cursors, end = [json.loads(json.dumps(cursor)) for _, cursor in pages]
        assert [list(adapter.pages({"least": 1}, cursor)) for cursor in cursors] == [pages[1:], pages[2:]]
        assert end is None
        assert list(adapter.pages({"least": 1}, "end")) == []  # as earlier versions said it


def test_a_resource_may_be_read_ahead_of_time_in_pages_and_parts():
    with adapter_on(Orders(), paging=PageNumber(size=2), reads_ahead=True) as (orders, _):
        reading = Reading(orders, None, None, 1, prepare=list)
        found = [([one["id"] for one in part.records], part.is_last) for part in reading]
        cursors = [part.following for part in Reading(orders, None, None, 9, prepare=list)]
        assert cursors == [cursor for _, cursor in orders.pages()]
    assert found == [(["1"], False), (["2"], True), (["3"], False), (["4"], True), (["5"], True)]


def test_lists_and_records_may_be_wrapped():
    with adapter_on(Orders(), path="/wrapped", list_key="data") as (adapter, _):
        assert len(adapter.search()) == 5
    with adapter_on(Orders(), path="/wrapped", paging=NextCursor(items="data")) as (adapter, _):
        assert len(adapter.search()) == 5
    with adapter_on(json_answer({"order": {"id": 1}}), record_key="order") as (adapter, _):
        assert adapter.read(1) == {"id": 1}


def test_an_id_is_quoted_in_the_path_and_a_change_may_be_a_patch():
    with adapter_on(json_answer({}), update_method="PATCH") as (adapter, server):
        adapter.write("a/b c", {"x": None})
        (request,) = server.received
        assert (request.method, request.path, request.json()) == ("PATCH", "/orders/a%2Fb%20c", {"x": None})


def test_an_empty_answer_to_a_change_is_no_record():
    with adapter_on(Answer(204)) as (adapter, _):
        assert adapter.write("1", {}) is None


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, UnauthorizedError), (403, ForbiddenError), (404, NotFoundError), (422, RejectedError)],
)
def test_the_other_sides_errors_are_translated(status, error):
    refusal = json_answer({"message": "the total is negative"}, status)
    with adapter_on(refusal) as (adapter, _), pytest.raises(error, match="the total is negative"):
        adapter.create({"total": -1})


@pytest.mark.parametrize("answer", [json_answer(["x"]), json_answer({"orders": []}), Answer(200, b"<html>")])
def test_an_answer_of_another_shape_is_malformed(answer):
    with adapter_on(answer, record_key="order", list_key="list") as (adapter, _):
        with pytest.raises(MalformedAnswerError):
            adapter.read("1")
        with pytest.raises(MalformedAnswerError):
            adapter.search()


def test_a_session_that_is_no_http_client_is_refused():
    with capture() as declared:

        class Session(Component):
            _usage = "backend"

            def connect(self):
                return None

        class Adapter(RestAdapter):
            _name = "order.adapter"

    registry = ComponentRegistry.build(["isthmus.events", "isthmus.connector"], classes=declared)
    with pytest.raises(ConfigurationError, match=r"order\.adapter: connect\(\) .* returned NoneType"):
        WorkContext("shop.order", components_registry=registry).component("backend.adapter").read("1")
