"""Words: what people may type, or be made to type."""

import json
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from random import Random
from typing import Any

from tests.acceptance.waiting import until
from tests.bench.attack.product import Caller, somebody
from tests.bench.attack.stage import Stage
from tests.bench.attack.tally import Tally
from tests.slack.signed import mention

JSON = "application/json"
WITHIN = 1.0
PINGS = re.compile(r"<!(channel|here|everyone)|<@[UW]0EVIL|<https?://evil")
"""What must not come back as markup: it would call everybody, somebody, or lead away under another name."""


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    random = stage.random("words")
    incidents, said = len(stage.main.events("incident")), len(stage.slack.calls)
    secrets: list[str] = []
    with closing(stage.main.caller()) as caller:
        for at in range(tries):
            kind, make = KINDS[at % len(KINDS)]
            words = make(random)
            if kind == "secret":
                secrets.append(words)
            typed = f"{random.choice(COMMANDS)} {words}".strip() if random.random() < 0.5 else words
            for each in _ask(caller, typed, at, stage):
                tally.tried(f"{kind}: {typed[:200]!r}", each)
    _settle(stage)
    for call in stage.slack.calls[said:]:
        if found := PINGS.search(_shown(dict(call.fields))):
            tally.tried("a reply", f"{found[0]} in {call.method}")
    for event in stage.main.events("incident")[incidents:]:
        tally.tried("the log", f"an incident: {str(event.get('exception'))[-200:]}")
    for place, text in (("the log", stage.main.told), ("the audit trail", _audited(stage))):
        kept = [secret for secret in secrets if bare(secret) in text]
        for secret in kept:
            tally.tried("secret", f"{secret[:40]!r} is in {place}")


def _ask(caller: Caller, typed: str, at: int, stage: Stage) -> tuple[str, ...]:
    """Ask as a command, every third time in a mention; what is wrong with the answer."""
    if at % 3:
        told = caller.command(typed, response_url=stage.slack.response_url)
    else:
        body = mention(f"<@U0000BOT> {typed}", f"Ev{at}{stage.seed}", user=somebody())
        told = caller.post(body, JSON)
    found = PINGS.search(_shown(json.loads(told.body))) if told.body.startswith("{") else None
    wrong = f"{told.status}" if told.status != 200 else f"{found[0]} comes back" if found else ""
    return (wrong or (f"{told.seconds:.1f} s" if told.seconds > WITHIN else ""),)


def _settle(stage: Stage) -> None:
    """Until Slack is called no more: mentions are answered after their acknowledgement."""
    last = [0, time.monotonic()]

    def quiet() -> bool:
        if (calls := len(stage.slack.calls)) != last[0]:
            last[:] = calls, time.monotonic()
        return time.monotonic() - last[1] > 1

    until(quiet, 60, "all is answered")


def _shown(value: Any) -> str:
    """The texts of a message in which Slack looks for markup. What a button carries is not shown to anybody."""
    if isinstance(value, list):
        return "\n".join(map(_shown, value))
    if not isinstance(value, dict):
        return ""
    text = value.get("text")
    own = text if isinstance(text, str) and value.get("type") in (None, "mrkdwn", "markdown") else ""
    return "\n".join((own, *map(_shown, value.values())))


def _audited(stage: Stage) -> str:
    with closing(sqlite3.connect(f"file:{stage.main.database}?mode=ro", uri=True)) as database:
        return "\n".join(str(row[0]) for row in database.execute("SELECT words FROM audit"))


def bare(secret: str) -> str:
    """The part of it that gives something away."""
    return re.sub(r"^(Bearer |https://\w+:|password=|xox[a-z]-|xapp-)", "", secret).partition("@")[0]


COMMANDS = (
    *(
        "check",
        "list",
        "issues",
        "feature",
        "upgrade",
        "timeline",
        "fleet",
        "alerts",
        "ack",
        "snooze",
        "watch",
        "compare",
    ),
    "unwatch",
    "audit",
    "help",
    "changes",
    "probe",
    "can I upgrade from",
    "who is on",
    "XenServer 7.2",
)


def _control(random: Random) -> str:
    signs = [chr(random.choice((*range(32), 127, *range(128, 160)))) for _ in range(random.randint(1, 50))]
    return f"XenServer{''.join(signs)}7.2"


def _bidi(random: Random) -> str:
    signs = "\u202e\u202d\u2066\u2067\u2068\u2069\u200f\u200e\u061c\u200b\u2060\ufeff\u00ad\u034f\U000e0041"
    return "".join(random.choice(("XCP-ng 8.2", *signs)) for _ in range(random.randint(2, 60)))


