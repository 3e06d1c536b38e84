"""Replace the API key of an instance, in Odoo and in the settings file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isthmus.cli.settings_file import require_writable, with_secret, write_settings
from isthmus.config import read_text
from isthmus.errors import ConfigurationError
from isthmus.odoo.rotation import Rotated, require_rotation, rotate

if TYPE_CHECKING:
    from isthmus.app import App


def replace_key(app: App, instance: str, days: int) -> Rotated:
    """Replace a key; the file is changed after the new key was tried and before the old one is revoked.

    Raises ConfigurationError, before anything is done, when the key does not stand in the settings file.
    """
    path = app.settings.path
    variable = app.settings.key_variable(instance)
    if app.environ.get(variable) or path is None:
        raise ConfigurationError(
            f"the API key of {instance!r} comes from {variable}, where it cannot be replaced from here",
            hint="Keep it in the settings file (`isthmus odoo secret`) and unset the variable.",
        )
    old = app.odoo_secret(instance)
    require_rotation(app.connection(instance), old)
    require_writable(path, instance)

    def keep(new: str) -> None:
        token = app.cipher.encrypt(new)
        write_settings(path, with_secret(read_text(path, "the settings file"), path, instance, token))

    return rotate(
        app.connection(instance),
        old,
        days=days,
        connect=lambda key: app.connect(instance, key),
        keep=keep,
    )


def rotation_lines(instance: str, rotated: Rotated) -> list[str]:
    """Return what to tell about a rotation."""
    until = f"until {rotated.expires:%Y-%m-%d}" if rotated.expires else "for ever"
    lines = [f"Odoo {instance!r} has a new API key, {rotated.name!r}, valid {until}."]
    if rotated.kept_old:
        return [*lines, f"The old key is still valid, revoke it in Odoo: {rotated.kept_old}"]
    return [*lines, "The old key is revoked."]
