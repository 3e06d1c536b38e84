"""Passwords and API keys: kept as digests only."""

from __future__ import annotations

import hashlib
import secrets

#: Few rounds on purpose: a simulated server holds nothing worth guarding, and checks every call.
_ROUNDS = 100


def digest(secret: str) -> str:
    """Return what is stored of a password or key."""
    return hashlib.pbkdf2_hmac("sha256", secret.encode(), b"isthmus.sandbox", _ROUNDS).hex()


def new_key() -> str:
    """Return a fresh API key: 40 hexadecimal digits, as Odoo's."""
    return secrets.token_hex(20)
