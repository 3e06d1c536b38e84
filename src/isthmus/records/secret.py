"""Secrets as values: encrypted at rest, masked wherever they are shown."""

from __future__ import annotations

from typing import Protocol


class Cipher(Protocol):
    """Encrypt and decrypt text. Registered as a service of the environment."""

    def encrypt(self, text: str) -> str:
        """Return the token that is stored for a secret."""
        ...

    def decrypt(self, token: str) -> str:
        """Return the secret of a stored token. Raises SecretError when no known key fits."""
        ...


class SecretText:
    """A secret that is set. Only :meth:`reveal` gives its text; every other way of showing it is masked."""

    __slots__ = ("_cipher", "_token")

    def __init__(self, token: str, cipher: Cipher) -> None:
        self._token = token
        self._cipher = cipher

    def reveal(self) -> str:
        """Return the plain text. Raises SecretError when it cannot be decrypted."""
        return self._cipher.decrypt(self._token)

    @property
    def token(self) -> str:
        """The encrypted form, as stored."""
        return self._token

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("<secret>", spec)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret cannot be pickled")
