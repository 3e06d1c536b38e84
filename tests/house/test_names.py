"""What a module offers is what its ``__all__`` says, in order."""

from __future__ import annotations

from types import ModuleType

import pytest

from isthmus.inheritance import Declarable
from tests.house.tree import modules

STATING = [module for module in modules() if hasattr(module, "__all__")]
PACKAGES = [module for module in modules() if hasattr(module, "__path__")]


def rank(name: str) -> tuple[int, str]:
    """Return where a name stands in the order of ``__all__``: constants, classes, functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def offered(package: ModuleType) -> set[str]:
    """Return the public classes and functions that a package has of its own or takes from its parts.

    Models and components that it declares are not among them: they are found by their names.
    """
    home = package.__name__
    return {
        name
        for name, value in vars(package).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and f"{getattr(value, '__module__', '')}.".startswith(f"{home}.")
        and not (isinstance(value, type) and issubclass(value, Declarable) and value.__module__ == home)
    }


@pytest.mark.parametrize("module", STATING, ids=lambda module: module.__name__)
def test_all_is_sorted_and_names_what_is_there(module: ModuleType) -> None:
    stated = list(module.__all__)
    assert stated == sorted(stated, key=rank)
    assert [name for name in stated if not hasattr(module, name)] == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_a_package_says_all_that_it_offers(package: ModuleType) -> None:
    assert offered(package) - set(getattr(package, "__all__", ())) == set()
