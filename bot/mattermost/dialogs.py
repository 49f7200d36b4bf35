"""Dialogs: to pick a host, a moment, to type a note; and what one that was sent off says. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.alerts.ports import NOTE_MAX
from bot.chat.command import Choice
from bot.chat.window_words import WindowWords, host_words, moment_words, note_words
from bot.mattermost.client import Json
from bot.text import shown

DIALOG_PATH = "/mattermost/dialog"
PICK, MOMENT, NOTE = "pick", "moment", "note"
"""Kinds of dialogs."""

FIELD = "value"
"""The name of their one element."""

OPTIONS_MAX = 500
TITLE_MAX, LABEL_MAX, OPTION_MAX, HELP_MAX = 24, 24, 100, 150


def picker(command: str, choices: Sequence[Choice]) -> Json:
    """One list of what a command can be about; where that is too long, or not known, a field to type a name into."""
    options = [
        {"text": shown(f"{each.word} – {each.about}" if each.about else each.word, OPTION_MAX), "value": each.word}
        for each in choices
    ]
    element = {"type": "select", "options": options} if 0 < len(options) <= OPTIONS_MAX else {"type": "text"}
    return _dialog(PICK, host_words(command), **element)


def moment_picker(words: str, first: datetime) -> Json:
    """Asks for the moment that the words lack; it shows `first`, in the person's zone."""
    at = first.astimezone(UTC).replace(second=0, microsecond=0)
    return _dialog(MOMENT, moment_words(words), type="datetime", default=f"{at:%Y-%m-%dT%H:%M:%SZ}")


def note_dialog() -> Json:
    """Asks for a note."""
    return _dialog(NOTE, note_words(), type="textarea", max_length=NOTE_MAX)


def _dialog(kind: str, named: WindowWords, **element: Any) -> Json:
    field = {"display_name": named.label[:LABEL_MAX], "name": FIELD, "help_text": named.hint[:HELP_MAX], **element}
    title = named.title[:TITLE_MAX]
    return {"callback_id": kind, "title": title, "submit_label": named.submit, "elements": [field]}


def value(submission: Mapping[str, Any]) -> str:
    """What was given; empty for nothing."""
    given = submission.get(FIELD)
    return given.strip() if isinstance(given, str) else ""


def moment(text: str) -> datetime | None:
    """A chosen moment, in UTC; of a day alone its begin. None for anything else."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
