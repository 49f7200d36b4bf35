"""Pages that name hosts: for callers on this machine, or with the token."""

import pytest

from bot.web.access import guarded
from bot.web.server import HttpRequest, HttpResponse

TOKEN = "let-me-in"


def _ask(remote: str, headers: dict[str, str] | None = None, query: str = "", token: str | None = TOKEN) -> int:
    handler = guarded(lambda _: HttpResponse(200, "secret"), lambda: token)
    return handler(HttpRequest("GET", "/metrics", headers or {}, query=query, remote=remote)).status


@pytest.mark.parametrize("remote", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_a_direct_caller_on_loopback_needs_no_token(remote: str) -> None:
    assert _ask(remote) == 200
    assert _ask(remote, token=None) == 200


@pytest.mark.parametrize("remote", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "", "localhost", "unix:"])
def test_anybody_else_is_turned_away(remote: str) -> None:
    assert _ask(remote) == 403
    assert _ask(remote, token=None) == 403
    assert _ask(remote, token="") == 403


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via", "x-real-ip", "x-forwarded-host"])
def test_whoever_comes_through_a_proxy_on_this_machine_is_not_local(header: str) -> None:
    assert _ask("127.0.0.1", {header: "127.0.0.1"}) == 403
    assert _ask("127.0.0.1", {header: ""}) == 403


def test_the_token_opens_from_anywhere_in_a_header_or_in_the_address() -> None:
    assert _ask("192.0.2.1", {"authorization": f"Bearer {TOKEN}"}) == 200
    assert _ask("192.0.2.1", {"authorization": f"bearer  {TOKEN} "}) == 200
    assert _ask("192.0.2.1", query=f"a=b&token={TOKEN}") == 200
    assert _ask("192.0.2.1", {"x-forwarded-for": "1.2.3.4"}, query=f"token={TOKEN}") == 200


@pytest.mark.parametrize("shown", ["", "let-me", TOKEN + "x", "LET-ME-IN", "é"])
def test_a_wrong_token_opens_nothing(shown: str) -> None:
    assert _ask("192.0.2.1", {"authorization": f"Bearer {shown}"}) == 403
    assert _ask("192.0.2.1", {"authorization": f"Basic {TOKEN}"}) == 403
    assert _ask("192.0.2.1", query=f"token={shown}") == 403


def test_an_empty_token_is_no_token() -> None:
    assert _ask("192.0.2.1", {"authorization": "Bearer "}, token="") == 403
    assert _ask("192.0.2.1", query="token=", token="") == 403


def test_an_address_with_endless_fields_opens_nothing_and_breaks_nothing() -> None:
    assert _ask("192.0.2.1", query="&".join(["token=x"] * 1000)) == 403
