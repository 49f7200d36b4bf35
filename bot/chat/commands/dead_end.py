"""What is done about words in which a look-up finds nothing: a question of ours, a thing of ours, a mistyped command.

If they are none of these, the nearest things there are to ask.
"""

import re
from datetime import date

from bot.catalogue import say
from bot.chat.advisory_ids import ids_in
from bot.chat.command import CommandSpec, Invocation, Ports, Right
from bot.chat.commands import ADVISORY, COMMANDS, FLEET, HELP, ISSUES, TIMELINE
from bot.chat.commands.questions import NEWEST, OVERVIEW, question_in
from bot.chat.data import query_data
from bot.chat.lookup import names_product_alone, unknown_reply, whole_list
from bot.chat.reply import Ask, Button, Reply, Share, Strong, say_line
from bot.chat.slips import mistyped
from bot.chat.wording import capitalized, either, joined
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.query.query import Outcome, Query
from bot.text import plain, shown

COMMAND_WORDS_MAX = 8
"""Of a longer sentence that names a release the first word is no mistyped command."""

LABEL_MAX = 30
BUTTONS_MAX = 3

_OF_RELEASES = re.compile("RELEASE|WORDS")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def likely_commands(ports: Ports, words: str, query: Query) -> list[str]:
    """The commands that the first word may have been meant for; none if it means something by itself."""
    first, *rest = words.split(maxsplit=1) or [""]
    if query.releases:
        used = any(part.releases and part.text.casefold().startswith(first.casefold()) for part in query.parts)
        if used or len(words.split()) > COMMAND_WORDS_MAX or not rest:
            return []
    names = mistyped(first, (*COMMANDS, *(command.name for command in ports.operators)))
    if query.releases:
        names = [name for name in names if name in COMMANDS and _OF_RELEASES.search(COMMANDS[name].takes)]
    if not names:
        return []
    alone = ports.reader.read(first)
    is_unknown = alone.outcome is Outcome.UNKNOWN_PRODUCT and bool(alone.parts or alone.unused)
    return names if is_unknown else []


def answered_otherwise(ports: Ports, asked: Invocation, query: Query, day: date, likely: list[str]) -> Reply | None:
    """The answer to words that are no question about a release; None where they are one, or nothing that is known.

    `likely` are the commands that the first word may have been meant for.
    """
    if not query.releases and names_issue(ports.matrix, asked.words):
        return ISSUES.run(ports, asked._replace(command=ISSUES))
    if not query.releases and ids_in(asked.words):  # "is XSA-517 fixed?"
        return ADVISORY.run(ports, asked._replace(command=ADVISORY))
    is_uuid = _UUID.fullmatch(asked.words.strip()) is not None
    if is_uuid or not query.releases:
        put = question_in(asked.words)
        if put and put.question is NEWEST and (newest := _newest(ports, asked, day, put.named)):
            return newest
        if put and put.question is OVERVIEW:
            return _overview(ports, asked, day)
        if Right.FLEET in asked.rights and not names_product_alone(query):
            from bot.chat.commands.named import named_reply  # a look-up starts without the fleet

            if found := named_reply(ports, asked, day):
                return found
    if is_uuid:  # its digits are no releases
        nothing = Query(())
        data = query_data(asked.words, day, nothing, ())
        reply = dead_end(ports, nothing, day)
        return reply._replace(data=data, exit_status=3, assessed=(), depends_on_rights=True)
    return _unknown_command(ports, asked, query, day, likely)


def names_issue(matrix: Matrix, words: str) -> bool:
    """Whether words are the id of a known issue, or an error code that one has."""
    named = plain(words).casefold().replace(" ", "_")
    return any(named in (issue.id.casefold(), *map(str.casefold, issue.errors)) for issue in matrix.issues)


def dead_end(ports: Ports, query: Query, day: date) -> Reply:
    """The reply to words of which nothing is known, with the likeliest things to ask in their place."""
    reply, whole = unknown_reply(ports.matrix, query, day), whole_list()
    if not query.parts:
        return reply._replace(buttons=(Ask(say("What ends next"), TIMELINE.name), whole, _help()))
    named = [button for button in reply.buttons if button != whole]
    newest = [release.name(day) for product in Product for release in _best(ports.matrix, product, day)]
    more: list[Button] = [Ask(name, name) for name in newest]
    buttons = list(dict.fromkeys([*named, *more]))[: BUTTONS_MAX - 1]
    return reply._replace(buttons=(*buttons, whole))


def _best(matrix: Matrix, product: Product, day: date) -> tuple[Release, ...]:
    """The newest release of a product that is supported on a day, if any is."""
    return matrix.supported(product, day)[:1]


def _newest(ports: Ports, asked: Invocation, day: date, named: tuple[str, ...]) -> Reply | None:
    """The verdict on the newest supported release of the products that are named, of each if none is."""
    products: tuple[Product | None, ...] = tuple(Product)
    if named:
        query = ports.reader.read(named[0])
        if not names_product_alone(query):
            return None
        products = tuple(dict.fromkeys(part.product for part in query.parts))
    found = [release for product in products if product for release in _best(ports.matrix, product, day)]
    if not found:
        return None
    words = ", ".join(release.base_name for release in found)
    reply = asked.command.run(ports, asked._replace(words=words, day=day))
    buttons = tuple(b._replace(words=asked.words) if isinstance(b, Share) else b for b in reply.buttons)
    reply = reply._replace(data={**(reply.data or {}), "query": asked.words}, buttons=buttons)
    if len(found) == 1:
        return reply
    names = joined([release.name(day) for release in found])
    return reply._replace(headline=say_line("The newest with security updates: {releases}", releases=Strong(names)))


def _overview(ports: Ports, asked: Invocation, day: date) -> Reply:
    """The fleet, if there is one and the asker may see it; else what there is to ask."""
    may_see = Right.FLEET in asked.rights and ports.watched and ports.watched.sources
    command = FLEET if may_see else HELP
    reply = command.run(ports, asked._replace(command=command, words="", day=day))
    return reply._replace(depends_on_rights=True)


def _unknown_command(ports: Ports, asked: Invocation, query: Query, day: date, likely: list[str]) -> Reply | None:
    """Which commands may have been meant, of those that the asker may run; None if it is none of these."""
    operators = {command.name for command in ports.operators}
    names = [name for name in likely if name in operators or COMMANDS[name].right in asked.rights]
    if not names:
        return None
    first, *others = asked.words.split(maxsplit=1)
    rest = shown(others[0], 200) if others else ""
    meant = either([f"{name} {rest}".strip() for name in names])
    data = query_data(asked.words, day, query, ())
    data |= {"outcome": Outcome.UNKNOWN_COMMAND.value, "suggestions": names}
    buttons = [_button(COMMANDS.get(name), name, rest) for name in names if name != HELP.name or rest]
    return Reply(
        kind=Outcome.UNKNOWN_COMMAND,
        headline=say_line(
            'I know no command "{word}". Did you mean {meant}?', word=shown(first), meant=Strong(shown(meant, 120))
        ),
        buttons=(*buttons, _help()),
        data=data,
        exit_status=3,
        assessed=(),
        depends_on_rights=True,
    )


def _help() -> Ask:
    return Ask(say("Help"), HELP.name)


def _button(spec: CommandSpec | None, name: str, rest: str) -> Ask:
    """Runs the command with the words that were typed; one that lacks words is explained."""
    if not rest and spec and spec.takes and not spec.takes.startswith("["):
        return Ask(say("How to {command}", command=name), f"help {name}")
    words = f"{name} {rest}".strip()
    return Ask(capitalized(words if len(words) <= LABEL_MAX else name), words)