def _ping(random: Random) -> str:
    pings = (
        "@channel",
        "<!channel>",
        "<!here|here>",
        "<!everyone>",
        "&lt;!channel&gt;",
        "&amp;lt;!channel&amp;gt;",
        "<!subteam^S1>",
        "<<!channel>>",
        "<!chan\0nel>",
        "<\u200b!channel>",
        "`<!channel>`",
        "```<!channel>```",
    )
    return " ".join(random.choice((*pings, "8.2", "<@U0EVIL>")) for _ in range(random.randint(1, 20)))


def _link(random: Random) -> str:
    links = (
        *(
            "<https://evil.example|XCP-ng 8.2>",
            "<https://evil.example>",
            "https://evil.example/?q=7.2",
            "<mailto:a@b|a>",
        ),
        "<javascript:alert(1)|x>",
        "[x](https://evil.example)",
        "<#C0000001|general>",
        "<slack://x|8>",
        "<|>",
        "<>",
    )
    return " ".join(random.choice(links) for _ in range(random.randint(1, 10)))


def _number(random: Random) -> str:
    digits = "9" * random.choice((3, 20, 400, 2900))
    forms = (
        f"XenServer {digits}",
        f"{digits}.{digits[:50]}",
        f"ack {digits}",
        f"snooze 1 {digits}d",
        f"XCP-ng -{digits}",
    )
    days = (f"in {digits[:400]} years", "on 9999-12-31", "on 0000-00-00", "in 99999999999 days", "on 10000-01-01")
    return random.choice((*forms, *(f"XCP-ng 8.2 {day}" for day in days), "1e999", "0x7", "٧.٢", "７.２", "²"))


def _regex(random: Random) -> str:
    piece = random.choice(
        (
            "8.",
            "a",
            " ",
            "8.2,",
            ">=",
            "<",
            "xcp-ng ",
            "x-",
            "1.1.",
            "((",
            "[",
            "\\",
            "'",
            "-",
            "8-",
            "; a: b",
            "!",
            "on ",
        )
    )
    return (piece * 3000)[: random.choice((100, 1000, 2950))] + random.choice(("", "!", "x", "8.2"))


def _long(random: Random) -> str:
    names = ("XCP-ng 8.2, ", "XenServer 7.2 or ", "XSA-517 ", "compare 8.2, ", "\n", "\t8", "ab ", "😀", "ﷺ", "e\u0301")
    return "".join(random.choices(names, k=1500))[:3000]


def _formula(random: Random) -> str:
    sign = random.choice(("=", "+", "-", "@", "\t=", "\r=", "＝", "＋", "－", "＠", ";=", "|", "%0A="))
    return f"{sign}{random.choice(('cmd|calc!A0', 'HYPERLINK(1)', '1+1', 'SUM(A1)'))}"


def _markup(random: Random) -> str:
    pieces = (
        "*",
        "_",
        "~",
        "`",
        "```",
        ">",
        "&",
        "<",
        "|",
        "&lt;",
        "\n> ",
        "\n",
        "*8.2*",
        '"',
        "'",
        "{}",
        "%s",
        "{0}",
        "$(x)",
    )
    return "".join(random.choices((*pieces, "XCP-ng 8.2"), k=random.randint(2, 80)))


def _name(random: Random) -> str:
    names = (
        "xen-1",
        "127.0.0.1",
        "[::1]",
        "169.254.169.254",
        "https://xen-1/",
        "xen-1:22",
        "../../etc/passwd",
        "file:///etc/x",
    )
    return random.choice(
        (*names, "' OR 1=1 --", "xen-1; rm -rf /", "xen-1%00", "XEN-1", "xen_1", "__class__", "lab", "all")
    )


def secret(random: Random) -> str:
    noise = "".join(random.choices("abcdefghijkmnpqrstuvwxyz23456789", k=24))
    parts = f"{random.randint(10**10, 10**11)}-{random.randint(10**10, 10**11)}-{noise}"
    return random.choice(
        (
            f"xoxb-{parts}",
            f"xapp-1-A{parts}",
            f"xoxp-{parts}",
            f"Bearer {noise}{noise}",
            f"https://root:{noise}@xen.example.org/",
        )
    )


def _random(random: Random) -> str:
    return "".join(
        chr(random.choice((*range(1, 0xD7FF), *range(0xE000, 0x1FFFF)))) for _ in range(random.randint(1, 200))
    )


KINDS: tuple[tuple[str, Callable[[Random], str]], ...] = (
    ("control characters", _control),
    ("reading order", _bidi),
    ("pings", _ping),
    ("links", _link),
    ("numbers", _number),
    ("regular expressions", _regex),
    ("long", _long),
    ("formulas", _formula),
    ("markup", _markup),
    ("names", _name),
    ("secret", secret),
    ("at random", _random),
)
