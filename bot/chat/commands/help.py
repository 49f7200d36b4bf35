"""`help [COMMAND]`: only what the asker may run, with examples."""

from bot.chat.command import CommandSpec, Invocation, Ports
from bot.chat.commands import COMMANDS
from bot.chat.reply import Ask, Bullets, Code, Paragraph, Reply, Strong, Typed, line
from bot.chat.wording import nearest
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
        close = nearest(near(name, (spec.name for spec in allowed))) or " Type help for all of them."
        raise UsageError(f'There is no command "{shown(name)}".{close}')
    details = (Paragraph((line(spec.details),)),) if spec.details else ()
    examples = tuple(line(Typed(typed), f"  {what}") for typed, what in spec.examples)
    return Reply(
        kind="help_command",
        headline=line(Code(f"{spec.name} {spec.takes}".strip()), f"  {spec.about}"),
        blocks=(*details, Bullets(examples, "For example")),
        data={
            "name": spec.name,
            "takes": spec.takes,
            "about": spec.about,
            "examples": [typed for typed, _ in spec.examples],
        },
    )


def _all(allowed: list[CommandSpec]) -> Reply:
    """Each command in a line; a look-up with an example, as its name need not be typed."""
    items = []
    for spec in allowed:
        typed = spec.examples[0][0] if spec.name == "check" else f"{spec.name} {spec.takes}".strip()
        items.append(line(Typed(typed), f"  {spec.about}"))
    more = line(Typed("help COMMAND"), " has more of each.")
    return Reply(
        kind="help",
        headline=line(Strong("xocompat"), f" answers: {_QUESTION}"),
        blocks=(Bullets(tuple(items)), Paragraph((more,))),
        buttons=(Ask("XenServer 7.2", "XenServer 7.2"), Ask("Whole list", "list")),
        data={"commands": [{"name": s.name, "takes": s.takes, "about": s.about} for s in allowed]},
    )
