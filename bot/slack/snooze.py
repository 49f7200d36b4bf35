"""The modal that asks until which day an alert is snoozed: its view, and what comes back of it."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from bot.slack.actions import Json, decode_ids, encode_ids, label_of

CALLBACK = "snooze_until"
"""The view's name; also that of its block and its picker."""

AHEAD = timedelta(days=7)
"""The day that the picker shows first."""


class Chosen(NamedTuple):
    """What was chosen, and where the alerts stand. `day` is None where the picker is empty."""

    ids: tuple[int, ...]
    channel: str | None
    day: date | None

    @property
    def until(self) -> datetime | None:
        """The moment that the day begins, in UTC."""
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC) if self.day else None


def modal(ids: tuple[int, ...], channel: str | None, today: date) -> Json:
    """The view, for alerts in a channel."""
    picker = {"type": "datepicker", "action_id": CALLBACK, "initial_date": (today + AHEAD).isoformat()}
    day = {"type": "input", "block_id": CALLBACK, "label": label_of("Until the day (UTC)"), "element": picker}
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": label_of("Snooze"),
        "submit": label_of("Snooze"),
        "close": label_of("Cancel"),
        "private_metadata": json.dumps({"ids": encode_ids(ids), "channel": channel}),
        "blocks": [day],
    }


def chosen(view: Mapping[str, Any]) -> Chosen | None:
    """What a submitted view says; None for one that is none of ours."""
    try:
        kept = json.loads(view["private_metadata"])
        ids, channel = decode_ids(kept["ids"]), kept["channel"]
        day = view["state"]["values"][CALLBACK][CALLBACK].get("selected_date")
        return Chosen(ids, channel, date.fromisoformat(day) if day else None) if ids else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def too_early() -> str:
    """The body of an answer that keeps the modal open."""
    return json.dumps({"response_action": "errors", "errors": {CALLBACK: "Choose a day after today."}})
