"""`help [COMMAND]`: only what the asker may run, with examples."""

import re

from bot.catalogue import say
from bot.chat.command import CommandSpec, Invocation, OperatorCommand, Ports
from bot.chat.commands import CHECK, COMMANDS, GROUPS
from bot.chat.commands.questions import COURTESY
from bot.chat.lookup import whole_list
from bot.chat.reply import Ask, Bullets, Code, Paragraph, Reply, Strong, Typed, line, say_line, with_code
from bot.chat.slips import mistyped
from bot.chat.wording import nearest
from bot.errors import UnknownError
from bot.text import near, shown

_TALK = COURTESY | {"with", "on", "for", "about", "to", "use", "command"}
_SENTENCE = re.compile(r"[.:] | \(")


def run(ports: Ports, asked: Invocation) -> Reply:
    """All commands that the asker may run, or one of them in full; in a shell the operator's own, too."""
    allowed = [spec for spec in COMMANDS.values() if spec.right in asked.rights]
    name = " ".join(word for word in re.split(r"[\s?!.,;:]+", asked.words.casefold()) if word and word not in _TALK)
    if not name:
        return _all(allowed, ports.operators)
    if operator := next((command for command in ports.operators if command.name == name), None):
        return _of_operator(operator)
    spec = next((spec for spec in allowed if spec.name == name), None)
    if spec is None:
        names = [*(spec.name for spec in allowed), *(command.name for command in ports.operators)]
        likely = mistyped(name, names) or near(name, names)
        close = nearest(likely) or f" {say('Type help for all of them.')}"
        unknown = say('There is no command "{name}".', name=shown(name))
        data = {"query": name, "outcome": "unknown_command", "suggestions": likely}
        raise UnknownError(f"{unknown}{close}", data)
    about = say(spec.about)
    details = (Paragraph((with_code(say(spec.details)),)),) if spec.details else ()
    examples = tuple(line(Typed(typed), f"  {say(what)}") for typed, what in spec.examples)
    return Reply(
        kind="help_command",
        headline=line(Code(f"{spec.name} {spec.takes}".strip()), f"  {about}"),
        blocks=(*details, Bullets(examples, say("For example"))),
        data={
            "name": spec.name,
            "takes": spec.takes,
            "about": about,
            "examples": [typed for typed, _ in spec.examples],
        },
    )


def _of_operator(command: OperatorCommand) -> Reply:
    options = tuple(line(Code(option), f"  {what}") for option, what in command.options)
    return Reply(
        kind="help_command",
        headline=line(Code(f"{command.name} {command.takes}".strip()), f"  {command.about}"),
        blocks=(Bullets(options, say("Options")),) if options else (),
        data={"name": command.name, "takes": command.takes, "about": command.about, "examples": []},
    )


def _all(allowed: list[CommandSpec], operators: tuple[OperatorCommand, ...]) -> Reply:
    """Each command in a line; a look-up with an example, as its name need not be typed."""
    groups = []
    for title, specs in GROUPS.items():
        items = []
        for spec in specs:
            typed = spec.examples[0][0] if spec is CHECK else f"{spec.name} {spec.takes}".strip()
            if spec in allowed:
                items.append(line(Typed(typed, is_synopsis=spec is not CHECK), f"  {say(spec.about)}"))
        if items:
            groups.append(Bullets(tuple(items), say(title)))
    own = tuple(line(Typed(each.name), f"  {_SENTENCE.split(each.about)[0]}") for each in operators)
    if own:
        groups.append(Bullets(own, say("The operator's own, in a shell alone")))
    more = say_line("{command} has more of each.", command=Typed("help COMMAND"))
    return Reply(
        kind="help",
        headline=say_line(
            "{bot} answers: is this host fine with Xen Orchestra, and for how long?", bot=Strong("xocompat")
        ),
        blocks=(*groups, Paragraph((more,))),
        buttons=(Ask("XenServer 7.2", "XenServer 7.2"), whole_list()),
        data={"commands": [{"name": s.name, "takes": s.takes, "about": say(s.about)} for s in allowed]},
    )
