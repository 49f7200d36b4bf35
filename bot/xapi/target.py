"""What may be asked: addresses, how their certificates are trusted, who logs in. The operator's, never chat's."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple


class TlsMode(StrEnum):
    """How a certificate was trusted, as a probe reports it (CONTRACT.md section 2)."""

    CA = "ca"
    PINNED = "pinned"
    INSECURE = "insecure"


class Trust(NamedTuple):
    """How the certificate of one address is trusted.

    `pin` is the SHA-256 of the DER certificate (32 bytes) for PINNED; `ca_file` a bundle for CA (None: the system's).
    `minimum` is the lowest TLS version that is spoken: "1.0" to "1.3".
    """

    mode: TlsMode
    pin: bytes | None = None
    ca_file: str | None = None
    minimum: str = "1.2"


class Endpoint(NamedTuple):
    """An address to connect to; https only. `host` is a name or an IP address without brackets."""

    host: str
    port: int
    trust: Trust

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"


class Target:
    """An entry of the inventory: a pool's coordinator or a lone host, and the members that a redirect may lead to.

    `password` is called at each login and raises CredentialsError if it cannot be read; it is in no repr. Where it
    comes from (`password_from`: a variable's or a file's name) may be shown.
    """

    __slots__ = ("also", "endpoint", "name", "password", "password_from", "tags", "username")

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        username: str,
        password: Callable[[], str],
        password_from: str,
        also: tuple[Endpoint, ...] = (),
        tags: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.endpoint = endpoint
        self.username = username
        self.password = password
        self.password_from = password_from
        self.also = also
        self.tags = tags

    def __repr__(self) -> str:
        return f"Target({self.name!r}, {self.endpoint})"


class CredentialsError(Exception):
    """A password that cannot be read: its variable is not set, its file is unreadable. The text says which."""


_SHORTEST_HIDDEN = 8


class Secret:
    """A password, a session reference or a token on its way to the host. No repr, format or error shows it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself: for the request, nothing else."""
        return self._text

    def hidden_in(self, text: str) -> str:
        """A text of the host without the secret in it; short secrets are left, as they are part of many a word."""
        return text.replace(self._text, "[hidden]") if len(self._text) >= _SHORTEST_HIDDEN else text

    def __repr__(self) -> str:
        return "Secret(hidden)"
