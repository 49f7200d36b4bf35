"""Pages that name hosts: every way to be taken for somebody on this machine, or for somebody with the token."""

import base64
from contextlib import ExitStack, closing

from tests.bench.attack.product import Caller
from tests.bench.attack.stage import TOKEN, Stage, Way
from tests.bench.attack.tally import Tally

PAGES = ("/metrics", "/calendar.ics")
HEADERS = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    *(
        "x-forwarded-server",
        "x-forwarded",
        "forwarded-for",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "client-ip",
    ),
    *(
        "true-client-ip",
        "cf-connecting-ip",
        "fastly-client-ip",
        "x-original-forwarded-for",
        "x-envoy-external-address",
    ),
    *(
        "x-appengine-user-ip",
        "fly-client-ip",
        "x-azure-clientip",
        "x-azure-socketip",
        "x-original-host",
    ),
    *("x-forwarded-prefix",),
    "origin",
    "sec-fetch-site",
    "x-forwarded-ssl",
    "x-forwarded-by",
)
VALUES = ("127.0.0.1", "192.0.2.1", "same-origin", "")
HOSTS = (
    *(
        "evil.example",
        "evil.example:80",
        "192.0.2.1",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "127.0.0.1@evil.example",
    ),
    *(
        "evil.example#localhost",
        "localhost,evil.example",
        "xocompat.internal",
        "0.0.0.0.evil.example",
        "[2001:db8::1]",
        "",
    ),
)


BASIC = base64.b64encode(f"x:{TOKEN}".encode()).decode()
WRONG: tuple[tuple[str, dict[str, str]], ...] = (
    ("?token=", {}),
    (f"?token={TOKEN}x", {}),
    (f"?Token={TOKEN}", {}),
    (f"?access_token={TOKEN}", {}),
    (f"#token={TOKEN}", {}),
    (f";token={TOKEN}", {}),
    ("", {"authorization": f"Basic {BASIC}"}),
    ("", {"authorization": TOKEN}),
    ("", {"authorization": f"Bearer {TOKEN.upper()}"}),
    ("", {"authorization": f"Bearer {TOKEN[:-1]}"}),
    ("", {"authorization": f"Bearer {TOKEN} x"}),
    ("", {"authorization": "Bearer "}),
    ("", {"authorization": "Bearer None"}),
    ("", {"cookie": f"token={TOKEN}"}),
    ("", {"x-token": TOKEN}),
    ("", {"proxy-authorization": f"Bearer {TOKEN}"}),
)
"""Tokens that are none, and the right one in places where it is none: a query, and headers."""


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    """In HTTP mode nobody gets in without the token; in Socket Mode a direct caller on this machine does."""
    with ExitStack() as stack:
        listening = stack.enter_context(stage.product(Way.SOCKET_MODE))
        stack.enter_context(stage.pulse(listening))
        near, far = (stack.enter_context(closing(product.caller())) for product in (listening, stage.main))
        for what, caller, page, query, pairs in _tries(near, far)[:tries]:
            told = caller.ask("GET", f"{page}{query}", pairs.items())
            shown = f"{what}: {page}{query} {pairs}"
            tally.tried(shown, "" if told.status in (400, 403, 404) else f"{told.status}")
        for page in PAGES:
            told = near.ask("GET", page)
            tally.tried(f"{page} on this machine", "" if told.status == 200 else f"{told.status}, and should be 200")
        told = far.ask("GET", "/metrics", [("authorization", f"Bearer {TOKEN}")])
        tally.tried("with the token", "" if told.status == 200 else f"{told.status}, and should be 200")


def _tries(near: Caller, far: Caller) -> list[tuple[str, Caller, str, str, dict[str, str]]]:
    """In Socket Mode what tells of a proxy or of another site; over HTTP whatever is not the token."""
    strange = [{name: value} for name in HEADERS for value in VALUES] + [{"host": host} for host in HOSTS]
    both = (("Socket Mode", near), ("HTTP", far))
    tries = [(way, caller, page, "", pairs) for pairs in strange for page in PAGES for way, caller in both]
    tries += [("HTTP", far, page, query, {}) for page in PAGES for query in (f"?token={TOKEN}", "")]
    proxied = {"x-forwarded-for": "192.0.2.1"}
    tries += [(w, c, page, query, pairs | proxied) for query, pairs in WRONG for page in PAGES for w, c in both]
    return tries
