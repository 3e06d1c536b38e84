"""The small app for tests: which classes it has, and that it leaves no traces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from isthmus import Component, fields, models
from isthmus.errors import ModelError
from isthmus.inheritance import capture
from isthmus.testing import TrialApp
from tests.still_clock import StillClock

with capture() as SHOP:

    class ShopBackend(models.Model):
        _name = "shop.backend"
        _inherit = "connector.backend"

        token = fields.Secret()

    class Greeter(Component):
        _name = "shop.greeter"
        _collection = "shop.backend"
        _usage = "greeter"

        def greet(self) -> str:
            return f"hello from {self.collection.name}, {self.env.service(Shop).street}"


class Shop:
    street = "Main Street"


def test_it_has_the_classes_given_and_those_of_the_framework() -> None:
    app = TrialApp(*SHOP, services={Shop: Shop()})
    with app.environment() as env:
        backend: Any = env["shop.backend"].create({"name": "shop"})
        with backend.work_on("connector.checkpoint") as work:
            assert work.component(usage="greeter").greet() == "hello from shop, Main Street"
            assert work.component(usage="checkpoint").load() is None


def test_a_module_name_means_what_that_module_declares_in_a_running_capture_block() -> None:
    with capture():

        class Here(models.Model):
            _name = "shop.here"

        class Elsewhere(models.Model):
            __module__ = "some.other.module"
            _name = "shop.elsewhere"

        app = TrialApp(__name__)
    assert "shop.here" in app.registry
    assert "shop.elsewhere" not in app.registry


def test_a_module_name_means_the_module_otherwise() -> None:
    assert "trello.backend" not in TrialApp().registry
    assert "connector.checkpoint" in TrialApp("isthmus.connector").registry


def test_two_apps_share_no_records_and_no_secrets_stand_in_the_clear(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/trial.sqlite"
    with TrialApp(*SHOP, database_url=url) as app, app.environment() as env:
        env["shop.backend"].create({"name": "shop", "token": "open sesame"})
        backend: Any = env["shop.backend"].search([])
        assert backend.token.reveal() == "open sesame"
    assert b"open sesame" not in Path(tmp_path / "trial.sqlite").read_bytes()
    with TrialApp(*SHOP).environment() as env:
        assert not env["shop.backend"].search([])


def test_without_an_odoo_an_undeclared_model_is_unknown() -> None:
    with TrialApp(*SHOP).environment() as env, pytest.raises(ModelError, match="no Odoo is configured"):
        env["res.partner"].search([])


def test_its_environments_have_the_context_and_the_clock_given() -> None:
    clock = StillClock()
    with TrialApp(clock=clock).environment(lang="fr_FR") as env:
        assert env.context == {"lang": "fr_FR"}
        assert env.now == clock.now()


def test_an_environment_that_raises_leaves_nothing_behind() -> None:
    app = TrialApp(*SHOP)

    def create_and_fail() -> None:
        with app.environment() as env:
            env["shop.backend"].create({"name": "shop"})
            raise KeyError("shop")

    with pytest.raises(KeyError, match="shop"):
        create_and_fail()
    with app.environment() as env:
        assert not env["shop.backend"].search([])
