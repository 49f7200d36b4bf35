"""The HTTP front: paths, methods, and bodies that can't be read."""

import io
from collections.abc import Iterable
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from bot.web.server import BODY_MAX, HttpRequest, HttpResponse, HttpRoute, wsgi

ROUTES = {
    "/echo": HttpRoute(
        "POST", lambda request: HttpResponse(200, request.body.decode(), {"x-length": str(len(request.body))})
    ),
    "/hello": HttpRoute("GET", lambda request: HttpResponse(200, request.headers.get("x-name", "nobody"))),
}


def _ask(method: str, path: str, body: bytes | None = None, **environ: Any) -> tuple[int, dict[str, str], bytes]:
    base: dict[str, Any] = {}
    setup_testing_defaults(base)
    base |= {"REQUEST_METHOD": method, "PATH_INFO": path}
    if body is not None:
        base |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    told: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        told.extend((int(status.split()[0]), dict(headers)))

    answered: Iterable[bytes] = wsgi(ROUTES)({**base, **environ}, start)
    return told[0], told[1], b"".join(answered)


def test_a_path_has_its_handler() -> None:
    assert _ask("POST", "/echo", b"abc")[2] == b"abc"
    assert _ask("GET", "/hello", HTTP_X_NAME="ann")[2] == b"ann"


def test_a_response_is_told_when_it_is_written() -> None:
    told: list[str] = []
    routes = {"/": HttpRoute("GET", lambda _: HttpResponse(200, "abc", sent=lambda: told.append("sent")))}
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    body = wsgi(routes)(environ, lambda *_: told.append("started"))
    assert (b"".join(body), told) == (b"abc", ["started"])
    getattr(body, "close")()  # noqa: B009 - PEP 3333: servers call it if it is there
    assert told == ["started", "sent"]


def test_every_answer_has_its_length_and_is_not_kept() -> None:
    _, headers, _ = _ask("POST", "/echo", b"abc")
    assert (headers["content-length"], headers["cache-control"], headers["x-length"]) == ("3", "no-store", "3")


def test_head_gets_the_headers_alone() -> None:
    status, headers, body = _ask("HEAD", "/hello")
    assert (status, headers["content-length"], body) == (200, "6", b"")


def test_an_unknown_path_is_404_and_a_wrong_method_405() -> None:
    assert _ask("GET", "/")[0] == 404
    assert _ask("POST", "/echo/", b"")[0] == 404
    status, headers, _ = _ask("GET", "/echo")
    assert (status, headers["allow"]) == (405, "POST")


def test_a_body_over_the_limit_is_413_without_being_read() -> None:
    assert _ask("POST", "/echo", b"", CONTENT_LENGTH=str(BODY_MAX + 1))[0] == 413
    assert _ask("POST", "/echo", b"", CONTENT_LENGTH="9" * 5000)[0] == 413
    assert _ask("POST", "/echo", b"x" * BODY_MAX)[0] == 200


def test_a_body_without_a_length_is_read_only_where_the_server_ends_it() -> None:
    chunked = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
    assert _ask("POST", "/echo", b"abc", **chunked)[2] == b"abc"
    assert _ask("POST", "/echo", b"x" * (BODY_MAX + 1), **chunked)[0] == 413
    assert _ask("POST", "/echo", b"abc", CONTENT_LENGTH="")[0] == 411


@pytest.mark.parametrize("length", ["-1", "abc", "１", "1.0", "0x1"])
def test_a_length_that_is_no_number_is_400(length: str) -> None:
    assert _ask("POST", "/echo", b"abc", CONTENT_LENGTH=length)[0] == 400


def test_a_body_shorter_than_its_length_is_400() -> None:
    assert _ask("POST", "/echo", b"abc", CONTENT_LENGTH="5")[0] == 400


def test_a_request_holds_what_came() -> None:
    assert HttpRequest("GET", "/", {}).body == b""


def test_a_query_is_gone_once_all_is_done_as_an_access_log_would_keep_it() -> None:
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ |= {"PATH_INFO": "/nowhere", "QUERY_STRING": "token=x", "RAW_URI": "/nowhere?token=x"}
    wsgi(ROUTES)(environ, lambda *_: None)
    assert "token" not in str(environ)
