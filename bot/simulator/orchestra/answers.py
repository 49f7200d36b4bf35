"""Requests to the REST API, and what it answers."""

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from http import HTTPStatus
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from bot.simulator.faults import ConnectionEnd, FaultyDelivery
from bot.simulator.http import SimRequest, SimResponse
from bot.simulator.orchestra.objects import Object

BASE = "/rest/v0/"
_COOKIE = "authenticationToken"
_LINES = "application/x-ndjson"
_CHUNK = 16 * 1024


class Rights(Enum):
    """What the user of a token may do."""

    READ = "read hosts and pools"
    NONE = "nothing"


class Asked(NamedTuple):
    """A request that came, and the status of its answer. Tokens are not kept."""

    path: str
    query: str
    status: int


def refusal(request: SimRequest, tokens: Mapping[str, Rights]) -> SimResponse | None:
    """Why the request is not answered, if it is not."""
    token = _token(request.headers.get("cookie", ""))
    if token is not None and "authorization" in request.headers:
        return _error(HTTPStatus.BAD_REQUEST)
    rights = tokens.get(token or "")
    if rights is None:
        return _error(HTTPStatus.UNAUTHORIZED)
    if rights is Rights.NONE:
        return _error(HTTPStatus.FORBIDDEN)
    return None


def listing(request: SimRequest, objects: Iterable[Object] | None) -> SimResponse:
    """The list that is asked for; there is none for None. Without fields it has addresses."""
    if objects is None or request.method != "GET":
        return _error(HTTPStatus.NOT_FOUND)
    asked = {key: values[-1] for key, values in parse_qs(request.query).items()}
    limit = asked.get("limit", "")
    listed = islice(_shown(request.path, asked.get("fields", ""), objects), int(limit) if limit.isdecimal() else None)
    if asked.get("ndjson") == "true":
        return _ok(_LINES, "".join(f"{_json(value)}\n" for value in listed))
    return _ok("application/json; charset=utf-8", _json(list(listed)))


def in_chunks(response: SimResponse) -> FaultyDelivery:
    """How answers go out: lists of lines in chunks, as they are made."""
    ending = ConnectionEnd.CLOSE if response.close else ConnectionEnd.KEEP
    if ("content-type", _LINES) not in response.headers:
        return FaultyDelivery(iter([response.wire]), 0, ending)
    head = response.head_for(len(response.body)).replace(
        b"content-length: %d" % len(response.body), b"transfer-encoding: chunked"
    )
    return FaultyDelivery(iter([head, *_chunks(response.body)]), 0, ending)


def _chunks(body: bytes) -> Iterator[bytes]:
    for at in range(0, len(body), _CHUNK):
        piece = body[at : at + _CHUNK]
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def _shown(path: str, fields: str, objects: Iterable[Object]) -> Iterator[Any]:
    wanted = fields.split(",")
    for found in objects:
        href = f"{path.rstrip('/')}/{found['id']}"
        if not fields:
            yield href
        elif fields == "*":
            yield {**found, "href": href}
        else:
            yield {**{name: found[name] for name in wanted if name in found}, "href": href}


def _token(cookies: str) -> str | None:
    pairs = (cookie.strip().partition("=") for cookie in cookies.split(";"))
    return next((value for name, _, value in pairs if name == _COOKIE), None)


def _error(status: HTTPStatus) -> SimResponse:
    return SimResponse(
        status, status.phrase, (("content-type", "application/json"),), _json({"error": status.phrase}).encode()
    )


def _ok(kind: str, text: str) -> SimResponse:
    return SimResponse(200, "OK", (("content-type", kind),), text.encode())


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
