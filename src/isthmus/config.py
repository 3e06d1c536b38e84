"""Settings: what ``isthmus.toml`` and a few environment variables say, checked and typed.

The file is looked for in the current folder, or is named by ``--config`` or ``ISTHMUS_CONFIG``. Relative
paths in it start at its folder. Nothing in it is secret: Odoo's API keys come from the environment or are
kept as tokens that only the secret key can open.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from isthmus.errors import ConfigurationError

FILE_NAME = "isthmus.toml"
SQLITE = "sqlite:///"

#: The ways to speak to an Odoo.
PROTOCOLS = ("auto", "json2", "jsonrpc", "xmlrpc")

#: The environment variables that count, and what each one says. ``NAME`` is an Odoo instance in capitals.
VARIABLES: dict[str, str] = {
    "ISTHMUS_CONFIG": "the settings file, when it is not `isthmus.toml` in the current folder",
    "ISTHMUS_DATABASE": "the URL of the local database, when its password should not stand in the file",
    "ISTHMUS_CELERY_BROKER": "the URL of Celery's broker, when its password should not stand in the file",
    "ISTHMUS_SECRET_KEY": "the secret key, instead of the key file; several: newest first, by commas",
    "ISTHMUS_ODOO_NAME_KEY": "the API key of the Odoo instance NAME; wins over the file",
    "ISTHMUS_JOBS_NO_DELAY": "any value but 0: jobs run at once, where they are delayed",
    "QUEUE_JOB__NO_DELAY": "the same, by the name that queue_job gave it",
}


#: The proxy that ``http_proxy``, ``https_proxy`` and ``no_proxy`` name, and none at all.
FROM_ENVIRONMENT, NO_PROXY = "environment", "none"

Amount = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]


class OdooSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Odoo instance: a table ``[odoo.NAME]`` of the settings file."""

    url: Annotated[str, Meta(description="address of the server, for instance `https://acme.odoo.com`")]
    database: Annotated[str, Meta(description="name of the database")]
    login: Annotated[str, Meta(description="login of the user that Isthmus works as")]
    key_env: Annotated[
        str | None, Meta(description="environment variable with the API key, if not `ISTHMUS_ODOO_NAME_KEY`")
    ] = None
    secret: Annotated[
        str | None, Meta(description="the API key as `isthmus odoo secret` prints it: encrypted, never plain")
    ] = None
    protocol: Annotated[
        Literal["auto", "json2", "jsonrpc", "xmlrpc"],
        Meta(description="how to speak to it; `auto` takes what fits its version and the secret"),
    ] = "auto"
    rate: Annotated[
        Amount | None,
        Meta(description="calls a second, of all workers together; 0: any number; usually 1 on `*.odoo.com`"),
    ] = None
    concurrency: Annotated[
        Count | None,
        Meta(description="calls at once, of all workers together; 0: any number; usually 1 on `*.odoo.com`"),
    ] = None
    timeout_s: Annotated[float, Meta(gt=60, description="seconds to wait for an answer")] = 130.0
    verify: Annotated[
        bool | str,
        Meta(description="whether its certificate must be valid, or the file of the authority's certificate"),
    ] = True
    proxy: Annotated[
        str, Meta(description="URL of the proxy; `environment`: that of `https_proxy` and so on; or `none`")
    ] = FROM_ENVIRONMENT
    feed_interval_s: Annotated[
        float, Meta(gt=0, description="seconds from one look for changes to the next")
    ] = 10.0
    feed_overlap_s: Annotated[
        float, Meta(ge=1, description="the longest transaction that is found, in seconds")
    ] = 120.0
    feed_sweep_s: Annotated[
        Amount, Meta(description="seconds from one look for deletions to the next; 0: never")
    ] = 600.0
    feed_models: Annotated[
        tuple[str, ...] | None,
        Meta(description="models whose changes are followed; without it those that the connectors pair"),
    ] = None


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings. Made by :func:`load_settings`, or directly in tests and scripts."""

    database: Annotated[
        str, Meta(description="SQLAlchemy URL of the local database (SQLite or PostgreSQL)")
    ] = SQLITE + "isthmus.sqlite"
    connectors: Annotated[
        tuple[str, ...] | None,
        Meta(
            description="packages to load, installed or beside this file, in this order; "
            "without it every installed connector is loaded"
        ),
    ] = None
    secret_key_file: Annotated[
        str, Meta(description="file with the key that encrypts secrets; one key a line, newest first")
    ] = "isthmus.key"
    synchronous: Annotated[
        Literal["FULL", "NORMAL"],
        Meta(
            description="what a commit to SQLite survives: `FULL` the loss of power, `NORMAL` only the end "
            "of the process, a little faster"
        ),
    ] = "FULL"
    keep_jobs_days: Annotated[
        float, Meta(gt=0, description="how long jobs that are done or cancelled are kept, in days")
    ] = 30.0
    keep_failed_jobs_days: Annotated[
        float, Meta(gt=0, description="how long failed jobs are kept, in days")
    ] = 90.0
    celery_broker: Annotated[
        str | None, Meta(description="URL of the broker through which `isthmus celery dispatch` sends jobs")
    ] = None
    celery_queue: Annotated[
        str | None,
        Meta(
            description="the queue of the broker that jobs are sent to; without it `isthmus`, or where the "
            "routes of `celery_app` lead"
        ),
    ] = None
    celery_app: Annotated[
        str | None,
        Meta(description="a Celery application of your own, as `module:name`, whose broker is used instead"),
    ] = None
    odoo: Annotated[
        dict[str, OdooSettings], Meta(description="the Odoo instances, by the name that backends refer to")
    ] = {}
    path: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder in which relative paths start: that of the file, or the current one."""
        return self.path.parent if self.path else Path.cwd()

    @property
    def key_file(self) -> Path:
        """Where the secret key is kept."""
        return self.folder / self.secret_key_file

    @property
    def database_url(self) -> str:
        """The URL of the local database, with a relative SQLite file placed in :attr:`folder`."""
        file = self.database.removeprefix(SQLITE)
        if file in ("", ":memory:", self.database) or file.startswith("file:"):
            return self.database
        return SQLITE + str(self.folder / file)

    def instance(self, name: str) -> OdooSettings:
        """Return the settings of an Odoo instance. Raises ConfigurationError naming the known ones."""
        try:
            return self.odoo[name]
        except KeyError:
            known = ", ".join(map(repr, self.odoo)) or "none"
            raise ConfigurationError(
                f"no Odoo instance {name!r} is configured; known: {known}",
                hint=f"Add a table [odoo.{name}] with url, database and login to {self.path or FILE_NAME}.",
            ) from None

    def certificates(self, name: str) -> bool | str:
        """Return what ``verify`` of an instance says, a relative file placed in :attr:`folder`."""
        verify = self.instance(name).verify
        return verify if isinstance(verify, bool) else str(self.folder / verify)

    def key_variable(self, name: str) -> str:
        """Return the environment variable that may hold the API key of an instance."""
        return self.instance(name).key_env or default_key_variable(name)

    def overridden(self, environ: Mapping[str, str]) -> Settings:
        """Return the settings with what the environment says put over them."""
        stated = {
            "database": environ.get("ISTHMUS_DATABASE"),
            "celery_broker": environ.get("ISTHMUS_CELERY_BROKER"),
        }
        return msgspec.structs.replace(self, **{name: value for name, value in stated.items() if value})

    def secret_keys(self, environ: Mapping[str, str] = os.environ) -> list[str]:
        """Return the keys that encrypt secrets, newest first; empty when there is none yet.

        Raises ConfigurationError when the key file cannot be read.
        """
        stated = environ.get("ISTHMUS_SECRET_KEY", "")
        if not stated:
            stated = read_text(self.key_file, "the key file") if self.key_file.exists() else ""
        return [key for key in re.split(r"[,\s]+", stated) if key]


