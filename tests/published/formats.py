"""Pages written from rows, in every format that the list has had."""

from collections.abc import Callable
from typing import NamedTuple

from bot.matrix.support import Badge
from bot.published.page import PageRow

EMOJI = {Badge.FULL: "✅", Badge.PARTIAL: "❎", Badge.EXTRA_FEATURES: "🚀", Badge.NO_SECURITY_UPDATES: "☠️"}
MEANINGS = {
    Badge.FULL: "Full support",
    Badge.EXTRA_FEATURES: "All extra features",
    Badge.NO_SECURITY_UPDATES: "Platform without security updates anymore (upgrade your hosts!)",
    Badge.PARTIAL: "Not all XO features supported",
}
BULLET_LEGEND = "### Legend\n\n" + "".join(f"- {EMOJI[badge]} {words}\n" for badge, words in MEANINGS.items())
TABLE_LEGEND = "| Badge | Meaning |\n|:---:|---|\n" + "".join(f"| {EMOJI[b]} | {w} |\n" for b, w in MEANINGS.items())
WARNING = "\n:::warning\nRestore is [broken](https://example.com/x) (except XenServer 7.1 LTS ✅).\n:::\n"
LOST = dict.fromkeys((0x81, 0x8D, 0x8F, 0x90, 0x9D), "")


class Format(NamedTuple):
    """A way to write a page. `keeps_notes` is False where it has no place for them."""

    name: str
    write: Callable[[list[PageRow]], str]
    keeps_notes: bool = True


def mangled(text: str) -> str:
    """A text in UTF-8 read as Windows-1252, with the bytes that it lacks lost."""
    return "".join(LOST[byte] if byte in LOST else bytes([byte]).decode("cp1252") for byte in text.encode())


def signs(row: PageRow) -> str:
    return " ".join(EMOJI[badge] for badge in row.badges)


def bullets(rows: list[PageRow], mark: str = "-", legend: str = BULLET_LEGEND) -> str:
    lines = [f"# List\n\nXO is tested with ✅.\n\n{legend}\n## Hosts\n{WARNING}\n"]
    for row in rows:
        lines.append(f"{mark} {row.label}  {signs(row)} \n")
        lines.extend(f"  {mark} {note}\n" for note in row.notes)
    return "".join((*lines, WARNING))


def unsigned(rows: list[PageRow]) -> str:
    return bullets([row._replace(badges=()) for row in rows], "*", "")


def component(rows: list[PageRow], quote: str = "'", gap: str = " ") -> str:
    objects = []
    for row in rows:
        fields = {"version": row.label, "status": signs(row), "notes": "; ".join(row.notes)}
        texts = [f"{key}:{gap}{quote}{_escaped(text)}{quote}" for key, text in fields.items() if text]
        eol = ["eol: true"] if Badge.NO_SECURITY_UPDATES in row.badges else []
        objects.append("  {" + f",{gap}".join((*texts, *eol)) + "},\n")
    return f"# List\n\n{TABLE_LEGEND}\n## Hosts\n\n<HostCompatTable rows={{[\n{''.join(objects)}]}} />\n{WARNING}"


def table(rows: list[PageRow]) -> str:
    lines = [f"| {row.label} | {signs(row)} | {'; '.join(row.notes) or '—'} |\n" for row in rows]
    return f"# List\n\n{TABLE_LEGEND}\n## Hosts\n\n| Release | Support | Notes |\n|---|:--:|---|\n{''.join(lines)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


FORMATS = (
    Format("bullets with hyphens", bullets),
    Format("bullets with stars", lambda rows: bullets(rows, "*")),
    Format("ordered", lambda rows: bullets(rows, "+")),
    Format("bullets, legend as a table", lambda rows: bullets(rows, legend=TABLE_LEGEND)),
    Format("the older sign", lambda rows: bullets(rows).replace("☠️", "❗")),
    Format("no selectors", lambda rows: bullets(rows).replace("\ufe0f", "")),
    Format("read as Windows-1252", lambda rows: mangled(bullets(rows))),
    Format("a component read as Windows-1252", lambda rows: mangled(component(rows))),
    Format("Windows line ends", lambda rows: bullets(rows).replace("\n", "\r\n")),
    Format("no final newline", lambda rows: component(rows).rstrip()),
    Format("front matter", lambda rows: f"---\ntitle: XCP-ng 8.3 ✅\n---\n{bullets(rows)}"),
    Format("a component", component),
    Format("a component with double quotes", lambda rows: component(rows, '"', "\n    ")),
    Format("a table", table),
)
