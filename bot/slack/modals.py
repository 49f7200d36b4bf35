"""Windows as Slack draws them: to pick a host, a moment, a release, to type a note. What is sent off has its origin."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from bot.alerts.ports import NOTE_MAX
from bot.catalogue import say
from bot.chat.command import Choice
from bot.chat.commands import COMMANDS
from bot.chat.platform import Origin, Original
from bot.chat.reply import Reply
from bot.chat.window_words import WindowWords, host_words, moment_words, note_words
from bot.slack.actions import LABEL_MAX, Json, label_of, old_words
from bot.slack.blocks import messages
from bot.slack.mrkdwn import plain_text
from bot.slack.payload import actor_in_view, text_of

PICK = "pick"
HOST = "host"
PICK_HOST = "pick_host"
MOMENT = "snooze_until"
NOTE = "note"
CHECK, RELEASE, CHECK_DAY = "check", "release", "check_day"
"""Callback ids of the windows, and the names of their blocks and elements."""

WATCH_IN = ("watch_in", "watch_in_next")
"""Names of the block with the channel that is to watch. A choice stays as long as its block has the same name, so
after a watch it gets the other one: the next release that is checked is not watched unasked."""

OPTIONS_MAX = 100
"""Options of a list. Those of a longer one are asked for while somebody types into it."""

METADATA_MAX = 3000


def picker(origin: Origin, command: str, choices: Sequence[Choice]) -> Json:
    """A window with one list, of what a command can be about."""
    element: Json = {
        "action_id": PICK_HOST,
        "placeholder": label_of(say("Choose or type a name")),
        "focus_on_load": True,
    }
    if len(choices) <= OPTIONS_MAX:
        element |= {"type": "static_select", "options": options(choices)}
    else:
        element |= {"type": "external_select", "min_query_length": 0}
    named = host_words(command)
    host = {
        "type": "input",
        "block_id": HOST,
        "label": label_of(named.label),
        "hint": label_of(
            say("The reply comes as a message from me.")
            if origin.on_home_page
            else say("The reply comes where you asked, for your eyes only.")
        ),
        "element": element,
    }
    return {
        "type": "modal",
        "callback_id": PICK,
        "private_metadata": metadata(origin, command=command),
        "title": label_of(named.title),
        "submit": label_of(named.submit),
        "close": label_of(say("Cancel")),
        "blocks": [host],
    }


def check_window(reply: Reply | None = None, watch_in: str | None = None) -> Json:
    """A window to choose a release in, and a day if it is not today; below it the reply to what was chosen.

    `watch_in` is the name of the block to choose a channel in that watches the release; None: there is none. Channels
    that are shared with other workspaces are no choice: what is watched names hosts.
    A window is no place to share from, so the reply has no buttons.
    """
    shown = messages(reply._replace(buttons=()), most=1)[0].blocks if reply else ()
    release = {
        "type": "external_select",
        "action_id": RELEASE,
        "placeholder": label_of(say("Choose or type a release")),
        "min_query_length": 0,
    }
    day = {"type": "datepicker", "action_id": CHECK_DAY, "placeholder": label_of(say("Today"))}
    return {
        "type": "modal",
        "callback_id": CHECK,
        "title": label_of(say("Check a release")),
        "submit": label_of(say("Check")),
        "close": label_of(say("Close")),
        "blocks": [
            {"type": "input", "block_id": RELEASE, "label": label_of(say("Release")), "element": release},
            {
                "type": "input",
                "block_id": CHECK_DAY,
                "label": label_of(say("As of another day (UTC)")),
                "optional": True,
                "element": day,
            },
            *([_watching_channel(watch_in)] if watch_in else []),
            *shown,
        ],
    }


def _watching_channel(block_id: str) -> Json:
    return {
        "type": "input",
        "block_id": block_id,
        "label": label_of(say("Watch it in a channel")),
        "hint": label_of(say("The channel is told before the release's support ends.")),
        "optional": True,
        "element": {
            "type": "conversations_select",
            "action_id": WATCH_IN[0],
            "placeholder": label_of(say("No channel")),
            "filter": {"include": ["public", "private"], "exclude_external_shared_channels": True},
        },
    }


def checked(reply: Reply, wanted: "ToCheck") -> str:
    """The body of an answer that shows the reply in the window, in which more can be chosen."""
    block = wanted.watch_block
    if block and wanted.watch_in:
        block = WATCH_IN[1 - WATCH_IN.index(block)]
    return json.dumps({"response_action": "update", "view": check_window(reply, block)})


class ToCheck(NamedTuple):
    """What is to be checked, for whom: a release by its name, on a day or today.

    `watch_in` is the channel that is to watch it, `watch_block` the name of the block to choose it in; None where the
    window has none.
    """

    origin: Origin
    release: str | None
    on: date | None
    watch_in: str | None = None
    watch_block: str | None = None


def to_check(body: Mapping[str, Any]) -> ToCheck:
    """What was chosen in a window to check a release; such a window has no place but itself."""
    origin = Origin(actor_in_view(body, {}), on_home_page=True)
    day = text_of(_value(body, CHECK_DAY, CHECK_DAY, "selected_date"))
    release = text_of(_value(body, RELEASE, RELEASE, "selected_option", "value"))
    block = next((name for name in WATCH_IN if _value(body, name) is not None), None)
    channel = text_of(_value(body, block, WATCH_IN[0], "selected_conversation")) if block else None
    try:
        return ToCheck(origin, release, date.fromisoformat(day) if day else None, channel, block)
    except ValueError:
        return ToCheck(origin, None, None)


def options(choices: Iterable[Choice], typed: str = "") -> list[Json]:
    """The first hundred that have every word that was typed, those that begin with them first."""
    wanted = typed.casefold().split()
    matching = [each for each in choices if all(word in f"{each.word} {each.about}".casefold() for word in wanted)]
    matching.sort(key=lambda choice: not choice.word.casefold().startswith(" ".join(wanted)))
    found: list[Json] = []
    for choice in matching[:OPTIONS_MAX]:
        described = {"description": label_of(choice.about)} if plain_text(choice.about, LABEL_MAX) else {}
        found.append({"text": label_of(choice.word), "value": choice.word, **described})
    return found


def moment_picker(origin: Origin, words: str, first: datetime) -> Json:
    """A window that asks for the moment that the words lack; it shows `first`.

    Slack shows and reads the moment in the zone of whoever chooses it, and sends seconds since 1970.
    """
    element = {"type": "datetimepicker", "action_id": MOMENT, "initial_date_time": int(first.timestamp())}
    return _asking(MOMENT, origin, words, moment_words(words), element)


def note_window(origin: Origin, words: str) -> Json:
    """A window to type a note for the words in."""
    element = {
        "type": "plain_text_input",
        "action_id": NOTE,
        "max_length": NOTE_MAX,
        "focus_on_load": True,
        "placeholder": label_of(say("Waiting for new hardware, ticket OPS-17")),
    }
    return _asking(NOTE, origin, words, note_words(), element)


def _asking(kind: str, origin: Origin, words: str, named: WindowWords, element: Json) -> Json:
    hint = {"hint": label_of(named.hint)} if named.hint else {}
    block = {"type": "input", "block_id": kind, "label": label_of(named.label), **hint, "element": element}
    return {
        "type": "modal",
        "callback_id": kind,
        "title": label_of(named.title),
        "submit": label_of(named.submit),
        "close": label_of(say("Cancel")),
        "private_metadata": metadata(origin, words=words),
        "blocks": [block],
    }


def refused(field: str, why: str) -> str:
    """The body of an answer that keeps a window open, with what is wrong below one of its fields."""
    return json.dumps({"response_action": "errors", "errors": {field: why}})


def metadata(origin: Origin, **what: str) -> str:
    """An origin, to travel through Slack with a window: it comes back with what was chosen.

    Without the address to reply by if Slack would not carry it: the reply then goes by name and channel.
    """
    noted: Json = {**what, "channel": origin.actor.channel, "thread": origin.actor.thread}
    if origin.on_home_page:
        noted["home"] = True
    whole = json.dumps({**noted, "url": origin.address, "original": origin.original.name})
    return whole if len(whole) <= METADATA_MAX else json.dumps({**noted, "original": Original.NONE.name})


class Picked(NamedTuple):
    """What was picked for which command, and where. `word` is None while nothing is."""

    origin: Origin
    command: str
    word: str | None


def picked(body: Mapping[str, Any]) -> Picked | None:
    """What a list that was sent off, or is typed into, is about; None if it is none of ours."""
    noted = _metadata_of(body)
    origin, command = _origin(body, noted), noted.get("command")
    if origin is None or not isinstance(command, str) or command not in COMMANDS or not COMMANDS[command].picks:
        return None
    return Picked(origin, command, text_of(_value(body, HOST, PICK_HOST, "selected_option", "value")))


class PickedMoment(NamedTuple):
    """The moment that was chosen for which words, and where. `at` is None where the picker is empty."""

    origin: Origin
    words: str
    at: datetime | None


def picked_moment(body: Mapping[str, Any]) -> PickedMoment | None:
    """What a picker of a moment that was sent off says; None if it is none of ours.

    One of an earlier version has a day, which begins at midnight UTC.
    """
    noted = _metadata_of(body)
    words = text_of(noted.get("words")) or old_words("snooze {}", noted.get("ids"))
    origin = _origin(body, {"original": Original.NONE.name, **noted})
    if origin is None or not words:
        return None
    seconds = _value(body, MOMENT, MOMENT, "selected_date_time")
    day = text_of(_value(body, MOMENT, MOMENT, "selected_date"))
    try:
        if seconds.__class__ is int:
            return PickedMoment(origin, words, datetime.fromtimestamp(seconds, UTC))
        return PickedMoment(origin, words, datetime.combine(date.fromisoformat(day), time(), UTC) if day else None)
    except (ValueError, OverflowError, OSError):
        return None


class TypedNote(NamedTuple):
    """The note that was typed for which words, and where."""

    origin: Origin
    words: str
    note: str


def typed_note(body: Mapping[str, Any]) -> TypedNote | None:
    """What a window to type a note in says; None if it is none of ours."""
    noted = _metadata_of(body)
    origin, words = _origin(body, noted), text_of(noted.get("words"))
    if origin is None or not words:
        return None
    return TypedNote(origin, words, text_of(_value(body, NOTE, NOTE, "value")) or "")


def _metadata_of(body: Mapping[str, Any]) -> Json:
    view = body.get("view")
    try:
        noted = json.loads(str(view.get("private_metadata"))) if isinstance(view, Mapping) else None
    except (ValueError, RecursionError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _origin(body: Mapping[str, Any], noted: Json) -> Origin | None:
    """The origin that a window carries, with the person who uses it now."""
    original = noted.get("original")
    known = Original.__members__.get(original) if isinstance(original, str) else None
    if known is None:
        return None
    actor, trigger = actor_in_view(body, noted), text_of(body.get("trigger_id"))
    return Origin(actor, text_of(noted.get("url")), trigger, known, noted.get("home") is True)


def _value(body: Mapping[str, Any], *keys: str) -> object:
    """What stands under the keys in a window's state."""
    found: Any = body
    for key in ("view", "state", "values", *keys):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
