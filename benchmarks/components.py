"""What looking a component up costs, in a registry of the size of a large connector."""

from __future__ import annotations

import sys

from report import Figure, main, seconds_per_call

from isthmus.components import AbstractComponent, Component, ComponentRegistry, WorkContext
from isthmus.inheritance import capture

MODELS = [f"shop.model.{number}" for number in range(50)]
USAGES = ["record.importer", "record.exporter", "import.mapper", "export.mapper", "binder", "backend.adapter"]
PEER = "OCA component in Odoo 18: 5.5 µs"


class Backend:
    """A collection: a name is all that a lookup asks of it."""

    _name = "shop.backend"


def declarations() -> list[type]:
    """Declare a shared component of each usage, and one for each usage and model: 306 in all."""
    with capture() as classes:
        for usage in USAGES:
            type("Shared", (Component,), {"_name": usage, "_usage": usage})
            for model in MODELS:
                name = f"{model}.{usage}"
                body = {"_name": name, "_inherit": usage, "_collection": Backend._name, "_apply_on": model}
                type("Special", (Component,), body)

        class Picky(Component):
            _name = "picky"
            _usage = "picky"

            @classmethod
            def _component_match(cls, work: WorkContext, **conditions: object) -> bool:
                return conditions.get("kind") == "order"

        class Other(Component):
            _name = "other"
            _usage = "picky"

    return classes


def measure(quick: bool) -> list[Figure]:
    classes = declarations()
    registry = ComponentRegistry.build(classes=classes)
    work = WorkContext(MODELS[7], Backend(), components_registry=registry)
    importer: type[AbstractComponent] = registry.by_name(f"{MODELS[7]}.record.importer") or AbstractComponent

    def micro(name: str, call: object, target: str | None = None, peer: str | None = None) -> Figure:
        assert callable(call)
        return Figure(name, seconds_per_call(call, quick=quick) * 1e6, "µs", target, peer)

    def cold() -> None:
        registry.shortlists.clear()
        work.component("binder")

    return [
        micro("lookup by usage, warm", lambda: work.component(usage="binder"), "<= 1 µs", PEER),
        micro("lookup by class, warm", lambda: work.find(importer), "<= 1 µs"),
        micro("lookup for another model, warm", lambda: work.component("binder", MODELS[8])),
        micro("lookup of several candidates that are asked", lambda: work.component("picky", kind="invoice")),
        micro("many_components of two candidates", lambda: work.many_components("binder")),
        micro("lookup by name", lambda: work.component_by_name("binder")),
        micro("lookup by usage, cold", cold),
        Figure(
            f"building a registry of {len(registry)} components",
            seconds_per_call(lambda: ComponentRegistry.build(classes=classes), quick=quick) * 1e3,
            "ms",
        ),
    ]


if __name__ == "__main__":
    sys.exit(main("Components", measure))
