"""Payloads: what is signed by Slack, and of another shape than it ever sent."""

import copy
import json
from collections.abc import Iterator
from contextlib import closing
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.bench.attack.product import somebody
from tests.bench.attack.stage import CHANNEL, Stage
from tests.bench.attack.tally import Tally
from tests.slack.signed import FORM, command, mention, press, submit, suggest

Json = Any
JSON = "application/json"
ORIGIN = json.dumps({"command": "probe", "user": "U1", "team": "T0000001", "channel": CHANNEL})


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    random = stage.random("payloads")
    seeds = [*as_slack_sends(stage.slack.response_url)]
    with closing(stage.main.caller()) as caller:
        for at in range(tries):
            kind, payload = seeds[at % len(seeds)]
            spoilt: Json = copy.deepcopy(payload)
            for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
                spoilt = spoil(random, spoilt)
            body, content = written(random, kind, spoilt)
            body = body.replace("U0000001", somebody())  # one person's requests are limited
            told = caller.post(body, random.choice((content, content, content, FORM, JSON, "")))
            wrong = f"{told.status} {told.body[:60]}" if told.status >= 500 or told.status == 0 else ""
            tally.tried(f"{kind}: {body[:3000]}", wrong)
    told_wrong = {str(event.get("exception", event))[-300:] for event in stage.main.events("incident")}
    for each in told_wrong:
        tally.tried("the log", f"an incident: {each}")


def as_slack_sends(response_url: str) -> Iterator[tuple[str, Json]]:
    """One of each kind that the listeners take, as Slack sends it."""

    def inside(body: str) -> Json:
        return json.loads(dict(parse_qsl(body))["payload"])

    yield "command", dict(parse_qsl(command("XenServer 7.2", response_url, user_name="ann", trigger_id="1.2")))
    yield "mention", json.loads(mention("<@U0000BOT> XenServer 7.2", authorizations=[{"team_id": "T0000001"}]))
    yield "press", inside(press("ask_1", "XenServer 7.2", response_url, trigger_id="1.2"))
    yield "act", inside(press("act_1", "ack 1", response_url))
    yield "share", inside(press("share_1", "XenServer 7.2", response_url, message={"ts": "1.2", "text": "x"}))
    yield "pick", inside(press("pick_1", "probe", response_url, trigger_id="1.2"))
    chosen = {"type": "static_select", "action_id": "menu_1", "block_id": "b"}
    menu = [{**chosen, "selected_option": {"text": {"type": "plain_text", "text": "1 day"}, "value": "snooze 1 1d"}}]
    yield "menu", inside(press("menu_1", "", response_url, actions=menu, trigger_id="1.2"))
    yield "submission", inside(submit(ORIGIN, "xen-1"))
    yield "suggestion", inside(suggest(ORIGIN, "xen"))
    day = {"state": {"values": {"day": {"snooze_until": {"type": "datepicker", "selected_date": "2030-01-01"}}}}}
    view = {"type": "modal", "callback_id": "snooze_until", "private_metadata": ORIGIN, **day}
    yield "day", {**inside(submit(ORIGIN, "")), "view": view}
    opened = {"type": "app_home_opened", "user": "U0000001", "channel": "D0000001", "tab": "home", "event_ts": "1.2"}
    yield "home", {**json.loads(mention("")), "event": opened}
    direct = {
        "type": "message",
        "channel_type": "im",
        "channel": "D0000001",
        "user": "U0000001",
        "ts": "1.2",
        "text": "8.2",
    }
    yield "direct message", {**json.loads(mention("")), "event": direct}
    joined = {"type": "member_joined_channel", "user": "U0000BOT", "channel": CHANNEL, "team": "T0000001"}
    yield "joined", {**json.loads(mention("")), "event": joined}
    about = {"user": {"id": "U0000001"}, "team": {"id": "T0000001"}, "trigger_id": "1.2", "token": "x"}
    yield "shortcut", {"type": "shortcut", "callback_id": "check_release", **about}
    said = {"message": {"type": "message", "text": "XCP-ng 8.2", "ts": "1.2"}, "channel": {"id": CHANNEL}}
    yield "message shortcut", {"type": "message_action", "callback_id": "check_message", **about, **said}
    yield "challenge", {"type": "url_verification", "challenge": "abc", "token": "x"}


def _strange(random: Random) -> Json:
    deep: Json = "x"
    for _ in range(random.choice((1, 20, 200))):
        deep = random.choice(({"event": deep}, [deep], {"value": deep}))
    return random.choice(
        (
            *(None, True, 0, -1, 10**30, 1.5, "", "x", "\0", "\ud800", "é" * 3000, "a" * 50_000, " ", "<!channel>"),
            *([], {}, [[]], [None], [{}], {"": ""}, {"id": None}, {"id": []}, {"type": 7}, ["a"] * 1000, deep),
            *("message", "app_mention", "block_actions", "view_submission", "event_callback", "2030-13-45", "U0000BOT"),
        )
    )


def _places(value: Json) -> Iterator[tuple[Json, Any]]:
    """Every container within, with each of its keys."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from _places(inner)


def spoil(random: Random, payload: Json) -> Json:
    """Make one mistake somewhere."""
    places = [*_places(payload)]
    if not places or random.random() < 0.01:
        return _strange(random)
    container, key = random.choice(places)
    kind = random.randrange(6)
    if kind < 3:
        container[key] = _strange(random)
    elif kind == 3:
        del container[key]
    elif kind == 4:
        container[key] = random.choice(([container[key]], {"x": container[key]}, str(container[key])))
    else:
        other, name = random.choice(places)
        container[key] = copy.deepcopy(other[name])
    return payload


def written(random: Random, kind: str, payload: Json) -> tuple[str, str]:
    """A body and its content type; sometimes cut, or in another one's form."""
    told = json.dumps(payload)
    if kind == "command" and isinstance(payload, dict) and random.random() < 0.9:
        body, content = urlencode(payload, errors="replace"), FORM
    elif kind in ("mention", "home", "direct message", "joined", "challenge") or random.random() < 0.1:
        body, content = told, JSON
    else:
        body, content = urlencode({"payload": told}), FORM
    return (body[: random.randrange(len(body) + 1)], content) if random.random() < 0.05 else (body, content)
