"""Published pages of two megabytes that cost whoever reads them dearly, and one that says something else at once."""

import json
from collections.abc import Iterator

from tests.bench.attack.shell import Ran, run
from tests.bench.attack.stage import Stage
from tests.bench.attack.tally import Tally
from tests.published.texts import LEGEND, page

SIZE = 2 * 2**20 - 4096
MEGABYTES, SECONDS = 250.0, 30.0
SIGNS = {"full": "✅", "partial": "❎", "extra_features": "🚀", "no_security_updates": "☠️"}


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    folder = stage.room("pages")
    config, file = stage.config(folder), folder / "page.md"
    about = {"DATABASE_URL": f"sqlite:///{folder / 'xocompat.db'}", "XOCOMPAT_LIST__URL": str(file)}

    def said(*words: str) -> Ran:
        return run(words, folder, config, 2 * SECONDS, **about)

    before = json.loads(said("list", "--json").out)
    for name, text in [*_pages(before)][:tries]:
        file.write_bytes(text)
        ran = said("sync")
        tally.tried(f"{name}: sync", _wrong(ran))
        after = json.loads(said("list", "--json").out)
        tally.tried(f"{name}: list", "" if after["rows"] == before["rows"] else "another list is in use")


def _wrong(ran: Ran) -> str:
    if ran.megabytes > MEGABYTES or ran.seconds > SECONDS:
        return f"{ran.megabytes:.0f} MB, {ran.seconds:.0f} s"
    return ran.untidy or ("" if ran.status == 1 else f"status {ran.status}: {ran.out[:80]!r}")


def _pages(current: dict[str, list[dict[str, list[str]]]]) -> Iterator[tuple[str, bytes]]:
    yield "other support", _other(current)
    for name, piece in PIECES.items():
        filled = (piece * (SIZE // len(piece.encode()) + 1)).encode()[:SIZE]
        yield name, filled
    table = "| Host | Support |\n|---|---|\n"
    yield "a table", (LEGEND + table + "| XCP-ng 8.3 | ✅ |\n" * 80_000).encode()[:SIZE]
    yield "a table of cells", (LEGEND + table + "|" * SIZE).encode()[:SIZE]
    wide = "|a" * 60_000 + "|\n" + "|-" * 60_000 + "|\n"
    yield "a wide table", (LEGEND + wide + "|x\n" * 600_000).encode()[:SIZE]
    some = "|a" * 1_000 + "|\n" + "|-" * 1_000 + "|\n"
    yield "a table that is filled up", (LEGEND + some + "|x\n" * 600_000).encode()[:SIZE]
    for columns, rows in ((360, 2_900), (1_990, 520)):
        cells = "|a" * columns + "|\n" + "|-" * columns + "|\n" + ("|x" * columns + "|\n") * rows
        yield f"a table of {rows} rows and {columns} columns", (LEGEND + cells).encode()[:SIZE]
    yield "many tables", (LEGEND + "|a|b|\n|-|-|\n|c|d|\n\n" * 120_000).encode()[:SIZE]
    yield "a table below a good page", page() + (table + "|x" * 900_000).encode()
    yield "a deep list", "".join("  " * depth + "- a\n" for depth in range(1_400)).encode()[:SIZE]
    yield "runs of backticks", "".join("`" * count + " " for count in range(2_000)).encode()[:SIZE]
    yield "definitions", "".join(f"[a{at}]: /x\n" for at in range(100_000)).encode()[:SIZE] + b"[a1]" * 50_000
    yield "no text", bytes(range(256)) * (SIZE // 256)


def _other(current: dict[str, list[dict[str, list[str]]]]) -> bytes:
    """The list in use as a page, but for the support of each row, which is partial where it was full."""
    lines = []
    for row in current["rows"]:
        badges = [{"full": "partial", "partial": "full"}.get(badge, badge) for badge in row["badges"]]
        lines.append(f"- {row['label']} {' '.join(SIGNS[badge] for badge in badges)}")
    return page(*lines)


PIECES = {
    "quotes": ">",
    "quotes, line by line": "> " * 200 + "x\n",
    "brackets": "[",
    "closing brackets": "]",
    "links": "[a](",
    "images": "![a](b) ",
    "emphasis": "*a **a ",
    "underscores": "_a __",
    "signs": "<",
    "entities": "&#x26;",
    "comments": "<!--",
    "tags": "<a b='c'>",
    "items": "- ",
    "items, line by line": "- XCP-ng 8.3 ✅\n",
    "numbers": "1. a\n",
    "headings": "# a\n",
    "fences": "```\n",
    "setext": "a\n=\n",
    "one line": "XCP-ng 8.3 ✅ ",
    "badges": "✅",
    "pipes": "|",
    "pipes, line by line": "|-|-|\n",
    "backslashes": "\\",
    "empty lines": "\n",
    "tabs": "\t",
}
