"""A Xen Orchestra of the inventory. The operator's, never chat's."""

from collections.abc import Callable

from bot.xapi.target import Endpoint


class Orchestra:
    """Where its API is, and the token that opens it. Its hosts are asked through it, never themselves.

    `path` is what stands before `/rest/v0`: empty, or a path that begins with a slash. `token` is called each time
    it is asked and raises CredentialsError if it cannot be read; it is in no repr. `token_from` names its variable.
    """

    __slots__ = ("endpoint", "name", "path", "tags", "token", "token_from")

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        token: Callable[[], str],
        token_from: str,
        path: str = "",
        tags: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.endpoint = endpoint
        self.token = token
        self.token_from = token_from
        self.path = path
        self.tags = tags

    @property
    def url(self) -> str:
        """Where it is, without any secret."""
        return f"https://{self.endpoint}{self.path}"

    def __repr__(self) -> str:
        return f"Orchestra({self.name!r}, {self.endpoint})"
