"""Secrets encrypted at rest with rotatable keys."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from isthmus.errors import SecretError


class FernetCipher:
    """Encrypt with the first key, decrypt with any: put a new key in front to rotate.

    Implements :class:`isthmus.records.Cipher`.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise SecretError(
                "there is no key to encrypt secrets with", hint="Run `isthmus init` to make one."
            )
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
        return Fernet.generate_key().decode()

    def encrypt(self, text: str) -> str:
        """Return the token for a text."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Return the text of a token. Raises SecretError when none of the keys made it."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise SecretError(
                "a stored secret cannot be decrypted with the known keys",
                hint="Use the key file that it was made with, or enter the secret again.",
            ) from None

    def __repr__(self) -> str:
        return "<FernetCipher>"
