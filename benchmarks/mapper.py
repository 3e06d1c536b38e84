"""What mapping costs: a page of records with ten direct fields and five methods, and some neighbours."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from report import Figure, main, seconds_per_call

from isthmus.components import ComponentRegistry, WorkContext
from isthmus.connector.mapper import ImportMapper, changed_by, convert, mapping
from isthmus.inheritance import capture

PEER = "OCA connector in Odoo 18: 73,000 records/s"
PAGE = 1000

with capture() as PLAIN:

    class Plain(ImportMapper):
        _name = "plain.mapper"
        direct = [(f"source{number}", f"target{number}") for number in range(10)]

        @mapping
        def name(self, record: Any) -> dict[str, Any]:
            return {"name": record["source0"]}

        @mapping
        @changed_by("source1")
        def reference(self, record: Any) -> dict[str, Any]:
            return {"reference": record["source1"]}

        @mapping
        def active(self, record: Any) -> dict[str, Any]:
            return {"active": not record["closed"]}

        @mapping
        def note(self, record: Any) -> dict[str, Any]:
            return {"note": record["source2"]}

        @mapping
        def nothing(self, record: Any) -> dict[str, Any] | None:
            return {"parent": record["parent"]} if record["parent"] else None


with capture() as CONVERTED:

    class Converted(ImportMapper):
        _name = "converted.mapper"
        direct = [(convert(f"source{number}", str), f"target{number}") for number in range(10)]


def mapper_of(declarations: Iterable[type]) -> Any:
    """Return the only mapper among the declarations."""
    registry = ComponentRegistry.build(["isthmus.events", "isthmus.connector"], classes=declarations)
    found = registry.by_name(registry.names[-1])
    assert found is not None
    return found(WorkContext(components_registry=registry))


def records(**values: Any) -> list[dict[str, Any]]:
    """Return a page of external records."""
    common = {"closed": False, "parent": None, **values}
    return [{f"source{number}": f"value {number}" for number in range(10)} | common for _ in range(PAGE)]


def measure(quick: bool) -> list[Figure]:
    """Return the figures."""

    def per_second(mapper: Any, page: list[dict[str, Any]]) -> float:
        return PAGE / seconds_per_call(lambda: mapper.map_many(page), quick=quick)

    plain, page = mapper_of(PLAIN), records()
    one_by_one = seconds_per_call(lambda: [plain.map_record(one).values() for one in page], quick=quick)
    return [
        Figure(
            "10 direct fields, 5 methods, map_many",
            per_second(plain, page),
            "records/s",
            ">= 200,000 records/s",
            PEER,
        ),
        Figure("the same, one value missing", per_second(plain, records(source9=None)), "records/s"),
        Figure("the same, one by one", PAGE / one_by_one, "records/s"),
        Figure("10 fields through a modifier, map_many", per_second(mapper_of(CONVERTED), page), "records/s"),
    ]


if __name__ == "__main__":
    sys.exit(main("Mapping", measure))
