"""Change one value in a settings file, and leave the rest as somebody wrote it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from isthmus.config import Source, parse_settings, read_text
from isthmus.errors import ConfigurationError


def with_secret(text: str, path: Path, instance: str, token: str) -> str:
    """Return the text with another token as the secret of an instance.

    Raises ConfigurationError when the secret does not stand on a line of its own.
    """
    wanted = ("odoo", instance, "secret")
    number = next((line for line, setting in Source(text, path).lines() if setting == wanted), None)
    if number is not None:
        lines = text.splitlines(keepends=True)
        old = lines[number - 1]
        ending = old[len(old.rstrip("\r\n")) :]
        lines[number - 1] = f'{old[: len(old) - len(old.lstrip())]}secret = "{token}"{ending}'
        changed = "".join(lines)
        if parse_settings(changed, path).instance(instance).secret == token:
            return changed
    raise ConfigurationError(
        f"{path} has no line `secret = …` under [odoo.{instance}] that could be changed",
        hint="Add one with what `isthmus odoo secret` prints.",
    )


def write_settings(path: Path, text: str) -> None:
    """Replace a settings file: readers find the old one or the new one, whole, with the same permissions."""
    path = path.resolve()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, name)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def require_writable(path: Path, instance: str) -> None:
    """Raise ConfigurationError when the secret of an instance could not be replaced. Changes nothing."""
    with_secret(read_text(path, "the settings file"), path, instance, "trial")
    folder = path.resolve().parent
    if not os.access(folder, os.W_OK):
        raise ConfigurationError(
            f"{path} cannot be replaced: {folder} is not writable", hint="Run this as the owner of the file."
        )
