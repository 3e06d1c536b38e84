"""README tells the truth: its connector and its commands work as printed."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.sandbox.message import Request, Response
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.server import HttpServer
from tests.acceptance.conftest import Isthmus
from tests.house.tree import ROOT

README = (ROOT / "README.md").read_text()
TOKEN = "s3cret-t0ken"


class Shop:
    """A web shop with customers in pages of a hundred at most, behind a token."""

    def __init__(self) -> None:
        names = [f"Customer {number}" for number in range(1, 231)]
        self.customers = {
            str(number): {
                "id": str(number),
                "full_name": name,
                "mail": f"{number}@shop.example",
                "phone": None,
            }
            for number, name in enumerate(names, 1)
        }

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return told(401, {"error": "unknown token"})
        match request.method, request.path.removeprefix("/api").strip("/").split("/"):
            case "GET", ["customers"]:
                page, size = int(request.query["page"]), min(int(request.query["per_page"]), 100)
                return told(200, list(self.customers.values())[(page - 1) * size : page * size])
            case "GET", ["customers", one] if one in self.customers:
                return told(200, self.customers[one])
            case "PUT", ["customers", one] if one in self.customers:
                self.customers[one] |= json.loads(request.body)
                return told(200, self.customers[one])
        return told(404, {"error": "not found"})


def told(status: int, value: Any) -> Response:
    return Response.text(status, json.dumps(value), "application/json")


def blocks(language: str) -> list[str]:
    """Return the code blocks of README in a language."""
    return re.findall(rf"^```{language}[^\n]*\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def commands(containing: str) -> list[list[str]]:
    """Return the commands of the block that contains a text, as words behind ``isthmus``."""
    (block,) = [one for one in blocks("console") if containing in one]
    lines = [line.partition("#")[0] for line in block.splitlines() if line.startswith("isthmus ")]
    return [shlex.split(line)[1:] for line in lines]


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with HttpServer(shop.answer) as server:
        shop.url = f"{server.url}/api"  # type: ignore[attr-defined]
        yield shop


def test_the_connector_of_readme_synchronises_both_ways_by_the_commands_of_readme(
    isthmus: Isthmus, odoo: OdooSandbox, shop: Any
) -> None:
    known = ("--odoo-database", odoo.database, "--odoo-login", odoo.login, "--odoo-key", odoo.api_key)
    assert isthmus("init", "--odoo-url", odoo.url, *known).code == 0
    (isthmus.folder / "shop.py").write_text(blocks("python")[0])
    settings = isthmus.folder / "isthmus.toml"
    line = re.search(r'connectors = \["shop"\]', README)
    assert line is not None
    settings.write_text(f"{line[0]}\n{settings.read_text()}")

    outputs: dict[str, str] = {}
    for words in commands("corner"):
        ran = isthmus(
            *[word.replace("https://shop.example/api", shop.url) for word in words], ISTHMUS_SHOP_TOKEN=TOKEN
        )
        assert ran.code == 0, (words, ran.out, ran.err)
        outputs[words[0]] = ran.out
        if words[0] == "import":
            with odoo.environment() as env:
                contact: Any = env["res.partner"].search([("email", "=", "7@shop.example")])
                assert contact.name == "Customer 7"
                contact.phone = "+41 44 000 00 07"
    assert shop.customers["7"]["phone"] == "+41 44 000 00 07"
    assert "Both sides agree." in outputs["verify"]
    assert "full_name" in outputs["map"]
    again = isthmus("import", "corner", "--json")
    assert again.counts["shop.customer"] == {"unchanged": 230}


def test_the_connector_of_readme_is_about_thirty_lines_of_code() -> None:
    code = [line for line in blocks("python")[0].splitlines() if line.strip()]
    assert len(code) <= 36


def test_the_targets_that_readme_names_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"\bmake (\w+)", README))
    assert {"demo", "test", "setup", "check"} <= named
    assert [name for name in named if f"\n{name}:" not in makefile] == []


def test_the_demo_shows_the_steps_that_readme_shows(isthmus: Isthmus) -> None:
    ran = isthmus("demo", COLUMNS="300")
    assert ran.code == 0, ran.err
    printed = [line.strip() for line in README.splitlines() if re.match(r"  [A-Z].*  ", line)]
    shown = [line.strip() for line in ran.out.splitlines() if re.match(r"  [A-Z].*  ", line)]
    steps = dict(re.split(r" {2,}", line)[:2] for line in shown)
    expected = dict(re.split(r" {2,}", line) for line in printed)
    assert expected == {name: did for name, did in steps.items() if name in expected}
    assert [name for name in steps if name not in expected] == ["Check both sides"]
    assert "Both sides agree." in ran.out
