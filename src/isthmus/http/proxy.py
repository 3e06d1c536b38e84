"""Which proxy a request goes through: the one set, that of the environment, or none."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

FROM_ENVIRONMENT = "environment"


def proxy_for(url: str, setting: str | None = FROM_ENVIRONMENT) -> str | None:
    """Return the URL of the proxy for a base URL, or None for a direct connection.

    ``setting`` is a proxy's URL, None for none, or ``"environment"`` for http_proxy, https_proxy, no_proxy.
    This machine itself is never reached through the environment's proxy.
    """
    if setting != FROM_ENVIRONMENT:
        return setting
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
