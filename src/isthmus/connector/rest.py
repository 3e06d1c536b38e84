"""An adapter for ordinary REST resources that needs no method at all.

::

    class OrderAdapter(RestAdapter):
        _apply_on = "shop.order"
        path = "/orders"
        paging = PageNumber(size=250)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from isthmus.connector.adapter import CRUDAdapter
from isthmus.errors import ConfigurationError, MalformedAnswerError, NotFoundError
from isthmus.http import Paging, Response, Whole

if TYPE_CHECKING:
    from isthmus.http import HttpClient

Record = Mapping[str, Any]

#: What was the cursor behind the last page once: one may have been kept.
END = "end"


class RestAdapter(CRUDAdapter):
    """Read and write ``path`` and ``path/{id}`` as JSON, through the HTTP client of the backend's session.

    The session is what ``connect()`` of the backend's component (usage "backend") returns; override
    :attr:`http` where it is something else.
    """

    _abstract = True
    _name = "base.rest.adapter"

    #: Path of the list below the client's base URL, such as ``/orders``.
    path: ClassVar[str] = ""
    #: The key that holds a record's id.
    id_field: ClassVar[str] = "id"
    #: How lists are cut into pages.
    paging: ClassVar[Paging] = Whole()
    #: The key under which an answer wraps its list, such as ``data`` (None: the answer is the list).
    list_key: ClassVar[str | None] = None
    #: The key under which an answer wraps its one record (None: the answer is the record).
    record_key: ClassVar[str | None] = None
    #: "PUT" or "PATCH".
    update_method: ClassVar[str] = "PUT"

    @cached_property
    def http(self) -> HttpClient:
        """The HTTP client. Raises ConfigurationError when the backend's session is none."""
        from isthmus.http import HttpClient

        client = self.component(usage="backend", model_name=self.collection).connect()
        if not isinstance(client, HttpClient):
            raise ConfigurationError(
                f"{self._name}: connect() of the backend's component returned {type(client).__name__}",
                hint="Return an isthmus.http.HttpClient from it, or override the adapter's http.",
            )
        return client

    # --- reading ---

    def prepare_reading(self) -> None:
        """Open the client."""
        _ = self.http

    def search(self, filters: Any = None) -> list[Any]:
        """Return the ids of the records that match; ``filters`` are query parameters (None: all)."""
        return [record[self.id_field] for record in self.search_read(filters)]

    def search_read(self, filters: Any = None) -> list[Record]:
        """Return the records that match, all pages together."""
        return [record for records, _ in self.pages(filters) for record in records]

    def pages(self, filters: Any = None, cursor: Any = None) -> Iterator[tuple[list[Record], Any]]:
        """Yield ``(records, cursor)`` page by page; a cursor goes on behind its page, None ends it."""
        if cursor == END:
            return
        for page in self.paging.pages(lambda params: self._fetch({**(filters or {}), **params}), cursor):
            yield page.items, page.cursor

    def read(self, external_id: Any) -> Record:
        """Return one record. Raises NotFoundError."""
        return self._record(self.call("GET", self.path_of(external_id)))

    # --- writing ---

    def create(self, data: Any) -> Record:
        """Create a record and return it. Raises AmbiguousError when it may have been created after all."""
        return self._record(self.call("POST", self.path, json=data))

    def write(self, external_id: Any, data: Any) -> Record | None:
        """Change a record and return it as it is then; None when the answer is empty."""
        response = self.call(self.update_method, self.path_of(external_id), json=data, idempotent=True)
        return self._record(response) if response.body.strip() else None

    def delete(self, external_id: Any) -> None:
        """Delete a record; one that is gone counts as deleted."""
        try:
            self.call("DELETE", self.path_of(external_id), idempotent=True)
        except NotFoundError:
            return

    # --- hooks ---

    def path_of(self, external_id: Any) -> str:
        """Return the path of one record."""
        return f"{self.path}/{quote(str(external_id), safe='')}"

    def call(self, method: str, path: str, **options: Any) -> Response:
        """Send a request and return the answer of a success; other answers raise what they mean."""
        return self.http.request(method, path, **options).require_success()

    # --- inside ---

    def _fetch(self, params: dict[str, Any]) -> Any:
        answer = self.call("GET", self.path, params=params).json()
        return answer if self.list_key is None else _unwrapped(answer, self.list_key, list, self.path)

    def _record(self, response: Response) -> Record:
        answer = response.json()
        if self.record_key is not None:
            answer = _unwrapped(answer, self.record_key, dict, response.url)
        if not isinstance(answer, dict):
            raise MalformedAnswerError(
                f"{response.url} answered a {type(answer).__name__}, expected a record"
            )
        return answer


def _unwrapped(answer: Any, key: str, kind: type, place: str) -> Any:
    found = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(found, kind):
        raise MalformedAnswerError(
            f"{place} answered without a {kind.__name__} under {key!r}: {answer!r:.80}",
            hint="Check list_key and record_key of the adapter.",
        )
    return found
