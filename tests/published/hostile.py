"""Pages that are made to take time and memory, of many kinds, and a process that syncs each of them.

`python -m tests.published.hostile SEED FOLDER` prints a line of JSON for each: kind, problems, and the most memory that
its process took (`ru_maxrss`, in kB).
"""

import json
import os
import random
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.app.published import sync
from bot.settings import load_settings
from tests.published.texts import page

SIZE = 2 * 2**20

Maker = Callable[[random.Random], str]


def _again(piece: str) -> Maker:
    return lambda _: piece * (SIZE // len(piece.encode()))


def _table(columns: int, rows: int) -> str:
    """Rows that have one cell each, and are given as many as the head has."""
    return f"|{'a|' * columns}\n|{'-|' * columns}\n" + "|a\n" * rows + "\n"


def _tables(draw: random.Random) -> str:
    columns = draw.randrange(20, 1_900)
    one = _table(columns, draw.randrange(100, 2_000))
    return one * (SIZE // len(one))


def _signs(draw: random.Random) -> str:
    """Lines of whatever means something in Markdown."""
    signs = "[]()*_`<>&!|#~:-+=\\{}\"' a1.,;\t"
    length = draw.randrange(1, 4_000)
    line = "".join(draw.choices(signs, k=length))
    return f"{line}\n" * (SIZE // (length + 1))


def _bullets(draw: random.Random) -> str:
    """Long bullets, each full of a sign that may begin something."""
    sign = draw.choice(["[", "*a _b ", "**", "`", "``` ` ", "[a](b ", "![", "<a ", "&amp;", "\\[", "a_", "😀[", "|"])
    one = f"- {sign * (3_900 // len(sign))}\n"
    return one * (SIZE // len(one.encode()))


KINDS: dict[str, Maker] = {
    "a table of one column": _again("| a | b |\n"),
    "a wide table": lambda draw: _table(draw.randrange(500, 1_900), 2_900),
    "wide tables": _tables,
    "wide tables without bars": lambda _: f"|{'a|' * 900}\n|{'-|' * 900}\n" + "a\n" * 15_000,
    "a table in a quote": lambda _: "\n".join(f"> {line}" for line in _table(900, 2_000).split("\n")),
    "signs": _signs,
    "other signs": _signs,
    "more signs": _signs,
    "bullets": _bullets,
    "other bullets": _bullets,
    "more bullets": _bullets,
    "one line": _again("lorem ipsum "),
    "one line of wide characters": _again("lorem 😀 ipsum, "),
    "one line of labels": _again("XCP-ng 8.3 ✅ 😀 "),
    "paragraphs": _again("lorem ipsum\n\n"),
    "lines": _again("a\n"),
    "empty lines": _again("\n"),
    "carriage returns": _again("\r"),
    "brackets": _again("["),
    "nested links": _again("[a]("),
    "stars": _again("*a_"),
    "backticks": lambda _: " ".join("`" * count for count in range(1, 2_000)),
    "quotes": _again("> "),
    "lines of quotes": _again(f"{'> ' * 700}a\n"),
    "nested bullets": lambda _: "\n".join("  " * level + "- a" for level in range(1_400)),
    "nested bullets in a line": _again(f"{'- ' * 1_000}a\n"),
    "entities": _again("&amp;"),
    "entities with a number": _again("&#128512;"),
    "definitions": lambda _: "".join(f"[a{number}]: http://b{number}.c\n" for number in range(90_000)),
    "definitions and uses": lambda _: "[a]: b\n\n" + "- [a][a] [a] [a]\n" * 100_000,
    "headings": _again("a\n===\n"),
    "elements": _again("<a>\n\n"),
    "autolinks": _again("<http://a.b> "),
    "comments": _again("<!-- a -->"),
    "a comment that never ends": lambda _: "<!-- " + "a " * 1_000_000,
    "fences": _again("```\na\n```\n"),
    "code": _again("    code\n\n"),
    "admonitions": _again(":::tip\n"),
    "arrays": lambda _: f"export const a = [{'[],' * 690_000}];\n",
    "objects": lambda _: f"export const a = [{'{a:{}},' * 280_000}];\n",
    "keys": lambda _: f"export const a = [{{{','.join(f'a{number}:1' for number in range(200_000))}}}];\n",
    "numbers": lambda _: f"export const a = [{'1,' * 1_000_000}];\n",
    "components": _again("<T rows={[{v: 'XCP-ng 8.1', s: '✅'}]} />\n"),
    "damaged signs": _again("â˜ ï¸ "),
    "other line ends": _again("a\u2028"),
}


def hostile(seed: int) -> Iterator[tuple[str, bytes]]:
    """Each kind with a page of it, which begins as a good one does."""
    draw = random.Random(seed)
    for kind, make in KINDS.items():
        yield kind, (page() + b"\n" + make(draw).encode())[:SIZE].decode(errors="ignore").encode()


def main(seed: int, folder: Path) -> None:
    """Sync a good page, then each of the others, in a process of its own each."""
    source, config, database = folder / "list.md", folder / "xocompat.yaml", folder / "bot.db"
    config.write_text(f"database: sqlite:///{database}\nlist: {{url: {source}}}\n")
    settings = load_settings(config, {}, folder)
    for kind, body in (("good", page()), *hostile(seed)):
        source.write_bytes(body)
        database.unlink(missing_ok=True)
        if not (child := os.fork()):
            diff = sync(settings, None, force=kind == "good").page
            problems = [problem.message for problem in diff.problems]
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            sys.stdout.write(
                f"{json.dumps({'kind': kind, 'problems': problems, 'accepted': diff.accepted, 'peak': peak})}\n"
            )
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
