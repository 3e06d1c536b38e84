"""How to reach an Odoo: timeouts, certificates, proxy, and the budget that its workers share."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from isthmus.clock import Clock
from isthmus.errors import ConfigurationError
from isthmus.http import HttpClient, Timeout
from isthmus.http.turnstile import Turnstile
from isthmus.odoo.budget import Budget, allowance_for

#: Longer than the 120 s after which Odoo kills its worker (limit_time_real): a write that waits for a lock
#: is retried by the server, and giving up first would leave us in doubt.
PATIENCE_S = 130.0

#: Odoo retries a write that meets a lock for up to a minute; nobody may give up before.
SHORTEST_S = 60.0

#: Connections that are kept open to an Odoo that takes any number of calls at once.
CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Reach:
    """How an Odoo is reached. All have defaults that fit most.

    ``timeout_s`` is the wait for an answer. ``verify`` is False, True, or the file with the certificate of
    the authority. ``proxy`` is a URL, None for none, or "environment". ``rate`` (calls a second) and
    ``concurrency`` (calls at once) are None for what is usual, 0 for no limit.
    """

    timeout_s: float = PATIENCE_S
    verify: bool | str = True
    proxy: str | None = "environment"
    rate: float | None = None
    concurrency: int | None = None

    def __post_init__(self) -> None:
        if self.timeout_s <= SHORTEST_S:
            raise ConfigurationError(
                f"a timeout of {self.timeout_s:g} s is too short for Odoo: a write may take a minute",
                hint=f"Allow more than {SHORTEST_S:g} s; {PATIENCE_S:g} s are usual.",
            )
        for name, value in (("rate", self.rate), ("concurrency", self.concurrency)):
            if value is not None and value < 0:
                raise ConfigurationError(f"{name} cannot be {value:g}", hint="0 stands for no limit.")


USUAL = Reach()


def budget_name(url: str, database: str) -> str:
    """Return what an Odoo is known by at a turnstile: host and database, whoever works on it."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{(parts.hostname or '').lower()}{port}/{database}"


def require_certificate(file: str) -> None:
    """Raise ConfigurationError when a file is no certificate of an authority."""
    try:
        ssl.create_default_context(cafile=file)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigurationError(
            f"verify: {file} cannot be used as the certificate of an authority: {error}",
            hint="Name a file in PEM format, or set verify to true.",
        ) from error


def odoo_http(
    url: str,
    database: str,
    secret: str,
    reach: Reach = USUAL,
    *,
    clock: Clock | None = None,
    turnstile: Turnstile | None = None,
) -> HttpClient:
    """Return the HTTP client for an Odoo.

    Workers whose ``turnstile`` is the same share the budget of the Odoo; without one it is this client's own,
    as it is for an Odoo without limits.
    """
    if isinstance(reach.verify, str):
        require_certificate(reach.verify)
    allowance = allowance_for(url, reach.rate, reach.concurrency)
    meeting = None if allowance.is_free else turnstile
    return HttpClient(
        url,
        timeout=Timeout(connect_s=10, read_s=reach.timeout_s, total_s=max(600.0, reach.timeout_s)),
        limiter=Budget(budget_name(url, database), allowance, meeting, clock=clock),
        verify=reach.verify,
        proxy=reach.proxy,
        connections=allowance.concurrency or CONNECTIONS,
        secrets=(secret,),
        reads_by_post=True,
        clock=clock,
    )
