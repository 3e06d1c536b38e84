"""``isthmus init``: settings file, secret key and database in one go."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from isthmus.cli.session import Session, ask_secret
from isthmus.config import FILE_NAME, Settings, default_key_variable, find_settings, parse_settings
from isthmus.errors import ConfigurationError

if TYPE_CHECKING:
    from isthmus.records import Cipher

HEAD = """\
# Settings of Isthmus; docs/reference/settings.md lists them all. Nothing in here is secret by itself:
# the API key is encrypted with the key file, which belongs into a backup but never beside this file in one.

"""

INSTANCE = """
[odoo.{name}]
url = {url}
database = {database}
login = {login}
"""

EXAMPLE = """
# [odoo.main]
# url = "https://acme.odoo.com"
# database = "acme"
# login = "sync@acme.example"
# secret = "what `isthmus odoo secret` prints; or set ISTHMUS_ODOO_MAIN_KEY instead"
"""


@dataclass(frozen=True, slots=True)
class Instance:
    """The Odoo to be written down. ``key`` is its API key, empty when the environment will have it."""

    name: str
    url: str
    database: str
    login: str
    key: str


def init(
    ctx: typer.Context,
    odoo_url: Annotated[str, typer.Option(help="Address of the Odoo server.")] = "",
    odoo_database: Annotated[str, typer.Option(help="Its database.")] = "",
    odoo_login: Annotated[str, typer.Option(help="The user that Isthmus works as.")] = "",
    odoo_key: Annotated[
        str, typer.Option(help="The API key of that user; - reads it from stdin. Kept encrypted.")
    ] = "",
    odoo_name: Annotated[str, typer.Option(help="What backends call this Odoo.")] = "main",
    database: Annotated[
        str, typer.Option(help="URL of the local database (SQLite or PostgreSQL).")
    ] = "sqlite:///isthmus.sqlite",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing settings file.")] = False,
) -> None:
    """Make the settings file, the secret key and the database in the current folder.

    Without options it asks, when somebody is there to answer. An existing key is kept, always.
    """
    from isthmus.app import App
    from isthmus.connector.secret import FernetCipher

    session: Session = ctx.obj
    file = find_settings(session.config)
    refuse(file, database, force)
    if not odoo_url and sys.stdin.isatty():
        odoo_url = typer.prompt("Address of Odoo (empty: later)", default="", show_default=False, err=True)
    instance = None
    if odoo_url:
        instance = ask_instance(Instance(odoo_name, odoo_url, odoo_database, odoo_login, odoo_key))
    file.parent.mkdir(parents=True, exist_ok=True)
    settings = Settings(path=file)
    cipher = FernetCipher(settings.secret_keys() or make_key(settings.key_file))
    text = settings_text(database, instance, cipher)
    with App(parse_settings(text, file).overridden(os.environ)) as app:
        app.upgrade()
        made = {"settings": str(file), "key": str(settings.key_file), "database": app.database.url}
    file.write_text(text, encoding="utf-8")
    session.console.result(
        made, f"{file.name}, the secret key and the database are ready.", next_step(instance)
    )


def refuse(file: Path, database: str, force: bool) -> None:
    """Raise ConfigurationError when the settings file may not be written as asked."""
    if file.exists() and not force:
        raise ConfigurationError(
            f"{file} exists", hint="Add --force to replace it, or edit it; the key file is kept in any case."
        )
    if urlsplit(database).password:
        raise ConfigurationError(
            "the password of --database would stand in the settings file as plain text",
            hint="Leave the password out, and set ISTHMUS_DATABASE to the whole URL.",
        )


def ask_instance(given: Instance) -> Instance:
    """Return the instance with what was missing asked for. Raises ConfigurationError with nobody to ask."""
    return Instance(
        given.name,
        given.url,
        given.database or ask("Database", "--odoo-database"),
        given.login or ask("Login", "--odoo-login"),
        ask_key(given),
    )


def ask_key(given: Instance) -> str:
    """Return the API key; empty when it is to come from the environment."""
    if given.key == "-":
        return ask_secret("API key")
    if given.key or not sys.stdin.isatty():
        return given.key
    return ask_secret(f"API key (empty: from {default_key_variable(given.name)})", required=False)


def ask(label: str, option: str) -> str:
    """Return what somebody answers. Raises ConfigurationError naming the option when nobody is there."""
    if not sys.stdin.isatty():
        raise ConfigurationError(f"{option} is missing", hint=f"Give {option} together with --odoo-url.")
    answer: str = typer.prompt(label, err=True)
    return answer


def settings_text(database: str, instance: Instance | None, cipher: Cipher) -> str:
    """Return the text of a new settings file."""
    text = HEAD + f"database = {quoted(database)}\n"
    if instance is None:
        return text + EXAMPLE
    text += INSTANCE.format(
        name=quoted(instance.name) if not instance.name.isidentifier() else instance.name,
        url=quoted(instance.url),
        database=quoted(instance.database),
        login=quoted(instance.login),
    )
    if instance.key:
        return text + f"secret = {quoted(cipher.encrypt(instance.key))}\n"
    return text + f"# The API key is read from {default_key_variable(instance.name)}.\n"


def quoted(text: str) -> str:
    """Return a text as TOML writes it. Source: TOML's basic strings take every JSON escape but ``\\/``."""
    return json.dumps(text, ensure_ascii=False)


def make_key(path: Path) -> list[str]:
    """Write a new key to a file that its owner alone can read, and return it."""
    from isthmus.connector.secret import FernetCipher

    key = FernetCipher.new_key()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key + "\n")
    return [key]


def next_step(instance: Instance | None) -> str:
    """Return what to do next."""
    if instance is None:
        return f"Next: add an Odoo to {FILE_NAME}, then run `isthmus odoo check`."
    return "Next: `isthmus odoo check`, then `isthmus backend add`."
