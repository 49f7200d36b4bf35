"""Every sentence that chat says is a message of the catalogue, and a translation needs no change of a command."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.catalogue import pieces
from bot.chat.reply import Code, Plain, Strong, say_line
from tests.messages import FILES, POT, ROOT, SAYING, as_pot, gathered, said_in

SAYS = (
    "bot/chat/",
    "bot/days.py",
    "bot/fleet/",
    "bot/mattermost/callbacks.py",
    "bot/mattermost/dialogs.py",
    "bot/slack/actions.py",
    "bot/slack/listeners.py",
    "bot/slack/modals.py",
    "bot/xapi/errors.py",
    "bot/xo/errors.py",
)
"""What says something in chat."""

OTHERWISE = re.compile(r"[\\^|<>=]|\(\?|^ ?[\W\d_]*$|^[a-z_]+$")
"""Text that is none: patterns, signs, a single word in small letters (keys, kinds, names of commands)."""

UNSAID = {
    "Act": 1,
    "Ask": 1,
    "Code": 0,
    "Find": 0,
    "Menu": 1,
    "MenuEntry": 1,
    "Pick": 0,
    "Share": 0,
    "Typed": 0,
    "ValueError": 0,
    "_log_undelivered": 1,
    "compile": 0,
    "import_module": 0,
    "request_of": 0,
}
"""Calls with a text that nobody translates, and which of their arguments that is: words to type, names, patterns."""

LOGGING = {"debug", "error", "info", "warning"}
"""Calls of which nobody in a chat reads anything."""

WORDS_TO_TYPE = {
    ", where: {}",
    "- {who: {}{}, may: [{}]}",
    "access: {lookup: everyone}",
    "ack 17",
    "ack 17 planned 2028-12-01",
    "snooze 17 7d",
    "xapi built on",
}
"""Texts that are no speech, where no call says so: examples to type, names for the log."""


def says_something(text: str) -> bool:
    is_speech = " " in text.strip() and re.search(r"[a-z]{2}", text) and not OTHERWISE.search(text)
    return bool(is_speech) and text not in WORDS_TO_TYPE


def unmarked(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Sentences that are no message: texts with a blank between words, and texts with values between words."""
    skipped: set[int] = set()
    for node in ast.walk(tree):  # parents come before their children
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in UNSAID:
                skipped.update(map(id, (each for arg in node.args[UNSAID[name] :][:1] for each in ast.walk(arg))))
            if name in LOGGING:
                skipped.update(map(id, ast.walk(node)))
            if name in SAYING:
                skipped.update(id(arg) for arg in node.args if isinstance(arg, ast.Constant))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))  # a docstring
        elif isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values if isinstance(part, ast.Constant))
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            if says_something(text):
                yield node.lineno, text
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and says_something(node.value):
            yield node.lineno, node.value


SPEAKING = [file for file in FILES if file.relative_to(ROOT).as_posix().startswith(SAYS)]


@pytest.mark.parametrize("file", SPEAKING, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_what_is_said_is_a_message(file: Path) -> None:
    assert [f"{file}:{line}: {text}" for line, text in unmarked(ast.parse(file.read_text()))] == []


def test_a_message_is_said_with_its_values() -> None:
    for file, said in ((each, said) for each in FILES for said in said_in(each)):
        named = {name for form in said.forms for _, name in pieces(form)} - {None}
        given = {keyword.arg for keyword in said.call.keywords}
        where = f"{file}:{said.call.lineno}: {said.forms[0]}"
        if said.function.endswith("counted"):
            given.add("count")
            assert len(said.forms) == 2, where
            assert named >= {"count"}, f"{where}: a message with a count names it"
        if None not in given and not said.function.startswith("message"):
            assert named | {"count"} == given | {"count"}, where


def test_a_message_stands_as_a_whole_in_the_code() -> None:
    nodes = [(file, node) for file in FILES for node in ast.walk(ast.parse(file.read_text()))]
    for file, call in [(file, node) for file, node in nodes if isinstance(node, ast.Call)]:
        places = SAYING.get(call.func.id, ()) if isinstance(call.func, ast.Name) else ()
        made = [call.args[place] for place in places if place < len(call.args)]
        is_joined = [isinstance(text, ast.JoinedStr | ast.BinOp | ast.IfExp | ast.BoolOp) for text in made]
        assert not any(is_joined), f"{file}:{call.lineno}: nobody could gather this message"


def test_the_list_of_messages_is_that_of_the_code() -> None:
    assert POT.read_text() == as_pot(gathered()), "write it anew: python -m tests.messages"


def test_code_ends_where_it_ends() -> None:
    assert say_line(
        "Type `access {right}`. {whom} may: `help`, {what}.", right="fleet", whom=Strong("Ann"), what="x"
    ) == (
        Plain("Type "),
        Code("access fleet"),
        Plain(". "),
        Strong("Ann"),
        Plain(" may: "),
        Code("help"),
        Plain(", "),
        Plain("x"),
        Plain("."),
    )
