"""A page that draws messages and views of Block Kit, from the very JSON that is sent, about as Slack's clients do.

The local Slack of the tests draws only the blocks of 2023; what people will see of the others is judged, and
photographed, here. Unknown blocks and elements are an error: nothing is sent that nobody has looked at.
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]

NAMES = {
    "U0123456789": "@ann",
    "U1": "@ann",
    "U0000002": "@ann",
    "C0123456789": "#ops",
    "C1": "#ops",
    "C0000OPS": "#ops",
}

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def page(shown: Iterable[str], title: str = "xocompat") -> str:
    """A page of what `message`, `thread` and `view` draw."""
    head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>{title}</title>"
    return (
        f"<!doctype html><html lang='en'><head>{head}<style>{STYLE}</style></head><body>{''.join(shown)}</body></html>"
    )


def message(body: Json, in_thread: bool = False) -> str:
    """A message by its body, as it is sent."""
    who = "<div class='who'><b>xocompat</b><span>APP 09:00</span></div>"
    return f"<div class='message{' thread' * in_thread}'>{who}{blocks(body['blocks'])}</div>"


def view(body: Json) -> str:
    """A modal or an App Home by its view."""
    title = f"<h1>{_escaped(body['title']['text'])}</h1>" if "title" in body else ""
    names = [body[key]["text"] for key in ("close", "submit") if key in body]
    kinds = ["", " primary"][-len(names) :] if names else []
    buttons = (f"<span class='button{kind}'>{_escaped(name)}</span>" for name, kind in zip(names, kinds, strict=True))
    return f"<div class='view'>{title}{blocks(body['blocks'])}<div class='actions'>{''.join(buttons)}</div></div>"


def blocks(drawn: Sequence[Json]) -> str:
    return "".join(_BLOCKS[block["type"]](block) for block in drawn)


def _section(block: Json) -> str:
    return f"<section>{_text(block['text'])}</section>"


def _context(block: Json) -> str:
    return f"<div class='context'>{' &nbsp; '.join(map(_text, block['elements']))}</div>"


def _actions(block: Json) -> str:
    return f"<div class='actions'>{''.join(map(_element, block['elements']))}</div>"


def _element(element: Json) -> str:
    match element["type"]:
        case "button":
            return f"<span class='button {element.get('style', '')}'>{_escaped(element['text']['text'])}</span>"
        case "static_select" | "external_select" | "multi_static_select" | "conversations_select":
            chosen = element.get("initial_option", {}).get("text", element.get("placeholder", {"text": "Choose"}))
            return f"<span class='select'>{_escaped(chosen['text'])}</span>"
        case "datepicker" | "datetimepicker":
            moment = element.get("initial_date_time")
            given = f"{datetime.fromtimestamp(moment, UTC):%d %b %Y %H:%M}" if moment else element.get("initial_date")
            return f"<span class='select'>{_escaped(given or 'a day')}</span>"
        case "plain_text_input":
            given = element.get("initial_value") or element.get("placeholder", {}).get("text", "")
            return f"<div class='field'>{_escaped(given) or '&nbsp;'}</div>"
        case other:
            raise ValueError(f"an element that nobody draws: {other}")


def _input(block: Json) -> str:
    return f"<label>{_escaped(block['label']['text'])}</label>{_element(block['element'])}"


def _table(block: Json) -> str:
    header, *rows = block["rows"]
    sides = [_side(block, at) for at in range(len(header))]
    names = "".join(f"<th scope='col' class='{side}'>{_cell(c)}</th>" for c, side in zip(header, sides, strict=True))
    most = block.get("page_size", len(rows))
    body = "".join(_row(row, sides) for row in rows[:most])
    caption = f"<caption>{_escaped(block['caption'])}</caption>" if "caption" in block else ""
    pager = f"<div class='pager'>1–{most} of {len(rows)} ›</div>" if most < len(rows) else ""
    table = f"<table>{caption}<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class='scroll' tabindex='0'>{table}{pager}</div>"


def _side(block: Json, at: int) -> str:
    if block["type"] == "table":
        return "right" if (block["column_settings"][at] or {}).get("align") == "right" else ""
    return "right" if all(row[at]["type"] == "raw_number" for row in block["rows"][1:]) else ""


def _row(row: Sequence[Json], sides: Sequence[str]) -> str:
    first, *others = (f"class='{side}'>{_cell(cell)}" for cell, side in zip(row, sides, strict=True))
    return f"<tr><th scope='row' {first}</th>{''.join(f'<td {other}</td>' for other in others)}</tr>"


def _cell(cell: Json) -> str:
    if cell["type"] == "rich_text":
        return "".join(_rich(part) for section in cell["elements"] for part in section["elements"])
    return _escaped(cell["text"])


def _rich(part: Json) -> str:
    match part["type"]:
        case "text":
            text, style = _escaped(part["text"]), part.get("style", {})
            return f"<code>{text}</code>" if style.get("code") else f"<b>{text}</b>" if style.get("bold") else text
        case "link":
            return f"<a href='#'>{_escaped(part['text'])}</a>"
        case "user" | "channel":
            return _mention(part.get("user_id") or part["channel_id"])
        case "date":
            return _escaped(part["fallback"])
        case other:
            raise ValueError(f"a piece of text that nobody draws: {other}")


def _chart(block: Json) -> str:
    """Lines over categories: enough to judge the words around it."""
    chart = block["chart"]
    names = chart["axis_config"]["categories"]
    across = {name: 40 + round(640 * at / max(len(names) - 1, 1)) for at, name in enumerate(names)}
    top = max((point["value"] for series in chart["series"] for point in series["data"]), default=0) or 1
    drawn = [f"<text x='{x}' y='172' text-anchor='middle'>{_escaped(name)}</text>" for name, x in across.items()]
    for number, series in enumerate(chart["series"]):
        colour = ("#1264a3", "#e01e5a", "#2eb67d")[number % 3]
        points = (f"{across[point['label']]},{round(150 - 120 * point['value'] / top)}" for point in series["data"])
        drawn.append(f"<polyline points='{' '.join(points)}' fill='none' stroke='{colour}' stroke-width='3'/>")
        drawn.append(f"<text x='40' y='{20 + 18 * number}' fill='{colour}'>{_escaped(series['name'])}</text>")
    drawing = f"<svg viewBox='0 0 720 180' width='100%' role='img' font-size='12'>{''.join(drawn)}</svg>"
    return f"<figure><figcaption>{_escaped(block['title'])}</figcaption>{drawing}</figure>"


def _image(block: Json) -> str:
    source = block.get("image_url", "")
    return f"<figure><img src='{html.escape(source)}' alt='{html.escape(block['alt_text'])}'></figure>"


_BLOCKS: dict[str, Callable[[Json], str]] = {
    "section": _section,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "table": _table,
    "data_table": _table,
    "data_visualization": _chart,
    "image": _image,
    "divider": lambda _: "<hr>",
    "header": lambda block: f"<h2>{_escaped(block['text']['text'])}</h2>",
}

_MARKUP = re.compile(r"`(?P<code>[^`\n]+)`|<(?P<live>[^<>]+)>|(?<![\w*])\*(?P<bold>[^*\n]+?)\*(?![\w*])")


def _text(text: Json) -> str:
    if text["type"] == "plain_text":
        return _escaped(text["text"])
    return _MARKUP.sub(_dressed, text["text"])


def _dressed(found: re.Match[str]) -> str:
    if found["code"]:
        return f"<code>{found['code']}</code>"
    if found["bold"]:
        return f"<b>{_MARKUP.sub(_dressed, found['bold'])}</b>"
    where, _, label = found["live"].partition("|")
    if where.startswith("!date^"):
        return label
    return _mention(where[1:]) if where[0] in "@#" else f"<a href='#'>{label or where}</a>"


def _mention(name: str) -> str:
    return f"<span class='mention'>{_escaped(NAMES.get(name, name))}</span>"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
