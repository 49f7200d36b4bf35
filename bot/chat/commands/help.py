"""`help [COMMAND]`: only what the asker may run, with examples."""

from bot.chat.command import CommandSpec, Invocation, Ports
from bot.chat.commands import COMMANDS
from bot.chat.reply import Ask, Bullets, Code, Paragraph, Plain, Reply, RichText, Strong, Typed, line
from bot.errors import UsageError
from bot.query.text import near, shown

_QUESTION = "is this host fine with Xen Orchestra, and for how long?"


def run(_: Ports, asked: Invocation) -> Reply:
    """All commands that the asker may run, or one of them in full."""
    allowed = [spec for spec in COMMANDS.values() if spec.right in asked.rights]
    name = asked.words.strip().casefold()
    if not name:
        return _all(allowed)
    spec = next((spec for spec in allowed if spec.name == name), None)
    if spec is None:
        close = near(name, (spec.name for spec in allowed))
        raise UsageError(f'There is no command "{shown(name)}". {_hint(close)}')
    return _one(spec)


def _hint(close: list[str]) -> str:
    return f"Near: {', '.join(close)}." if close else "Type help for all of them."


def _all(allowed: list[CommandSpec]) -> Reply:
    items = tuple(_line(spec) for spec in allowed)
    more = line(Typed("help COMMAND"), " has more of each.")
    first = line(Strong("xocompat"), f" answers: {_QUESTION}")
    buttons = (Ask("XenServer 7.2", "XenServer 7.2"), Ask("Whole list", "list"))
    data = {"commands": [{"name": s.name, "takes": s.takes, "about": s.about} for s in allowed]}
    return Reply("help", first, (Bullets(items), Paragraph((more,))), buttons, data=data)


def _line(spec: CommandSpec) -> RichText:
    typed = spec.examples[0][0] if spec.name == "check" else f"{spec.name} {spec.takes}".strip()
    return (Typed(typed), Plain(f"  {spec.about}"))


def _one(spec: CommandSpec) -> Reply:
    examples = tuple(line(Typed(typed), f"  {what}") for typed, what in spec.examples)
    details = (Paragraph((line(spec.details),)),) if spec.details else ()
    data = {"name": spec.name, "takes": spec.takes, "about": spec.about, "examples": [e for e, _ in spec.examples]}
    first = line(Code(f"{spec.name} {spec.takes}".strip()), f"  {spec.about}")
    return Reply("help_command", first, (*details, Bullets(examples, "For example")), data=data)
