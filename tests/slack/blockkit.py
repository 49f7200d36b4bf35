"""Judges messages by Slack's limits, without any of the code that made them: the numbers are slackblocks'."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slackblocks import _limits as limits

BLOCKS_MAX = 50
WHOLE_MAX = 10_000
VIEW_BLOCKS_MAX = 100
VIEW_MAX = 250_000
TABLES = ("table", "data_table")
_SHOWN = ("text", "user_id", "channel_id", "fallback")
KEYS = {
    "section": ({"type", "text"}, {"block_id", "fields"}),
    "divider": ({"type"}, {"block_id"}),
    "data_visualization": ({"type", "title", "chart"}, {"block_id"}),
    "table": ({"type", "rows", "column_settings"}, {"block_id"}),
    "data_table": ({"type", "rows", "caption"}, {"block_id", "page_size", "row_header_column_index"}),
    "context": ({"type", "elements"}, {"block_id"}),
    "actions": ({"type", "elements"}, {"block_id"}),
    "button": ({"type", "text", "action_id"}, {"value", "accessibility_label", "style", "confirm"}),
    "external_select": ({"type", "placeholder", "action_id", "min_query_length"}, set()),
    "static_select": ({"type", "placeholder", "options", "action_id"}, {"confirm"}),
    "mrkdwn": ({"type", "text", "verbatim"}, set()),
    "plain_text": ({"type", "text", "emoji"}, set()),
}
_ACTIVE = re.compile(r"<([^<>]*)>")
_HARMLESS = re.compile(r"https?://[^|<>\s]+\|[^|<>]+|@[UW][A-Z0-9]+|#[CG][A-Z0-9]+|!date\^\d+\^[^<>|]+\|[^|<>]+")


def complaints(body: Mapping[str, Any]) -> list[str]:
    """Why Slack would not take a message, or would read something into it that nobody meant."""
    return [*_message(body)]


def home_complaints(view: Mapping[str, Any]) -> list[str]:
    """Why Slack would not take an App Home."""
    return [*_home(view)]


def _home(view: Mapping[str, Any]) -> Iterator[str]:
    if view.keys() != {"type", "blocks"} or view["type"] != "home":
        yield f"an App Home with {sorted(view)}"
    yield from _blocks(view["blocks"], VIEW_BLOCKS_MAX)
    if (total := len(json.dumps(view).encode())) > VIEW_MAX:
        yield f"{total} bytes in all"


def _message(body: Mapping[str, Any]) -> Iterator[str]:
    yield from _mrkdwn(body["text"], "text")
    blocks = body["blocks"]
    yield from _blocks(blocks, BLOCKS_MAX)
    shown = [block for block in blocks if block["type"] not in TABLES]
    if (total := sum(map(len, _texts(shown)))) > WHOLE_MAX:
        yield f"{total} characters in all"
    if blocks[0]["type"] not in ("section", *TABLES):
        yield f"begins with {blocks[0]['type']}"
    ids = [element["action_id"] for block in blocks if block["type"] == "actions" for element in block["elements"]]
    if len(ids) != len(set(ids)):
        yield "the same action_id twice"


def _blocks(blocks: Sequence[Mapping[str, Any]], most: int) -> Iterator[str]:
    if not 1 <= len(blocks) <= most:
        yield f"{len(blocks)} blocks"
    for block in blocks:
        yield from _shape(block)
        yield from _CHECKS[block["type"]](block)
    if sum(block["type"] in TABLES for block in blocks) > 1:
        yield "more than one table"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _shape(part: Mapping[str, Any]) -> Iterator[str]:
    needed, allowed = KEYS[part["type"]]
    if not needed <= part.keys() <= needed | allowed:
        yield f"{part['type']} with {sorted(part)}"


def _table(block: Mapping[str, Any]) -> Iterator[str]:
    """Limits of Slack's reference in the summer of 2026, when they were narrowest."""
    header, *rows = block["rows"]
    if not 1 <= len(rows) <= (100 if block["type"] == "data_table" else 99) or not 1 <= len(header) <= 20:
        yield f"a table of {len(rows)} rows and {len(header)} columns"
    if any(len(row) != len(header) for row in rows):
        yield "rows of different lengths"
    cells = [cell for row in (header, *rows) for cell in row]
    for cell in cells:
        yield from _cell(cell, block["type"])
    if any(cell["type"] != "raw_text" for cell in header):
        yield "a header that is no text"
    if (total := sum(map(len, map(_cell_text, cells)))) > WHOLE_MAX:
        yield f"{total} characters of cells"
    if block["type"] == "data_table" and not (block["caption"] and 1 <= block["page_size"] <= 100):
        yield "a table without a caption, or of a wrong page"


def _cell(cell: Mapping[str, Any], kind: str) -> Iterator[str]:
    text = _cell_text(cell)
    if not text.strip() or "\n" in text:
        yield f"a cell that shows {text!r}"
    if cell["type"] == "raw_number" and (kind == "table" or not isinstance(cell["value"], int)):
        yield f"{cell}"


def _cell_text(cell: Mapping[str, Any]) -> str:
    if cell["type"] != "rich_text":
        return str(cell["text"])
    (section,) = cell["elements"]
    parts = section["elements"]
    if not parts or any(part["type"] == "text" and not part["text"] for part in parts):
        return ""
    return "".join(str(part[key]) for part in parts for key in _SHOWN if key in part)


