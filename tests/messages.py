"""The catalogue of messages, gathered from the code: `python -m tests.messages` writes data/messages.pot.

`python -m tests.messages FILE.po` says what a translation lacks, and what of it could not be filled in.
"""

import ast
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from bot.catalogue import pieces

ROOT = Path(__file__).parents[1]
POT = ROOT / "data" / "messages.pot"
FILES = sorted((ROOT / "bot").rglob("*.py"))

SAYING = {
    "say": (0,),
    "say_line": (0,),
    "message": (0,),
    "say_about": (1,),
    "say_counted": (1, 2),
    "say_line_counted": (1, 2),
    "message_counted": (0, 1),
}
"""What says a message in bot/catalogue.py and bot/chat/reply.py, and which of its arguments are the forms."""

MARKED = {"ErrorText": (1, 2)}
"""What takes messages, each by itself, that are said later: besides `message`, which takes one."""


class Said(NamedTuple):
    """A message where it is said: its forms in English, what it is about, and the call."""

    forms: tuple[str, ...]
    context: str | None
    call: ast.Call
    function: str


def said_in(file: Path) -> Iterator[Said]:
    """The messages of a file in their order. A call whose message comes from a table has none: the table marks it."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        function = call.func.id if isinstance(call.func, ast.Name) else ""
        context = ast.literal_eval(call.args[0]) if function == "say_about" else None
        if forms := _texts(call, SAYING.get(function, ())):
            yield Said(forms, context, call, function)
        for text in _texts(call, MARKED.get(function, ())):
            yield Said((text,), None, call, function)


def _texts(call: ast.Call, places: Iterable[int]) -> tuple[str, ...]:
    found = [call.args[place] for place in places if place < len(call.args)]
    return tuple(each.value for each in found if isinstance(each, ast.Constant) and isinstance(each.value, str))


def gathered() -> Catalog:
    """Every message of the code, in the order of its files, and the words of the legend, which are in each verdict."""
    catalog = Catalog(project="xocompat", charset="utf-8")
    for file in FILES:
        for said in said_in(file):
            text = said.forms if len(said.forms) > 1 else said.forms[0]
            catalog.add(text, locations=[(file.relative_to(ROOT).as_posix(), 1)], context=said.context)
    for sign in yaml.safe_load((ROOT / "data" / "list.yaml").read_text())["legend"]:
        for text in (sign["words"], sign["meaning"]):
            catalog.add(text, locations=[("data/list.yaml", 1)])
    return catalog


def as_pot(catalog: Catalog) -> str:
    """The catalogue as a file that is the same as long as the messages are: it names no day."""
    opened = io.BytesIO()
    write_po(opened, catalog, width=120, omit_header=True, include_lineno=False)
    return _HEADER + opened.getvalue().decode()


_HEADER = """\
# What xocompat says, in English: a template for translations (docs/how-to/translate.md).
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"

"""


def mistakes(translation: Catalog, template: Catalog) -> Iterator[str]:
    """What a translation lacks, and names in it that its message does not have."""
    for each in template:
        if not each.id:
            continue
        english = _forms(each.id)
        found = translation.get(english[0], each.context)
        forms = _forms(found.string) if found and found.string else ()
        if not forms or not all(forms):
            yield f"not translated: {english[0]}"
        for unknown in _named(forms) - _named(english):
            yield f"{{{unknown}}} is not in the message: {english[0]}"


def _forms(text: str | Iterable[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _named(forms: tuple[str, ...]) -> set[str]:
    return {name for text in forms for _, name in pieces(text) if name is not None}


if __name__ == "__main__":
    if files := sys.argv[1:]:
        with Path(files[0]).open("rb") as opened:
            wrong = list(mistakes(read_po(opened), gathered()))
        sys.exit("\n".join(wrong) or 0)
    POT.write_text(as_pot(gathered()), encoding="utf-8")
