"""The Odoos that tests run on: the simulated ones, and the real one that the environment names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from isthmus.sandbox.odoo import OdooSandbox

VARIABLES = (
    "ISTHMUS_TEST_ODOO_URL",
    "ISTHMUS_TEST_ODOO_DB",
    "ISTHMUS_TEST_ODOO_LOGIN",
    "ISTHMUS_TEST_ODOO_KEY",
)

#: The mark of a test that runs on the real Odoo.
REAL = pytest.mark.odoo

#: Parameters of a fixture that calls :func:`some_odoo`.
ODOOS = ["sandbox 14", "sandbox 18", "sandbox 19", pytest.param("real", marks=REAL)]

Settings = tuple[str, str, str, str]


def real_odoo_named() -> bool:
    """Tell whether the environment names a real Odoo."""
    return all(os.environ.get(name) for name in VARIABLES)


@contextmanager
def some_odoo(which: str) -> Iterator[Settings]:
    """Give URL, database, login and key of an Odoo; skip the test when the real one is not named."""
    if which == "real":
        values = [os.environ.get(name, "") for name in VARIABLES]
        if not real_odoo_named():
            pytest.skip(f"no real Odoo is named by {', '.join(VARIABLES)}")
        yield values[0], values[1], values[2], values[3]
        return
    with OdooSandbox(version=int(which.split()[1])) as sandbox:
        yield sandbox.url, sandbox.database, sandbox.login, sandbox.api_key
