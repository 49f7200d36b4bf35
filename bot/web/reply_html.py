"""Replies drawn as one page of HTML that needs no server and no script, for whoever reads it with eyes or ears."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from bot.catalogue import say, say_about
from bot.chat.reply import Block, Bullets, Code, Heading, Link, Mark, Paragraph, Reply, RichText, Span, Strong, Table


class PageLink(NamedTuple):
    """A file beside the page, with what it is."""

    href: str
    what: str


class PagePicture(NamedTuple):
    """A picture beside the page, with what it shows in words."""

    href: str
    alt: str


_STYLE = """
:root { color-scheme: light dark; --ink: #16202a; --quiet: #4a5561; --line: #c3ccd4; --paper: #fff; --link: #1d5aa8 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8edf2; --quiet: #aeb9c4; --line: #47525e; --paper: #14191f; --link: #8ab8ff }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 64rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); overflow-wrap: anywhere }
a { color: var(--link) }
h1 { font-size: 1.6rem; line-height: 1.25 }
h2 { font-size: 1.25rem; margin-top: 2.5rem }
table { border-collapse: collapse; width: 100% }
caption { text-align: start; color: var(--quiet); padding: .5rem 0 }
th, td { text-align: start; vertical-align: top; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line) }
img { max-width: 100%; height: auto; background: #fff }
footer, .quiet { color: var(--quiet) }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }
  table, caption, tbody, tr, th, td { display: block }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0 }
  th, td { border: 0; padding: .1rem 0 }
  td:empty { display: none }
  td::before { content: attr(data-column) ": "; color: var(--quiet) }
}
"""
"""On a narrow screen each row is a block of its own. Roles keep it a table for screen readers, which lose one that is
drawn as blocks."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"


def reply_page(
    title: str, replies: Sequence[Reply], files: Iterable[PageLink], picture: PagePicture | None = None
) -> str:
    """The page: each reply under its first line, the picture behind them, then the files. Text is escaped."""
    parts = [
        "<!doctype html>",
        f'<html lang="{escape(say_about("the language of this translation (BCP 47)", "en"))}">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{escape(title)}</h1>",
        *(piece for reply in replies for piece in _reply(reply)),
    ]
    if picture:
        parts += [
            f"<h2>{escape(say('The same as a picture'))}</h2>",
            f'<p><a href="{escape(picture.href)}">',
            f'<img src="{escape(picture.href)}" alt="{escape(picture.alt)}"></a></p>',
        ]
    parts += [f"<h2>{escape(say('For other programs'))}</h2>", "<ul>"]
    parts += [f'<li><a href="{escape(each.href)}">{escape(each.href)}</a>: {escape(each.what)}</li>' for each in files]
    parts += ["</ul>", "</main>"]
    if last := replies[-1].context if replies else ():
        parts += ["<footer>", *(f"<p>{_spans(said)}</p>" for said in last), "</footer>"]
    return "\n".join([*parts, "</body>", "</html>", ""])


def _reply(reply: Reply) -> Iterator[str]:
    yield f"<h2>{escape(reply.summary)}</h2>"
    for block in (*reply.blocks, *reply.rest):
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Table():
            yield from _table(block)
        case Bullets(items, title, numbered):
            if title:
                yield f"<h3>{escape(title)}</h3>"
            kind = "ol" if numbered else "ul"
            yield f"<{kind}>"
            yield from (f"<li>{_spans(item)}</li>" for item in items)
            yield f"</{kind}>"
        case Paragraph(lines):
            yield f"<p>{'<br>'.join(map(_spans, lines))}</p>"
        case Heading(said):
            yield f"<h3>{_spans(said)}</h3>"
        case _:
            yield f"<p>{_spans(block.in_words)}</p>"


def _table(table: Table) -> Iterator[str]:
    names = [escape(column.name) for column in table.columns]
    yield '<table role="table">'
    yield f"<caption>{escape(table.caption)}</caption>"
    heads = "".join(f'<th role="columnheader" scope="col">{name}</th>' for name in names)
    yield f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
    yield '<tbody role="rowgroup">'
    for first, *cells in table.rows:
        rest = "".join(
            f'<td role="cell" data-column="{name}">{_spans(spans)}</td>'
            for name, spans in zip(names[1:], cells, strict=False)
        )
        yield f'<tr role="row"><th role="rowheader" scope="row">{_spans(first)}</th>{rest}</tr>'
    yield "</tbody>"
    yield "</table>"


def _spans(spans: RichText) -> str:
    return "".join(map(_span, spans))


def _span(span: Span) -> str:
    """A sign is for eyes alone: its word, which follows it, is for everybody."""
    match span:
        case Mark(emoji, text):
            return f'<span aria-hidden="true">{escape(emoji)} </span>{escape(text)}'
        case Strong(text):
            return f"<strong>{escape(text)}</strong>"
        case Code(text):
            return f"<code>{escape(text)}</code>"
        case Link(text, url) if url.startswith("https://"):
            return f'<a href="{escape(url)}">{escape(text)}</a>'
    return escape(span.text)
