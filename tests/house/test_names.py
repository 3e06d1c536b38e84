"""What a module offers is what its ``__all__`` says, in order."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.house.tree import modules

STATING = [module for module in modules() if hasattr(module, "__all__")]


def offered(module: ModuleType) -> set[str]:
    """Return the public classes and functions of a module; for a package, those it takes from its parts."""
    home = f"{module.__name__}."
    is_package = hasattr(module, "__path__")
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and (where := f"{getattr(value, '__module__', '')}.")
        and (where.startswith(home) if is_package else where == home)
    }


@pytest.mark.parametrize("module", STATING, ids=lambda module: module.__name__)
def test_all_is_sorted_and_equal_to_the_namespace(module: ModuleType) -> None:
    stated = list(module.__all__)
    assert stated == sorted(stated)
    assert [name for name in stated if not hasattr(module, name)] == []
    assert offered(module) - set(stated) == set()


def test_every_package_that_others_import_from_states_what_it_offers() -> None:
    packages = [
        module.__name__
        for module in modules()
        if hasattr(module, "__path__") and offered(module) and not hasattr(module, "__all__")
    ]
    assert packages == []
