"""The doors of Mattermost and of assistants: bodies of another shape than anybody sends, framings, typed secrets.

What a button or a dialog carries is signed by the product: it is spoilt around that, and within.
"""

import copy
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from random import Random
from typing import Any
from urllib.parse import urlencode

from bot.app.mattermost import SEALS
from bot.chat.button_value import ASK
from bot.mattermost import dialogs
from bot.mattermost.dialogs import DIALOG_PATH
from bot.mattermost.posts import ACTION_PATH
from bot.web.seals import Seals
from tests.bench.attack import framing, payloads, words
from tests.bench.attack.product import Assisting, Caller, Commanded, Product, somebody, tool_call
from tests.bench.attack.stage import Stage, Way
from tests.bench.attack.tally import Tally
from tests.slack.signed import FORM

Json = Any
JSON = "application/json"
CALLS: dict[str, dict[str, str]] = {
    "check_release": {"words": "XenServer 7.2", "on": "2030-01-01"},
    "find_upgrade_path": {"release": "XenServer 7.2", "to": "8.3"},
    "list_known_issues": {"id": "XenServer 7.2"},
    "get_fleet": {"filter": "XenServer 7.2", "cursor": "1"},
    "get_host": {"name": "XenServer 7.2"},
    "probe_host": {"name": "XenServer 7.2"},
    "list_alerts": {"state": "all", "on": "2030-01-01"},
    "get_advisory": {"id": "XenServer 7.2"},
}
STRANGE = (
    *(b"\xff\xfe", b"[" * 50_000, b'{"context":' * 900, b"{" * 900, b"NaN", b"\xef\xbb\xbf{}", b"\0" * 500),
    *(b"&" * 3000, b'"\\ud800"', b'{"a":1e999}', b"9" * 5000),
)


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    """Three of four tries are bodies, half of them at each door; the others are framings."""
    random = stage.random("doors")
    with ExitStack() as stack:
        chat, assisting = (stack.enter_context(stage.product(way)) for way in (Way.MATTERMOST, Way.ASSISTANTS))
        assert isinstance(chat, Commanded)
        assert isinstance(assisting, Assisting)
        stack.enter_context(stage.pulse(chat))
        stack.enter_context(stage.pulse(assisting))
        secrets: list[str] = []
        for product, seeds in ((chat, _callbacks(chat)), (assisting, _calls())):
            with closing(product.caller()) as caller:
                for at in range(max(1, tries * 3 // 8)):
                    _try(caller, product, next(seeds), at, random, secrets, tally)
        listed = [*framing.framings()]
        for at in range(tries // 4):
            product, each = (chat, assisting)[at % 2], listed[at // 2 % len(listed)]
            tally.tried(f"{each.name} ({product.path})", framing.tried(product, each))
        for product in (chat, assisting):
            _looked_through(product, secrets, tally)


def _try(
    caller: Caller, product: Product, seed: tuple[str, Json], at: int, random: Random, secrets: list[str], tally: Tally
) -> None:
    path, payload = seed
    if at % 10 == 0:
        secrets.append(words.secret(random))
        payload = json.loads(json.dumps(payload).replace("XenServer 7.2", f"XenServer 7.2 {secrets[-1]}"))
    elif at % 10 > 2:
        payload = copy.deepcopy(payload)
        for _ in range(random.choice((1, 1, 2, 5))):
            payload = payloads.spoil(random, payload)
    is_form = path == Commanded.path
    body = urlencode(payload, errors="replace") if is_form and isinstance(payload, dict) else json.dumps(payload)
    sent = random.choice(STRANGE) if at % 20 == 19 else body.encode()
    shown = product.shown(body) if isinstance(product, Assisting) else {"content-type": FORM if is_form else JSON}
    told = caller.ask("POST", path, shown.items(), sent)
    tally.tried(f"{path}: {sent[:3000]!r}", f"{told.status} {told.body[:60]}" if not 200 <= told.status < 500 else "")


def _callbacks(product: Commanded) -> Iterator[tuple[str, Json]]:
    """What Mattermost sends, in turn, each by somebody who has not asked yet and signed as ours."""
    seals, channel = Seals(product.server.token, SEALS, time.time), product.channel.id
    while True:
        who = product.somebody() | {"channel_id": channel, "post_id": "a" * 26, "trigger_id": "t"}
        nonce, place = somebody(), {"channel": channel, "user": who["user_id"], "room": "mattermost:lab/general"}
        yield Commanded.path, {**product.command, **who, "text": "XenServer 7.2"}
        value = json.dumps({"words": "XenServer 7.2"})
        context = seals.signed({"nonce": nonce, "kind": ASK, "values": [value], **place})
        yield ACTION_PATH, {**who, "context": context}
        for kind, typed in ((dialogs.NOTE, "ack 1"), (dialogs.PICK, "probe"), (dialogs.MOMENT, "snooze 1")):
            state = seals.state({"kind": kind, "words": typed, "nonce": f"{nonce}{kind}", **place})
            yield DIALOG_PATH, {**who, "state": state, "submission": {dialogs.FIELD: "XenServer 7.2"}}


def _calls() -> Iterator[tuple[str, Json]]:
    """What assistants send."""
    while True:
        for tool, arguments in CALLS.items():
            yield Assisting.path, tool_call(tool, **arguments)


def _looked_through(product: Product, secrets: list[str], tally: Tally) -> None:
    """Nothing went wrong there, and no secret is kept."""
    tally.tried(f"{product.path} afterwards", product.look_up())
    for line in product.told.splitlines():
        if "Traceback" in line:
            tally.tried("the log", f"an incident: {line[-200:]}")
    with closing(sqlite3.connect(f"file:{product.database}?mode=ro", uri=True)) as database:
        audited = "\n".join(str(row[0]) for row in database.execute("SELECT words FROM audit"))
    for place, text in (("the log", product.told), ("the audit trail", audited)):
        for secret in secrets:
            tally.tried("secret", f"{secret[:40]!r} is in {place}" if words.bare(secret) in text else "")
