"""Which command the words mean: the first word if it is one, a question that means one, else a look-up."""

from bot.chat.command import CommandSpec
from bot.chat.commands import ADVISORY, CHECK, COMMANDS, HELP

_BEHIND = "?!.,;:"
_ADVISORIES = ("xsa-", "cve-", "vsa-", "ghsa-", "xsa ", "cve ", "vsa ", "ctx", "xs7", "xs8")
"""How ids of advisories and names of hotfixes begin; `xs8` alone may be a release."""

_ADDRESSED = frozenset(["please", "pls", "plz", "hey", "hi", "hello", "xocompat", "/xocompat", "show", "can", "could"])
_THEN = frozenset(["you", "me", "us", "the", "our", "my", "just", "kindly", "run"])


def interpret(words: str) -> tuple[CommandSpec, str]:
    """The command and the words that are left for it. Total: any text is a look-up at least, no text asks for help."""
    first, rest = _split(words)
    spec = COMMANDS.get(first)
    if spec is None and not first.isalnum():
        from bot.text import plain  # only where chat may have dressed the word up: `list`, *help*

        first, rest = _split(plain(words))
        spec = COMMANDS.get(first) or COMMANDS.get(first.rstrip(_BEHIND).lstrip("/"))
    if spec is CHECK and rest:
        return _look_up(rest)
    if spec:
        return spec, rest
    if not first:
        return HELP, ""
    if first.rstrip(_BEHIND) in _ADDRESSED:
        named = _first_command(words)
        if named:
            return named
    return _look_up(words.strip())


def _look_up(words: str) -> tuple[CommandSpec, str]:
    """A look-up, if it is no question that means another command: a name and a number are none."""
    if words[:5].casefold().startswith(_ADVISORIES):
        from bot.chat.advisory_ids import is_id

        if is_id(words):
            return ADVISORY, words
    if words[-1:].isdecimal() and words.count(" ") <= 1:
        return CHECK, words
    from bot.chat.commands.questions import NEWEST, OVERVIEW, question_in

    asked = question_in(words)
    if asked is None or asked.question in (NEWEST, OVERVIEW):  # what these mean depends on the data and on the asker
        return CHECK, words
    return asked.question.command, asked.words


def _first_command(words: str) -> tuple[CommandSpec, str] | None:
    """The command that stands behind what one says before a request: "please list xcp-ng"."""
    first, rest = _split(words)
    while rest and first.rstrip(_BEHIND) in _ADDRESSED | _THEN:
        first, rest = _split(rest)
        if spec := COMMANDS.get(first.rstrip(_BEHIND)):
            return spec, rest
    return None


def _split(words: str) -> tuple[str, str]:
    first, *rest = words.split(maxsplit=1) or [""]
    return first.casefold(), rest[0].rstrip() if rest else ""
