"""What goes wrong with a request on its way to Mattermost, or with the answer on its way back."""

from typing import Any, NamedTuple

Json = dict[str, Any]


class Said(NamedTuple):
    """An answer: JSON, or bytes as they are."""

    status: int
    body: Any
    headers: dict[str, str] = {}  # noqa: RUF012 # nobody changes it


class Fault(NamedTuple):
    """`said` takes the answer's place, None where the connection is cut; `done` if the server did its work before.

    `half`: the answer's first half, and then nothing. `delay` in seconds, before the answer.
    """

    said: Said | None = None
    done: bool = False
    half: bool = False
    delay: float = 0

    @property
    def answers(self) -> bool:
        """Whether the server's own answer is what comes back."""
        return self.half or (self.said is None and self.delay > 0)


PAGE = {"Content-Type": "text/html; charset=utf-8"}


def status(code: int, body: Any = None, done: bool = False) -> Fault:
    """An answer of a proxy's in between, before or after the server did what it was told."""
    return Fault(Said(code, f"<html><h1>{code}</h1></html>" if body is None else body, PAGE), done)


def error(code: int, id: str) -> Fault:
    """An error of the server's own."""
    body = {"id": id, "message": "", "detailed_error": "", "request_id": "", "status_code": code}
    return Fault(Said(code, body))


def limited(seconds: int = 1) -> Fault:
    """Too many requests: how long to wait is in seconds."""
    reset = {"X-Ratelimit-Limit": "100", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": str(seconds)}
    return Fault(Said(429, "limit exceeded\n", {"Content-Type": "text/plain", "Retry-After": str(seconds), **reset}))


def cut(done: bool = False) -> Fault:
    """The connection is closed without an answer."""
    return Fault(done=done)


def half() -> Fault:
    """Done, and the answer breaks off in its middle."""
    return Fault(done=True, half=True)


def slow(seconds: float) -> Fault:
    """Done, and answered late."""
    return Fault(done=True, delay=seconds)
