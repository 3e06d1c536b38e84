"""Keep secrets out of everything that is shown: messages, telemetry, representations."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

MASK = "***"


def redact(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret in the text, plain or percent-encoded, by ``***``; empty secrets are ignored."""
    forms = {
        form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))
    }
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def public_url(url: str) -> str:
    """Return the URL without credentials, query and fragment: what may be shown to anyone."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def excerpt(body: bytes, secrets: Iterable[str] = (), length: int = 200) -> str:
    """Return the start of an answer's body on one line with the secrets masked, for an error message."""
    text = " ".join(redact(body[: 8 * length].decode("utf-8", "replace"), secrets).split())
    return text if len(text) <= length else text[:length] + "…"
