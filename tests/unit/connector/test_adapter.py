"""Adapters: what follows from a few methods, and what an adapter that lacks one says."""

from __future__ import annotations

import pytest

from isthmus.components import Component, ComponentRegistry, WorkContext
from isthmus.connector.adapter import CRUDAdapter, ExportAdapter, SearchAdapter
from isthmus.errors import ConfigurationError, NotFoundError
from isthmus.inheritance import capture
from tests.unit.connector.shop import PACKAGES


def adapter_of(*declarations, model_name="my.model"):
    registry = ComponentRegistry.build(PACKAGES, classes=declarations)
    return WorkContext(model_name, components_registry=registry).component(usage="backend.adapter")


def stored(records, base=CRUDAdapter):
    with capture() as declared:

        class Adapter(base):
            _name = "stored.adapter"
            page_size = 2

            def search(self, filters=None):
                return [id_ for id_ in records if filters is None or id_ in filters]

            def read(self, external_id):
                if external_id == "gone":
                    raise NotFoundError("gone")
                return records[external_id]

    return adapter_of(*declared)


def test_the_article_declares_an_adapter_like_this():
    calls = []
    with capture() as declared:

        class MyCRUDAdapter(CRUDAdapter):
            _model_name = "my.model"

            def create(self, data):
                calls.append(("create", data))

            def read(self, id):  # noqa: A002 - the article's name
                return {"id": id}

            def update(self, id, data):  # noqa: A002
                calls.append(("update", id, data))

            def delete(self, id):  # noqa: A002
                calls.append(("delete", id))

    adapter = adapter_of(*declared)
    adapter.create({"a": 1})
    adapter.write(5, {"b": 2})
    adapter.delete(5)
    assert adapter.read(7) == {"id": 7}
    assert calls == [("create", {"a": 1}), ("update", 5, {"b": 2}), ("delete", 5)]


def test_the_article_finds_its_client_by_unit_for():
    with capture() as declared:

        class Client(Component):
            _name = "trello.client"
            _usage = "trello.list"

            def get_list(self, id_):
                return {"id": id_}

        class Adapter(Component):
            _name = "trello.crud.adapter"
            _inherit = "base.backend.adapter"
            _apply_on = "trello.list"

            def read(self, id_):
                return self.unit_for(self._model_name).get_list(id_)

    assert adapter_of(*declared, model_name="trello.list").read("5a") == {"id": "5a"}


def test_update_is_the_same_as_write_where_write_is_defined():
    with capture() as declared:

        class Adapter(CRUDAdapter):
            def write(self, external_id, data):
                return external_id, data

    assert adapter_of(*declared).update(1, {"a": 2}) == (1, {"a": 2})


def test_records_that_are_gone_are_left_out_of_many():
    records = {"1": {"id": "1"}, "gone": None, "2": {"id": "2"}}
    assert stored(records).read_many(records) == [{"id": "1"}, {"id": "2"}]
    assert stored(records).search_read(["2", "gone"]) == [{"id": "2"}]


def test_pages_come_with_the_cursor_of_what_follows():
    records = {str(number): {"id": str(number)} for number in range(5)}
    adapter = stored(records, SearchAdapter)
    pages = list(adapter.pages())
    assert [[record["id"] for record in page] for page, _ in pages] == [["0", "1"], ["2", "3"], ["4"]]
    *cursors, end = [cursor for _, cursor in pages]
    assert [list(adapter.pages(None, cursor)) for cursor in cursors] == [pages[1:], pages[2:]]
    assert end is None


def test_an_adapter_that_reads_all_at_once_gives_one_page():
    with capture() as declared:

        class Adapter(SearchAdapter):
            def search_read(self, filters=None):
                return [1, 2, 3]

    adapter = adapter_of(*declared)
    assert list(adapter.pages()) == [([1, 2, 3], None)]


@pytest.mark.parametrize(
    ("call", "verb"),
    [
        (lambda adapter: adapter.search(), "search"),
        (lambda adapter: adapter.read(1), "read"),
        (lambda adapter: adapter.create({}), "create"),
        (lambda adapter: adapter.write(1, {}), "write"),
        (lambda adapter: adapter.update(1, {}), "write"),
        (lambda adapter: adapter.delete(1), "delete"),
    ],
)
def test_a_verb_that_an_adapter_lacks_is_named_with_what_to_do(call, verb):
    with capture() as declared:

        class Adapter(CRUDAdapter):
            _name = "poor.adapter"

    with pytest.raises(ConfigurationError, match=rf"the adapter poor\.adapter cannot {verb}") as caught:
        call(adapter_of(*declared))
    assert f"Define {verb}()" in caught.value.hint


def test_the_halves_can_be_had_apart():
    assert not hasattr(SearchAdapter, "create")
    assert not hasattr(ExportAdapter, "read")
    assert issubclass(CRUDAdapter, SearchAdapter)
    assert issubclass(CRUDAdapter, ExportAdapter)
