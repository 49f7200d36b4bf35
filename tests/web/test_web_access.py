"""Pages that name hosts: for programs on this machine that ask directly, or with the token."""

import re

import pytest

from bot.web.access import PageAccess, guarded
from bot.web.server import HttpRequest, HttpResponse

TOKEN, CALENDAR = "let-me-in", "calendar-only"
DIRECT = {"host": "localhost:3000", "user-agent": "curl/8", "accept": "*/*"}


def _answer(
    remote: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
    query: str = "",
    token: str | None = TOKEN,
    calendar: str | None = CALENDAR,
    proxied: bool = False,
) -> HttpResponse:
    access = PageAccess(lambda: token, lambda: calendar, proxied)
    handler = guarded(lambda _: HttpResponse(200, "secret"), access)
    return handler(HttpRequest("GET", "/calendar.ics", DIRECT | (headers or {}), query=query, remote=remote))


def _ask(remote: str = "127.0.0.1", headers: dict[str, str] | None = None, query: str = "", **more: str | None) -> int:
    return _answer(remote, headers, query, **more).status  # type: ignore[arg-type] # tokens alone are passed on


@pytest.mark.parametrize("remote", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_a_direct_caller_on_loopback_needs_no_token(remote: str) -> None:
    assert _ask(remote) == 200
    assert _ask(remote, token=None, calendar=None) == 200


@pytest.mark.parametrize("remote", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "", "localhost", "unix:"])
def test_anybody_else_is_turned_away(remote: str) -> None:
    assert _ask(remote) == 403
    assert _ask(remote, token=None, calendar=None) == 403
    assert _ask(remote, token="", calendar="") == 403


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:3000", "127.9.9.9:1", "[::1]", "[::1]:3000"]
)
def test_the_name_that_is_asked_for_may_be_any_of_loopback(host: str) -> None:
    assert _ask(headers={"host": host}) == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "xocompat.example.org",
        "evil.example:3000",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "localhost, evil.example",
        "localhost:x",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "::1",
        "192.0.2.1",
        "[::1]evil",
        "user@localhost",
    ],
)
def test_another_name_is_another_sites_page_or_a_proxy(host: str) -> None:
    assert _ask(headers={"host": host}) == 403


PROXIES = re.findall(
    r"\S+",
    """
    forwarded via x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-forwarded-server
    x-forwarded x-forwarded-client-cert x-real-ip x-client-ip true-client-ip client-ip cf-connecting-ip cf-ray
    cf-ipcountry fastly-client-ip fastly-ff x-cluster-client-ip x-envoy-external-address x-envoy-internal
    x-original-forwarded-for x-original-host x-original-uri x-proxyuser-ip x-request-id x-correlation-id
    x-amzn-trace-id x-azure-clientip x-appengine-user-ip x-arr-log-id x-varnish x-b3-traceid traceparent x-scheme
    x-proxy-id max-forwards cdn-loop x-remote-user x-auth-request-email x-what-the-next-one-invents
    """,
)


@pytest.mark.parametrize("header", PROXIES)
def test_whoever_comes_through_a_proxy_on_this_machine_is_not_local(header: str) -> None:
    assert _ask(headers={header: "127.0.0.1"}) == 403
    assert _ask(headers={header: ""}) == 403


@pytest.mark.parametrize("header", ["origin", "sec-fetch-site", "sec-fetch-mode", "referer", "cookie"])
def test_a_page_in_a_browser_is_no_direct_caller(header: str) -> None:
    assert _ask(headers={header: "none"}) == 403


def test_what_programs_send_of_their_own_is_no_sign_of_a_proxy() -> None:
    prometheus = {
        "user-agent": "Prometheus/3.0",
        "accept": "application/openmetrics-text",
        "accept-encoding": "gzip",
        "x-prometheus-scrape-timeout-seconds": "10",
    }
    calendar = {"if-none-match": "x", "if-modified-since": "x", "accept-language": "de", "connection": "keep-alive"}
    assert _ask(headers=prometheus) == 200
    assert _ask(headers=calendar) == 200


def test_where_a_proxy_is_expected_only_the_token_opens() -> None:
    assert _answer(proxied=True).status == 403
    assert _answer(headers={"authorization": f"Bearer {TOKEN}"}, proxied=True).status == 200
    assert _answer(query=f"token={CALENDAR}", proxied=True).status == 200


def test_the_token_opens_from_anywhere_in_a_header_and_never_in_the_address() -> None:
    far = "192.0.2.1"
    assert _ask(far, {"authorization": f"Bearer {TOKEN}"}) == 200
    assert _ask(far, {"authorization": f"bearer  {TOKEN} ", "host": "bot.example.org"}) == 200
    assert _ask(far, {"x-forwarded-for": "1.2.3.4", "authorization": f"Bearer {TOKEN}"}) == 200
    assert _ask(far, query=f"token={TOKEN}") == 403


def test_the_calendars_token_opens_in_the_address() -> None:
    assert _ask("192.0.2.1", query=f"a=b&token={CALENDAR}") == 200
    assert _ask("192.0.2.1", {"x-forwarded-for": "1.2.3.4"}, query=f"token={CALENDAR}") == 200
    assert _ask("192.0.2.1", {"authorization": f"Bearer {CALENDAR}"}) == 200


def test_a_page_without_a_token_of_its_own_is_not_opened_by_an_address() -> None:
    access = PageAccess(lambda: TOKEN)
    handler = guarded(lambda _: HttpResponse(200), access)
    for query in (f"token={TOKEN}", f"token={CALENDAR}", "token="):
        assert handler(HttpRequest("GET", "/metrics", {}, query=query, remote="192.0.2.1")).status == 403


@pytest.mark.parametrize("shown", ["", "let-me", TOKEN + "x", "LET-ME-IN", "é"])
def test_a_wrong_token_opens_nothing(shown: str) -> None:
    assert _ask("192.0.2.1", {"authorization": f"Bearer {shown}"}) == 403
    assert _ask("192.0.2.1", {"authorization": f"Basic {TOKEN}"}) == 403
    assert _ask("192.0.2.1", query=f"token={shown}") == 403


def test_an_empty_token_is_no_token() -> None:
    assert _ask("192.0.2.1", {"authorization": "Bearer "}, token="", calendar="") == 403
    assert _ask("192.0.2.1", query="token=", token="", calendar="") == 403


def test_an_address_with_endless_fields_opens_nothing_and_breaks_nothing() -> None:
    assert _ask("192.0.2.1", query="&".join(["token=x"] * 1000)) == 403


def test_a_refusal_says_what_opens_the_page() -> None:
    said = str(_answer("192.0.2.1").body)
    assert "web.token_env" in said
    assert "Authorization: Bearer" in said
    assert "web.calendar_token_env" in said
    assert "this machine" in said
    assert "this machine" not in str(_answer("192.0.2.1", proxied=True).body)
