"""Which command the words mean: the first word if it is one, else a look-up."""

from bot.chat.command import CommandSpec
from bot.chat.commands import CHECK, COMMANDS, HELP


def interpret(words: str) -> tuple[CommandSpec, str]:
    """The command and the words that are left for it. Total: any text is a look-up at least, no text asks for help."""
    first, rest = _split(words)
    spec = COMMANDS.get(first)
    if spec is None and not first.isalnum():
        from bot.query.text import plain  # only where chat may have dressed the word up: `list`, *help*

        first, rest = _split(plain(words))
        spec = COMMANDS.get(first)
    if spec:
        return spec, rest
    return (CHECK, words.strip()) if first else (HELP, "")


def _split(words: str) -> tuple[str, str]:
    first, *rest = words.split(maxsplit=1) or [""]
    return first.casefold(), rest[0].rstrip() if rest else ""
