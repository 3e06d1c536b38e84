"""Whatever is edited on either side, imported, exported and decided, in whatever order: both sides are what a
plain model says, field by field, and end up agreeing wherever nothing waits for a person.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from isthmus.components import ComponentRegistry
from isthmus.connector.operation import export_backend, import_backend
from isthmus.errors import StaleDecisionError
from isthmus.records import open_environment
from tests.integration.connector.shop import Shop, components, new_database, registry

#: Field of Odoo -> field of the shop.
FIELDS = {"email": "mail", "city": "town"}
EDITED = ["email", "email", "city"]
#: Few of them, so that both sides often say the same, or what they once agreed on.
VALUES = ["base", "other", "third"]
POLICIES = [("odoo", "external"), ("ask", "ask"), ("external", "ask"), ("ask", "odoo")]
PAIRS, PHASES = 60, 20


@dataclass
class Field:
    """What a field should be: the last agreement, and the value of each side."""

    policy: str
    base: str = "base"
    odoo: str = "base"
    outside: str = "base"

    def run_import(self, decision: str | None = None) -> None:
        if self.outside == self.base:
            return
        winner = self._winner(decision)
        if winner == "external":
            self.odoo = self.outside
        if winner:
            self.base = self.outside

    def run_export(self, decision: str | None = None) -> None:
        if self.odoo == self.base:
            return
        winner = self._winner(decision)
        if winner == "odoo":
            self.outside = self.odoo
        if winner:
            self.base = self.odoo

    def _winner(self, decision: str | None) -> str | None:
        """Return whose value counts; None where a person must say so."""
        if self.odoo == self.outside:
            return "odoo"
        if self.odoo == self.base:
            return "external"
        if self.outside == self.base:
            return "odoo"
        chosen = decision or self.policy
        return None if chosen == "ask" else chosen


class World:
    """Many pairs, each with edits of its own, beside what the model says of them; a run is for all."""

    def __init__(self, env: Any, shop: Shop, stated: dict[str, str], chance: random.Random) -> None:
        self.env, self.shop, self.chance = env, shop, chance
        self.backend = env["shop.backend"].create({"name": "shop", "conflict_policies": {"partner": stated}})
        self.ids = shop.add(PAIRS, mail="base", town="base")
        import_backend(self.backend)
        pairs = env["shop.partner"].search([])
        self.partners = {pair.external_id: pair.odoo_id for pair in pairs}
        self.fields = {(id_, name): Field(stated[name]) for id_ in self.ids for name in FIELDS}
        self.told: dict[str, list[str]] = defaultdict(list)

    def edit(self) -> None:
        """Edit some of the pairs, on one side or on both."""
        for id_ in self.ids:
            for side in ("odoo", "outside"):
                if self.chance.random() < 0.7:
                    name, value = self.chance.choice(EDITED), self.chance.choice(VALUES)
                    self.told[id_].append(f"{side}: {name} = {value}")
                    setattr(self.fields[id_, name], side, value)
                    if side == "odoo":
                        self.partners[id_].write({name: value})
                    else:
                        self.shop.partners[id_][FIELDS[name]] = value

    def run(self, direction: str) -> None:
        {"import": import_backend, "export": export_backend}[direction](self.backend)
        for (id_, _), field in self.fields.items():
            self.told[id_].append(direction)
            field.run_import() if direction == "import" else field.run_export()
        self.require_as_modelled()

    def resolve(self) -> None:
        """Decide about some of the pairs that wait, one way or the other."""
        waiting = defaultdict(list)
        for entry in self.entries:
            waiting[entry.external_id].append(entry.id)
        for id_, entries in waiting.items():
            if self.chance.random() < 0.5:
                self._resolve(id_, self.env["connector.conflict"].browse(entries))
        self.require_as_modelled()

    def _resolve(self, id_: str, entries: Any) -> None:
        side, decided = self.chance.choice(["odoo", "external"]), entries.mapped("field")
        try:
            entries.resolve(take=side)
        except StaleDecisionError:
            self.told[id_].append("resolve refused")
            return  # somebody edited it since: nothing is written
        self.told[id_].append(f"resolve {decided}: {side}")
        for name in FIELDS:
            self.fields[id_, name].run_import(side if name in decided else None)
        for name in FIELDS:
            self.fields[id_, name].run_export(side if name in decided else None)

    @property
    def entries(self) -> Any:
        return self.env["connector.conflict"].search([("state", "!=", "settled")])

    def require_as_modelled(self) -> None:
        self.env.clear()
        for (id_, name), field in self.fields.items():
            found = self.partners[id_][name], self.shop.partners[id_][FIELDS[name]]
            assert found == (field.odoo, field.outside), (name, self.told[id_])

    def require_quiet(self) -> None:
        """A further round writes nothing, and what differs is what waits for a person."""
        self.shop.calls.clear()
        before = {key: (field.odoo, field.outside) for key, field in self.fields.items()}
        self.run("import")
        self.run("export")
        assert {key: (field.odoo, field.outside) for key, field in self.fields.items()} == before
        assert self.shop.count("write") == 0
        differing = {key for key, field in self.fields.items() if field.odoo != field.outside}
        assert {(entry.external_id, entry.field) for entry in self.entries} == differing
        assert {self.fields[key].policy for key in differing} <= {"ask"}
        states = {pair.external_id: pair.state for pair in self.env["shop.partner"].search([])}
        waiting = {id_ for id_, _ in differing}
        assert states == {id_: "conflict" if id_ in waiting else "synced" for id_ in self.ids}


@pytest.fixture
def env() -> Iterator[Any]:
    database = new_database()
    with open_environment(registry, database, services={ComponentRegistry: components, Shop: Shop()}) as env:
        yield env
    database.close()


@pytest.mark.parametrize("policies", POLICIES, ids=" and ".join)
def test_both_sides_are_what_a_plain_model_says(env: Any, policies: tuple[str, str]) -> None:
    chance = random.Random(" ".join(policies))
    world = World(env, env.service(Shop), dict(zip(FIELDS, policies, strict=True)), chance)
    for _ in range(PHASES):
        world.edit()
        match chance.choice(["import", "export", "resolve"]):
            case "resolve":
                world.resolve()
            case direction:
                world.run(direction)
    world.run("import")
    world.run("export")
    world.require_quiet()
