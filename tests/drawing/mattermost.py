"""A page that draws posts of Mattermost, from the very JSON that its clients get, about as those do.

What a client does not know is an error here, too: nothing is sent that nobody has looked at.
"""

import html
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

Json = Mapping[str, Any]

STYLE = Path(__file__).with_name("mattermost.css").read_text(encoding="utf-8")
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_PERSON = re.compile(r"(?<![\w.])@(ann|ben)\b|~(general)\b")
_KNOWN = {"fallback", "color", "pretext", "title", "text", "footer", "actions"}


def page(shown: Iterable[str]) -> str:
    """A page of what `post` draws."""
    head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'><style>{STYLE}</style>"
    body = f"<title>xocompat</title></head><body>{''.join(shown)}</body>"
    return f"<!doctype html><html lang='en'><head>{head}{body}</html>"


def post(body: Json, in_thread: bool = False) -> str:
    """A post by its JSON: `message`, `props`, `type`, `edit_at`, and files in `metadata`.

    What answers a command is a post of whoever typed it, unless the server lets a command have a name of its own.
    """
    name = "ann" if (body.get("props") or {}).get("from_webhook") else "xocompat"
    alone = "<span class='alone'>(Only visible to you)</span>" if body.get("type") else ""
    who = f"<div class='who'><b>{name}</b><span class='bot'>BOT</span><time>9:00 AM</time>{alone}</div>"
    edited = "<span class='edited'>Edited</span>" if body.get("edit_at") else ""
    attachments = "".join(map(_attachment, (body.get("props") or {}).get("attachments") or []))
    files = (body.get("metadata") or {}).get("files") or []
    names = "".join(f"<div class='file'>{html.escape(each['name'])}</div>" for each in files)
    text = f"<div class='text'>{_text(body.get('message') or '')}{edited}</div>"
    return f"<div class='post{' thread' * in_thread}' data-sign='{name[:2]}'>{who}{text}{attachments}{names}</div>"


def _attachment(attachment: Json) -> str:
    if unknown := attachment.keys() - _KNOWN:
        raise ValueError(f"parts of an attachment that nobody draws: {unknown}")
    words = "".join(_text(attachment[key]) for key in ("pretext", "title", "text", "footer") if attachment.get(key))
    actions = "".join(map(_action, attachment.get("actions") or []))
    return f"<div class='attachment'>{words}<div class='actions'>{actions}</div></div>"


def _action(action: Json) -> str:
    kind = {"button": "button", "select": "select"}[action.get("type") or "button"]
    return f"<span class='{kind}'>{html.escape(action['name'])}</span>"


def _text(markdown: str) -> str:
    drawn = str(_MARKDOWN.render(markdown))
    drawn = drawn.replace("<table>", "<div class='scroll' tabindex='0'><table>").replace("</table>", "</table></div>")
    return _PERSON.sub(lambda found: f"<span class='mention'>{found[0]}</span>", drawn)
