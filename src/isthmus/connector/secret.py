"""Secrets encrypted at rest with rotatable keys.

The library is loaded with the first secret: it takes 7 MB, and many a worker never opens one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from isthmus.errors import SecretError
from isthmus.records import Cipher


class FernetCipher:
    """Encrypt with the first key, decrypt with any: put a new key in front to rotate.

    Implements :class:`isthmus.records.Cipher`.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise SecretError(
                "there is no key to encrypt secrets with", hint="Run `isthmus init` to make one."
            )
        from cryptography.fernet import Fernet, MultiFernet

        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in keys])
        except ValueError:
            raise SecretError(
                "a secret key is not valid: expected 32 bytes as URL-safe base64",
                hint="Make one with `isthmus init`, or check the key file.",
            ) from None

    @staticmethod
    def new_key() -> str:
        """Return a fresh key as text."""
        from cryptography.fernet import Fernet

        return Fernet.generate_key().decode()

    def encrypt(self, text: str) -> str:
        """Return the token for a text."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Return the text of a token. Raises SecretError when none of the keys made it."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise SecretError(
                "a stored secret cannot be decrypted with the known keys",
                hint="Use the key file that it was made with, or enter the secret again.",
            ) from None

    def __repr__(self) -> str:
        return "<FernetCipher>"


class CipherOnDemand:
    """A cipher that is made when a secret is first written or read.

    Whoever has no secrets needs no key. Implements :class:`isthmus.records.Cipher`.
    """

    def __init__(self, make: Callable[[], Cipher]) -> None:
        self._make = make

    def encrypt(self, text: str) -> str:
        """Return the token for a text. Raises SecretError when there is no usable key."""
        return self._make().encrypt(text)

    def decrypt(self, token: str) -> str:
        """Return the text of a token. Raises SecretError when no known key made it."""
        return self._make().decrypt(token)

    def __repr__(self) -> str:
        return "<CipherOnDemand>"
