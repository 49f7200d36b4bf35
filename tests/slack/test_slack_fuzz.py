"""Signed requests that Slack would never send: thousands, bent at random, and none is an error of ours."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from structlog.testing import LogCapture

from bot.chat.platform import Actor, Origin, Original
from bot.slack.modals import metadata
from tests.slack.conftest import Room
from tests.slack.signed import (
    FORM,
    check,
    command,
    direct_message,
    joined,
    mention,
    press,
    submit,
    suggest,
    suggest_release,
)
from tests.slack.standin import StandIn

ANSWERS = "http://answers.invalid/x"
"""Stands for the address that answers go to."""

SEED, EACH = 20261127, 250
JSON = "application/json"
WORDS = ("XenServer 7.2", "help", "fleet", "probe", "alerts", "snooze 3", "watch all", "XCP-ng >=8.0,<8.3", "sweep")

_WHERE = Origin(Actor("U0000001", "T0000001", "C0000001"), None, "1.2", Original.NONE)
_VIEW = {"type": "home", "private_metadata": "", "state": {"values": {}}}


def _payload(body: str) -> dict[str, Any]:
    """The payload in a body as tests make it."""
    found: dict[str, Any] = json.loads(dict(parse_qsl(body))["payload"])
    return found


def _pressed(*actions: str, **more: Any) -> list[dict[str, Any]]:
    value = json.dumps({"words": "XCP-ng 8.3"})
    return [_payload(press(action, value, ANSWERS, **more)) for action in actions]


def _chosen(action: str, kind: str, **chosen: Any) -> dict[str, Any]:
    (payload,) = _pressed(action)
    payload["actions"] = [{"type": kind, "action_id": action, "block_id": "b", "action_ts": "1.2", **chosen}]
    return payload


OPTION = {"text": {"type": "plain_text", "text": "x"}, "value": json.dumps({"words": "snooze 3 7d"})}
ALL: list[dict[str, Any]] = [
    *_pressed("ask_1", "act_1", "share_1", "pick_1", "ack", "hosts"),
    *_pressed("ask_1", view=_VIEW, container={"type": "view", "view_id": "V1"}),
    _chosen("menu_1", "static_select", selected_option=OPTION),
    _chosen("menu_1", "overflow", selected_option=OPTION),
    _chosen("snooze", "static_select", selected_option={"value": "7d:3"}),
    _chosen("ask_1", "multi_static_select", selected_options=[OPTION]),
    _payload(submit(metadata(_WHERE, command="probe"), "lab-a")),
    _payload(suggest(metadata(_WHERE, command="probe"), "lab")),
    {
        **_payload(submit(metadata(_WHERE, words="snooze 3"), "x")),
        "view": {
            "type": "modal",
            "callback_id": "snooze_until",
            "private_metadata": metadata(_WHERE, words="snooze 3"),
            "state": {"values": {"snooze_until": {"snooze_until": {"selected_date": "2030-01-01"}}}},
        },
    },
    json.loads(mention("<@U0000BOT> XenServer 7.2")),
    json.loads(mention("x", type="app_home_opened", tab="home")),
    json.loads(mention("x", type="message", subtype="message_changed", message={"user": "U1"}, previous_message={})),
    json.loads(mention("x", type="reaction_added", item={"channel": "C1"})),
    json.loads(mention("x", type="assistant_thread_started", assistant_thread={"context": {}})),
    json.loads(mention("x", type="function_executed", function={"callback_id": "x"}, inputs={})),
    json.loads(direct_message("XenServer 7.2")),
    json.loads(joined()),
    _payload(check("XCP-ng 8.3", "2028-12-01")),
    _payload(suggest_release("8.3")),
    {"type": "view_closed", "view": _VIEW, "user": {"id": "U1"}},
    {"type": "shortcut", "callback_id": "check_release", "user": {"id": "U1"}, "trigger_id": "1.2"},
    {"type": "message_action", "callback_id": "check_message", "message": {"text": "x"}, "user": {"id": "U1"}},
    {"type": "interactive_message", "callback_id": "x", "actions": [{"name": "x", "value": "x"}]},
    {"type": "dialog_submission", "callback_id": "x", "submission": {}},
    {"type": "workflow_step_edit", "callback_id": "x", "workflow_step": {}},
    {"type": "url_verification", "challenge": "x"},
    {"type": "app_rate_limited", "minute_rate_limited": 1},
]
KEYS = tuple(
    """
    type event view user team enterprise channel container message actions response_url response_urls state values
    private_metadata callback_id action_id block_id selected_option selected_options selected_date value
    trigger_id authorizations event_id is_ext_shared_channel bot_profile thread_ts ts text tab subtype item
    assistant_thread function_data function command api_app_id context_team_id context_enterprise_id
    is_enterprise_install view_id ssl_check payload challenge token user_id team_id channel_id bot_id
    workflow_step step context inputs
    """.split()  # noqa: SIM905
)


def _junk(dice: random.Random, depth: int = 0) -> Any:
    """A value of any type, most of them not the one that belongs there."""
    plain: list[Callable[[], Any]] = [
        lambda: None,
        lambda: dice.random() < 0.5,
        lambda: dice.choice((0, -1, 1.5, 10**30, 1e308, float("inf"), float("nan"))),
        lambda: dice.choice(
            ("", "x", "\ud800", "\x00\x1b[31m", "é" * 50, "1.2", "C0000001", "home", "/xocompat", "<!")
        ),
        lambda: dice.choice((*KEYS, *WORDS)),
        lambda: json.dumps(dice.choice((None, [], {}, 7, {"words": []}, {"words": {"a": 1}, "on": 7}, [["a"]]))),
        lambda: "A" * dice.choice((100, 4000)),
    ]
    nested: list[Callable[[], Any]] = [
        lambda: [_junk(dice, depth + 1) for _ in range(dice.randrange(4))],
        lambda: {dice.choice(KEYS): _junk(dice, depth + 1) for _ in range(dice.randrange(4))},
        list,
        dict,
    ]
    return dice.choice(plain if depth > 3 else plain + nested)()


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*at, key)
        yield from _places(each, (*at, key))


def _bent(dice: random.Random, payload: dict[str, Any]) -> dict[str, Any]:
    """A copy with up to three members that are of another type, away, or new."""
    copy: dict[str, Any] = json.loads(json.dumps(payload))
    for _ in range(dice.randint(1, 3)):
        places = list(_places(copy))
        if not places:
            break
        *way, last = dice.choice(places)
        inside: Any = copy
        for step in way:
            inside = inside[step]
        if dice.random() < 0.2:
            del inside[last]
        elif dice.random() < 0.2 and isinstance(inside, dict):
            inside[dice.choice(KEYS)] = _junk(dice)
        else:
            inside[last] = _junk(dice)
    return copy


def _form(dice: random.Random) -> str:
    """A command's fields, some away, twice, new, or with percent signs where none belong."""
    fields = parse_qsl(command(dice.choice(WORDS)), keep_blank_values=True)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(fields)) if fields else 0
        bend = dice.randrange(3)
        if bend == 0 and fields:
            del fields[at]
        elif bend == 1 and fields:
            fields[at] = (fields[at][0], str(_junk(dice)))
        else:
            fields.insert(at, (dice.choice(KEYS), str(_junk(dice))))
    raw = "&".join(f"{quote(name)}={quote(value, errors='surrogatepass')}" for name, value in fields)
    return raw.replace("%", dice.choice(("%", "%", "%%", "%2")), 1)


def _bodies(dice: random.Random, answers: str) -> Iterator[tuple[str, str]]:
    """Bodies, each with its content type."""
    for payload in ALL:
        for _ in range(EACH // 2):
            text = json.dumps(_bent(dice, payload)).replace(ANSWERS, answers)
            yield dice.choice(((text, JSON), (urlencode({"payload": text}), FORM), (text, FORM)))
    for _ in range(EACH * 2):
        yield _form(dice), FORM


@pytest.mark.large
def test_no_signed_request_of_whatever_shape_is_an_error_of_ours(
    room: Room, standin: StandIn, kept_log: LogCapture
) -> None:
    dice, counted = random.Random(SEED), 0
    for body, kind in _bodies(dice, standin.response_url):
        answer = room.post(body, kind)
        assert 200 <= answer.status < 500, (body, kind)
        str(answer.body or "").encode()  # as a server writes it
        json.dumps(dict(answer.first_headers()))
        counted += 1
    room.settle()
    assert counted > 3_000
    assert [entry for entry in kept_log.entries if entry["event"] == "incident"] == []
