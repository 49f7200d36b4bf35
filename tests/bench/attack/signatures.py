"""Signatures: whatever is not signed by Slack, now, for this body, is turned away."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from contextlib import closing
from random import Random
from urllib.parse import quote, urlencode

from bot.slack.manifest import EVENTS_PATH
from tests.acceptance.lab import SECRET
from tests.bench.attack.product import Told
from tests.bench.attack.stage import Stage
from tests.bench.attack.tally import Tally
from tests.slack.signed import FORM, command, mention, press

JSON = "application/json"
STAMP, SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"
Forged = tuple[list[tuple[str, str | bytes]], str]
"""Headers, some of them twice, and a body."""

Forge = Callable[[Random, str, int], Forged]
"""Makes one of a body that Slack could have sent, and of the time in seconds."""


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    random = stage.random("signatures")
    calls = len(stage.slack.calls)
    with closing(stage.main.caller()) as caller:
        for at in range(tries):
            name, forge = FORGERIES[at % len(FORGERIES)]
            body = random.choice(_BODIES)(f"XenServer {random.randint(5, 9)}.{random.randint(0, 9)}")
            pairs, sent = forge(random, body, int(time.time()))
            kind = random.choice((FORM, JSON, "text/plain", f"{FORM}; charset=utf-8", "multipart/form-data", ""))
            method, path = _place(name, random)
            told = caller.ask(method, path, [("content-type", kind), *pairs], sent.encode())
            is_cut = name == "large" and told.status == 0  # who is refused while still sending may not get to read why
            tally.tried(f"{name}: {pairs} {sent[:60]!r}", "" if is_cut else _wrong(told, sent, path))
    for call in stage.slack.calls[calls:]:
        if call.method not in ("auth.test", "apps.connections.open"):
            tally.tried("all of them", f"{call.method} was called")


def _wrong(told: Told, sent: str, path: str) -> str:
    if 400 <= told.status < 500:
        return ""
    if told.status == 200 and "ssl_check" in f"{sent} {path}" and not told.body.strip().startswith("{"):
        return ""  # Slack's own check, unsigned, is answered and does nothing
    return f"{told.status} {told.body[:60]!r}"


def _place(name: str, random: Random) -> tuple[str, str]:
    if name == "another method":
        return random.choice(("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")), EVENTS_PATH
    if name == "another path":
        paths = ("/slack/events/", "//slack/events", "/slack/install", "/slack/oauth_redirect", "/slack/events;x", "/")
        return "POST", random.choice(paths)
    if name == "in the query":
        return (
            "POST",
            f"{EVENTS_PATH}?{random.choice(('ssl_check=1', 'token=x', 'payload=%7B%7D', 'command=/xocompat'))}",
        )
    return "POST", EVENTS_PATH


def _presses(words: str) -> str:
    return press("ask_1", words, None)


_BODIES: tuple[Callable[[str], str], ...] = (command, mention, _presses)


def digest(body: str, stamp: object, secret: str = SECRET, version: str = "v0") -> str:
    """The signature that Slack makes."""
    return hmac.new(secret.encode(), f"{version}:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()


def _both(stamp: object, signature: str | bytes) -> list[tuple[str, str | bytes]]:
    return [(STAMP, str(stamp).encode()), (SIGNATURE, signature)]


def _secret(random: Random, body: str, now: int) -> Forged:
    others = ("", " ", "None", "null", SECRET.upper(), SECRET[:-1], f"{SECRET}\n", f"{SECRET}x", "SLACK_SIGNING_SECRET")
    return _both(now, f"v0={digest(body, now, random.choice((*others, random.randbytes(16).hex())))}"), body


def _absent(random: Random, body: str, now: int) -> Forged:
    return random.sample(_both(now, f"v0={digest(body, now)}"), random.randint(0, 1)), body


def _empty(random: Random, body: str, now: int) -> Forged:
    pairs = random.choice((_both("", f"v0={digest(body, '')}"), _both(now, ""), _both(now, "v0="), _both("", "")))
    return pairs, body


def _random(random: Random, body: str, now: int) -> Forged:
    return _both(now, f"v0={random.choice((random.randbytes(32).hex(), '0' * 64, 'f' * 64))}"), body


def _digit(random: Random, body: str, now: int) -> Forged:
    right = digest(body, now)
    at = random.randrange(64)
    return _both(now, f"v0={right[:at]}{'0' if right[at] != '0' else '1'}{right[at + 1 :]}"), body


def _length(random: Random, body: str, now: int) -> Forged:
    right = digest(body, now)
    forms = (right[: random.randrange(64)], right + random.choice(("0", right, "=", ",", ";x")), right[1:], "0" + right)
    return _both(now, f"v0={random.choice((*forms, right * random.randint(2, 100)))}"), body


def _version(random: Random, body: str, now: int) -> Forged:
    version = random.choice(("v1", "V0", "v00", "v", "", "v0=v0", "v0 ", "sha256", "v٠", "v-0"))
    known = random.choice((digest(body, now), digest(body, now, version=version)))
    return _both(now, f"{version}={known}".encode()), body


def _case(_: Random, body: str, now: int) -> Forged:
    upper = digest(body, now).upper()
    return _both(now, f"v0={upper}" if upper != upper.lower() else "v0="), body


def _old(random: Random, body: str, now: int) -> Forged:
    stamp = now - random.choice((310, 400, 3600, 86400, 10**8, now, now + 1))
    return _both(stamp, f"v0={digest(body, stamp)}"), body


def _future(random: Random, body: str, now: int) -> Forged:
    stamp = now + random.choice((400, 3600, 86400, 10**8, 10**11, 10**15, 10**30, 10**400))
    return _both(stamp, f"v0={digest(body, stamp)}"), body


def _moved(random: Random, body: str, now: int) -> Forged:
    return _both(now + random.choice((-200, -10, -1, 1, 10, 200)), f"v0={digest(body, now)}"), body


def _digits(random: Random, body: str, now: int) -> Forged:
    others = ("０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")
    spelt = str(now).translate(str.maketrans("0123456789", random.choice(others)))
    forms = (
        spelt,
        spelt[0] + str(now)[1:],
        f"+{now}",
        f"{now}.0",
        f"{now}_0",
        hex(now),
        f"{now}e0",
        "1e9",
        "nan",
        "inf",
    )
    return _both(random.choice(forms), f"v0={digest(body, now)}"), body


def _twice(random: Random, body: str, now: int) -> Forged:
    right, wrong = f"v0={digest(body, now)}", f"v0={'0' * 64}"
    signatures = [(SIGNATURE, right), (SIGNATURE, wrong)]
    stamps: list[tuple[str, str | bytes]] = [(STAMP, str(now)), (STAMP, str(now - 4000))]
    random.shuffle(signatures)
    random.shuffle(stamps)
    pairs = random.choice(([*stamps[:1], *signatures], [*stamps, (SIGNATURE, right)], [*stamps, *signatures]))
    if pairs[0] == (STAMP, str(now)) and len(pairs) == 2:
        pairs = [*pairs, (SIGNATURE, wrong)]
    return pairs, body


def _changed(random: Random, body: str, now: int) -> Forged:
    at = random.randrange(len(body))
    other = chr((ord(body[at]) + random.randint(1, 90) - 32) % 95 + 32)
    return _both(now, f"v0={digest(body, now)}"), body[:at] + (other if other != body[at] else "~~") + body[at + 1 :]


def _grown(random: Random, body: str, now: int) -> Forged:
    forms = (body + random.choice((" ", "\n", "\0", "&text=list", "&payload={}", "=")), body[:-1], "", f" {body}")
    return _both(now, f"v0={digest(body, now)}"), random.choice(forms)


def _replayed(random: Random, body: str, now: int) -> Forged:
    other, stamp = command("help"), now - random.choice((0, 0, 310, 5000))
    return _both(stamp, f"v0={digest(other, stamp)}"), body


def _renewed(random: Random, body: str, now: int) -> Forged:
    old = now - random.randint(310, 9000)
    names = ("X_Slack_Request_Timestamp", "x-slack_request-timestamp", "x-slack-request-timestamp")
    return [*_both(old, f"v0={digest(body, old)}"), (random.choice(names), str(now))], body


def _base(random: Random, body: str, now: int) -> Forged:
    texts = (body, f"{now}:{body}", f"v0{now}{body}", f"v0:{now}:", f"v0:{body}:{now}", f"v0:{now}: {body}")
    signed = hmac.new(SECRET.encode(), random.choice(texts).encode(), hashlib.sha256).hexdigest()
    return _both(now, f"v0={signed}"), body


def _hash(random: Random, body: str, now: int) -> Forged:
    text, name = f"v0:{now}:{body}".encode(), random.choice(("md5", "sha1", "sha512", "sha3_256", "blake2s"))
    plain = hashlib.sha256(SECRET.encode() + text).hexdigest()
    return _both(now, f"v0={random.choice((plain, hmac.new(SECRET.encode(), text, name).hexdigest()))}"), body


def _garbage(random: Random, body: str, now: int) -> Forged:
    values = ("é".encode(), b"\xff\xfe", b"v0=\xe9", b"%00", b"v0=" + "é".encode() * 32, b"'" * 64, b"v0=" + b"g" * 64)
    return random.choice((_both(now, random.choice(values)), _both("\xa0é", f"v0={digest(body, now)}"))), body


def _large(random: Random, body: str, now: int) -> Forged:
    size = random.choice((1_000, 10_000, 60_000))
    return random.choice((_both("9" * size, f"v0={digest(body, now)}"), _both(now, "v0=" + "0" * size))), body


def _elsewhere(random: Random, body: str, now: int) -> Forged:
    right = f"v0={digest(body, now)}"
    pairs = random.choice(
        (
            [("cookie", f"{SIGNATURE}={right}; {STAMP}={now}")],
            [("authorization", f"Bearer {right}"), (STAMP, str(now))],
            [("x-slack-signature-v0", right), (STAMP, str(now))],
            [("x-forwarded-slack-signature", right), ("x-forwarded-slack-request-timestamp", str(now))],
            [("x-original-url", EVENTS_PATH), ("x-http-method-override", "GET")],
        )
    )
    return [*pairs], f"{body}&{SIGNATURE}={quote(right)}&{STAMP}={now}" if random.random() < 0.5 else body


def _challenge(random: Random, _: str, now: int) -> Forged:
    asked = json.dumps({"type": "url_verification", "challenge": "abc", "token": "x"})
    bodies = (asked, urlencode({"payload": asked}), f"{asked}&ssl_check=0", "challenge=abc&type=url_verification")
    return random.choice(([], _both(now, f"v0={'0' * 64}"))), random.choice(bodies)


def _ssl_check(random: Random, body: str, now: int) -> Forged:
    forms = (
        *("ssl_check=1", "ssl_check=1&token=x", f"ssl_check=1&{command('XenServer 7.2')}", "ssl_check=0", "ssl_check="),
        *(f"{command('XenServer 7.2')}&ssl_check=1", json.dumps({"ssl_check": 1, "command": "/xocompat"})),
        *(
            f"ssl_check=1&{press('ask_1', 'list', None)}",
            "ssl_check=%31",
            "ssl_check=1&ssl_check=0",
            f"{body}&ssl_check=1",
        ),
    )
    return random.choice(([], _both(now, f"v0={'0' * 64}"))), random.choice(forms)


def _unsigned(_: Random, body: str, __: int) -> Forged:
    return [], body


def _confused(random: Random, _: str, now: int) -> Forged:
    """The signature of a form, shown with what says the same in JSON; or the other way round."""
    form, told = command("XenServer 7.2"), json.dumps({"command": "/xocompat", "text": "XenServer 7.2", "type": "x"})
    signed, sent = random.choice(((form, told), (told, form), (form, urlencode({"payload": told})), (told, f"{told} ")))
    return _both(now, f"v0={digest(signed, now)}"), sent


FORGERIES: tuple[tuple[str, Forge], ...] = (
    ("wrong secret", _secret),
    ("absent", _absent),
    ("empty", _empty),
    ("at random", _random),
    ("one digit", _digit),
    ("length", _length),
    ("version", _version),
    ("case", _case),
    ("old", _old),
    ("future", _future),
    ("moved", _moved),
    ("digits", _digits),
    ("twice", _twice),
    ("changed", _changed),
    ("grown", _grown),
    ("replayed", _replayed),
    ("renewed", _renewed),
    ("base string", _base),
    ("hash", _hash),
    ("garbage", _garbage),
    ("large", _large),
    ("elsewhere", _elsewhere),
    ("challenge", _challenge),
    ("ssl check", _ssl_check),
    ("form and JSON", _confused),
    ("another method", _unsigned),
    ("another path", _unsigned),
    ("in the query", _unsigned),
)