def _chart(block: Mapping[str, Any]) -> Iterator[str]:
    """By the limits that Slack's changelog and clients of others name; slackblocks has none of it."""
    if not 1 <= len(block["title"]) <= 50:
        yield "a chart's title of a wrong length"
    (series,), axis = block["chart"]["series"], block["chart"]["axis_config"]
    labels = [point["label"] for point in series["data"]]
    if labels != axis["categories"] or len(set(labels)) < len(labels) or not 2 <= len(labels) <= 20:
        yield f"a chart's labels {labels}"
    if not all(1 <= len(label) <= 20 for label in (*labels, series["name"])) or len(axis["y_label"]) > 50:
        yield "a chart's label of a wrong length"
    if not all(isinstance(point["value"], int) for point in series["data"]):
        yield "a chart's value that is no number"


def _nothing(_: Mapping[str, Any]) -> Iterator[str]:
    yield from ()


def _section(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _text(block["text"], limits.SECTION_TEXT_MAX_LENGTH)


def _context(block: Mapping[str, Any]) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= limits.CONTEXT_ELEMENTS_MAX_ITEMS:
        yield f"{len(block['elements'])} elements of context"
    for element in block["elements"]:
        yield from _text(element, limits.TEXT_MAX_LENGTH)


def _unique(block: Mapping[str, Any]) -> Iterator[str]:
    ids = [element["action_id"] for element in block["elements"]]
    if len(ids) != len(set(ids)):
        yield "the same action_id twice in a block"


def _actions(block: Mapping[str, Any]) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= limits.ACTIONS_ELEMENTS_MAX_ITEMS:
        yield f"{len(block['elements'])} buttons"
    yield from _unique(block)
    for element in block["elements"]:
        yield from _shape(element)
        kind = element["type"]
        yield from {"static_select": _menu, "external_select": _nothing}.get(kind, _button)(element)


def _button(button: Mapping[str, Any]) -> Iterator[str]:
    yield from _text(button["text"], limits.BUTTON_TEXT_MAX_LENGTH)
    if len(button["value"]) > limits.BUTTON_VALUE_MAX_LENGTH:
        yield "a value too long"
    if not 1 <= len(button["accessibility_label"]) <= limits.BUTTON_ACCESSIBILITY_LABEL_MAX_LENGTH:
        yield "an accessibility label of a wrong length"
    if len(button["action_id"]) > limits.ACTION_ID_MAX_LENGTH:
        yield "an action_id too long"


def _menu(menu: Mapping[str, Any]) -> Iterator[str]:
    yield from _text(menu["placeholder"], limits.SELECT_PLACEHOLDER_MAX_LENGTH)
    if not limits.SELECT_OPTIONS_MIN_ITEMS <= len(menu["options"]) <= limits.SELECT_OPTIONS_MAX_ITEMS:
        yield f"{len(menu['options'])} options"
    for option in menu["options"]:
        yield from _text(option["text"], limits.OPTION_TEXT_MAX_LENGTH)
        if not 1 <= len(option["value"]) <= limits.OPTION_VALUE_MAX_LENGTH:
            yield "an option's value of a wrong length"


def _text(text: Mapping[str, Any], most: int) -> Iterator[str]:
    yield from _shape(text)
    if not limits.TEXT_MIN_LENGTH <= len(text["text"]) <= most or not text["text"].strip():
        yield f"{len(text['text'])} characters where 1 to {most} are allowed"
    if text["type"] == "mrkdwn":
        yield from _mrkdwn(text["text"], "a text")
        if text["verbatim"] is not True:
            yield "a text in which Slack links what looks like an address"


def _mrkdwn(text: str, where: str) -> Iterator[str]:
    for found in _ACTIVE.finditer(text):
        if not _HARMLESS.fullmatch(found[1]):
            yield f"{where} has {found[0]}"
    rest = _ACTIVE.sub("", text)
    if "<" in rest or ">" in rest or re.search(r"&(?!(amp|lt|gt);)", rest):
        yield f"{where} is not escaped: {rest[:80]!r}"
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text):
        yield f"{where} has control characters"


def view_complaints(view: Mapping[str, Any]) -> list[str]:
    """Why Slack would not open a modal with one list in it."""
    return [*_view(view)]


def _view(view: Mapping[str, Any]) -> Iterator[str]:
    for key in ("title", "submit", "close"):
        yield from _text(view[key], 24)
    if len(view["private_metadata"]) > 3000:
        yield "too much metadata"
    (block,) = view["blocks"]
    if block["type"] != "input" or not block["element"]["type"].endswith("_select"):
        yield "no list to pick from"
    yield from _text(block["label"], limits.TEXT_MAX_LENGTH)
    yield from _text(block["element"]["placeholder"], 150)
    options = block["element"].get("options")
    if options is not None and not 1 <= len(options) <= 100:
        yield f"{len(options)} options"
    for option in options or ():
        yield from _text(option["text"], 75)
        if not 1 <= len(option["value"]) <= 75:
            yield "a value of a wrong length"


_CHECKS = {
    "section": _section,
    "context": _context,
    "actions": _actions,
    "divider": _nothing,
    "data_visualization": _chart,
    "table": _table,
    "data_table": _table,
}