def default_key_variable(instance: str) -> str:
    """Return the environment variable for the API key of an instance whose settings name none."""
    return f"ISTHMUS_ODOO_{re.sub('[^A-Z0-9]', '_', instance.upper())}_KEY"


def find_settings(path: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the settings file that applies: the given one, ISTHMUS_CONFIG, or the current folder's."""
    return Path(path or environ.get("ISTHMUS_CONFIG") or FILE_NAME).absolute()


def load_settings(path: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings file and the environment. Raises ConfigurationError naming file and line."""
    file = find_settings(path, environ)
    if not file.exists():
        raise ConfigurationError(
            f"there is no settings file {file}",
            hint="Make one with `isthmus init`, or name yours with --config or ISTHMUS_CONFIG.",
        )
    return parse_settings(read_text(file, "the settings file"), file).overridden(environ)


def parse_settings(text: str, path: Path) -> Settings:
    """Return the settings that a TOML text states; ``path`` places relative paths and is named in errors."""
    source = Source(text, path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from error
    source.check_names(table, Settings, ())
    instances = table.pop("odoo", {})
    if not isinstance(instances, dict) or not all(isinstance(one, dict) for one in instances.values()):
        raise ConfigurationError(
            f"{source.place(('odoo',))}: Odoo instances are tables with a name",
            hint="Write [odoo.main] above url.",
        )
    odoo = {name: source.instance(name, values) for name, values in instances.items()}
    settings: Settings = source.convert(table, Settings, ())
    return msgspec.structs.replace(settings, odoo=odoo, path=path)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a settings file, to say in which line a setting stands."""

    text: str
    path: Path

    def instance(self, name: str, values: dict[str, Any]) -> OdooSettings:
        self.check_names(values, OdooSettings, ("odoo", name))
        found: OdooSettings = self.convert(values, OdooSettings, ("odoo", name))
        if urlsplit(found.proxy).password:
            raise ConfigurationError(
                f"{self.place(('odoo', name, 'proxy'))}: the proxy's password would stand here as plain text",
                hint="Leave proxy out, and set the environment variable https_proxy to the whole URL.",
            )
        return found

    def check_names(self, table: dict[str, Any], kind: type[msgspec.Struct], at: tuple[str, ...]) -> None:
        """Refuse settings that do not exist, naming the nearest that does."""
        known = [name for name in kind.__struct_fields__ if name != "path"]
        for name in table:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                raise ConfigurationError(
                    f"{self.place((*at, name))}: unknown setting {'.'.join((*at, name))!r}",
                    hint=f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(known)}.",
                )

    def convert(self, table: dict[str, Any], kind: type[Any], at: tuple[str, ...]) -> Any:
        """Return the table as ``kind``; a value that does not fit becomes a ConfigurationError."""
        try:
            return msgspec.convert(table, kind)
        except msgspec.ValidationError as error:
            raise self.refusal(str(error), at) from error

    def refusal(self, said: str, at: tuple[str, ...]) -> ConfigurationError:
        """Return the error for what msgspec says, in the words of somebody who writes TOML."""
        missing = re.search(r"missing required field `(\w+)`", said)
        if missing:
            return ConfigurationError(f"{self.place(at)}: [{'.'.join(at)}] lacks the setting {missing[1]!r}")
        name = re.search(r"`\$\.(\w+)", said)
        path = (*at, name[1]) if name else at
        expected = re.search(r"Expected `([^`]+)`, got `([^`]+)`", said)
        if expected:
            wanted, got = (WORDS.get(one, one) for one in expected.groups())
            said = f"{'.'.join(path)!r} must be {wanted}, not {got}"
        elif chosen := re.match(r"Invalid enum value '([^']*)'", said):
            known = ", ".join(PROTOCOLS)
            said = f"{'.'.join(path)!r} cannot be {chosen[1]!r}; known: {known}"
        elif least := re.match(r"Expected `\w+` (>=?) ([\d.]+)", said):
            said = f"{'.'.join(path)!r} must be a number {least[1]} {float(least[2]):g}"
        return ConfigurationError(f"{self.place(path)}: {said}")

    def place(self, setting: tuple[str, ...]) -> str:
        """Return file and line of a setting or table, the file alone where the line cannot be told."""
        line = next((number for number, path in self.lines() if path == setting), None)
        return f"{self.path}, line {line}" if line else str(self.path)

    def lines(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield the line number and dotted path of each table header and each assignment."""
        table: tuple[str, ...] = ()
        for number, line in enumerate(self.text.splitlines(), 1):
            header = re.match(r"\s*\[+([^\]]+)\]", line)
            assigned = re.match(r"\s*([\w\"'.-]+)\s*=", line)
            if header:
                table = parts(header[1])
                yield number, table
            elif assigned:
                yield number, (*table, *parts(assigned[1]))


#: Types as msgspec names them, in the words of this project.
WORDS = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list of texts",
    "object": "a table",
    "str | null": "text",
    "array | null": "a list of texts",
    "int | null": "a whole number",
    "float | null": "a number",
    "bool | str": "true, false or a file",
}


def parts(key: str) -> tuple[str, ...]:
    """Return the parts of a dotted TOML key, without quotes."""
    return tuple(part.strip().strip("\"'") for part in key.split("."))


def read_text(path: Path, what: str) -> str:
    """Return the text of a file. Raises ConfigurationError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(f"{what} {path} cannot be read: {reason}") from error
