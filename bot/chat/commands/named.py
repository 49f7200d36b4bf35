"""Answers to the names of our own things: a host's, a pool's, a target's, a tag, a uuid. For who may see the fleet."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from bot.catalogue import message, say
from bot.chat.command import Invocation, Ports, Right, Watched
from bot.chat.commands import FLEET
from bot.chat.data import suggestion_name
from bot.chat.filter import NAMES_MAX, STATES, fleet_filter, take_words
from bot.chat.hosts import hosts_with_verdicts, remarks, runs_in_words
from bot.chat.reply import (
    GAP,
    Ask,
    Block,
    Button,
    Mark,
    Paragraph,
    Reply,
    RichText,
    Share,
    Span,
    Strong,
    labelled,
    line,
    say_line,
)
from bot.chat.slips import mistyped
from bot.chat.verdict import next_step, stage_mark, support_marks, why
from bot.chat.wording import moment_in_words, nearest
from bot.days import cut_day
from bot.fleet.hosts import Source, SourceKind, SourceState, WatchedHost
from bot.fleet.verdicts import HostVerdict
from bot.matrix.support import PublishedList
from bot.query.query import Outcome
from bot.text import plain, shown
from bot.xapi.observation import Failure

WORDS_MAX = 12
"""A sentence of more words is not about a host alone."""

BUTTONS_MAX = 3

ALIKE = 0.75
"""How much a name must be like one of ours to be taken for it mistyped (1.0 is the same)."""
_PRODUCTS = ("xenserver", "citrix", "hypervisor", "xcpng")
_DIGITS = "0123456789"
_LIKE_A_HOST = re.compile(r"[^\W\d_][\w-]*(?:\d|-)[\w-]*")

_AND = re.compile(r"\s*(?:,|;|\band\b|&)\s*", re.IGNORECASE)
_ASIDE = "?!.,;:\"'()"
_TALK_WORDS = """
    a about all alright an and any are at can check checked could current currently do does doing eh end ends fine for
    give go goes good has have healthy hello hey hi host hosts how i in info is it its kindly machine machines me my
    node now of ok okay on our ours please pls plz pool pools reach reaches right run running runs safe server servers
    show so state status still supported target targets tell thanks that the there this today up verdict version well
    what whats when which with you
"""
_TALK = frozenset(_TALK_WORDS.split())
"""What people say around a name: "is my host xen-11 ok?"."""


class _Part(NamedTuple):
    """The stored fleet as if it had these hosts and sources alone."""

    found: tuple[WatchedHost, ...]
    states: tuple[SourceState, ...]

    def hosts(self) -> tuple[WatchedHost, ...]:
        return self.found

    def sources(self) -> tuple[SourceState, ...]:
        return self.states


def named_reply(ports: Ports, asked: Invocation, day: date) -> Reply | None:
    """The hosts that words name, as `fleet` shows them; None where they name nothing of ours."""
    words, _ = take_words(asked.words, asked.day)
    if not words or len(words.split()) > WORDS_MAX:
        return None
    bare = _without_talk(words)
    stateless = " ".join(word for word in bare.split() if word.casefold() not in STATES)  # "is xen-11 eol?"
    named = tuple(filter(None, dict.fromkeys((words.rstrip(_ASIDE), bare, stateless))))
    if ports.watched is None:
        return next((_unseen(asked, name, day) for name in named if _is_target(ports, name)), None)
    hosts = hosts_with_verdicts(ports, ports.watched, day)
    understood = None
    for name in named:
        found = _chosen(ports, ports.watched, name, hosts)
        if found:
            return _reply(ports, asked, ports.watched, name, found, day)
        if _is_target(ports, name):
            return _unseen(asked, name, day)
        if found is not None:
            understood = understood or name
    if understood:  # known names, and no host for which all of them hold
        return FLEET.run(ports, asked._replace(command=FLEET, words=understood, day=day))
    return _near(asked, bare, hosts, ports.watched.sources, day)


def _near(
    asked: Invocation, name: str, hosts: Sequence[HostVerdict], sources: Sequence[Source], day: date
) -> Reply | None:
    """What is nearest to a name that is none of ours; None for what does not look like one of a host."""
    if not _LIKE_A_HOST.fullmatch(name) or mistyped(name.partition("-")[0], _PRODUCTS):
        return None
    from difflib import get_close_matches

    known = {each.casefold(): each for each in (*(s.name for s in sources), *(h.host.host.name for h in hosts))}
    keys, typed = [*known][:NAMES_MAX], name.casefold()
    alike = get_close_matches(typed, keys, BUTTONS_MAX, ALIKE)
    siblings = [key for key in keys if key.rstrip(_DIGITS) == typed.rstrip(_DIGITS)]
    close = [known[key] for key in dict.fromkeys((*alike, *siblings))][:BUTTONS_MAX]
    if not close:
        return None
    unknown = say('I know no host "{name}".', name=shown(name))
    return Reply(
        kind="unknown_host",
        headline=line(f"{unknown}{nearest([*map(shown, close)])}"),
        buttons=(*(Ask(shown(each), each) for each in close[: BUTTONS_MAX - 1]), Ask(say("Whole fleet"), FLEET.name)),
        data={
            "query": asked.words,
            "as_of": day.isoformat(),
            "outcome": Outcome.UNKNOWN_PRODUCT.value,
            "assessments": [],
            "suggestions": close,
        },
        exit_status=3,
        assessed=(),
    )


def _without_talk(words: str) -> str:
    """What may be names in a question."""
    kept = [word for word in words.split() if word.strip(_ASIDE).casefold() not in _TALK]
    return " ".join(kept).rstrip(_ASIDE)


def _chosen(ports: Ports, watched: Watched, words: str, hosts: Sequence[HostVerdict]) -> list[HostVerdict] | None:
    """The hosts that any of the names means; None if a part of the words names nothing.

    Releases and states alone are no names.
    """
    known: list[HostVerdict] | None = None
    for parts in ([words], [part for part in _AND.split(words) if part]):  # a pool's name may have an "and" in it
        if not all(any(word.casefold() not in STATES for word in part.split()) for part in parts):
            continue
        wanted = [fleet_filter(ports.reader, part, hosts, watched.sources) for part in parts]
        if parts and not any(each.unknown for each in wanted):
            known = known or [host for host in hosts if any(each.holds(host) for each in wanted)]
    return known


def _reply(
    ports: Ports, asked: Invocation, watched: Watched, name: str, hosts: Sequence[HostVerdict], day: date
) -> Reply:
    """A host's verdict in full; several as a fleet of their own."""
    sources = {source for each in hosts for source in each.host.sources}
    own = watched._replace(
        store=_Part(tuple(each.host for each in hosts), tuple(s for s in watched.store.sources() if s.name in sources)),
        sources=tuple(source for source in watched.sources if source.name in sources),
    )
    reply = FLEET.run(ports._replace(watched=own), asked._replace(command=FLEET, words="", day=day))
    buttons = (*_asking_anew(asked, name, hosts, own.sources), *_release(hosts), Share(asked.words))
    reply = reply._replace(buttons=buttons[:BUTTONS_MAX])
    if len(hosts) > 1:
        return reply._replace(headline=(*line(Strong(shown(name)), GAP), *reply.headline))
    (host,) = hosts
    return reply._replace(headline=_first_line(ports.matrix.published, host), blocks=tuple(_body(host, day)))


def _asking_anew(
    asked: Invocation, name: str, hosts: Sequence[HostVerdict], sources: Sequence[Source]
) -> Iterator[Button]:
    """The probe of the target that leads to the hosts of one pool; of hosts of several the sweep, which asks all.

    Of several targets the one that is named, else the one that answered last.
    """
    are_targets = {source.name for source in sources if source.kind is SourceKind.TARGET}
    leading = [source for source in hosts[0].host.sources if source in are_targets]
    leading.sort(key=lambda source: source.casefold() != name.casefold())
    is_one_pool = len({each.host.pool.uuid for each in hosts}) == 1
    if Right.PROBE in asked.rights and is_one_pool and leading:
        yield Ask(say("Probe {target}", target=leading[0]), f"probe {leading[0]}")
    elif Right.OPERATE in asked.rights:
        yield Ask(say("Sweep now"), "sweep")


def _release(hosts: Sequence[HostVerdict]) -> Iterator[Button]:
    """The release that all of them run."""
    names = {each.assessment.release.base_name if each.assessment else None for each in hosts}
    name = names.pop()
    if name and not names:
        yield Ask(name, name)


def _first_line(published: PublishedList, verdict: HostVerdict) -> RichText:
    assessment = verdict.assessment
    facts: list[Span | str] = [runs_in_words(verdict)]
    if assessment:
        facts += [*support_marks(published, assessment), stage_mark(published, assessment, since=True)]
    else:
        facts.append(Mark("❔", say("unknown version")))
    facts += remarks(verdict.host)
    if away := verdict.host.unreachable_since:
        facts.append(Mark("⚠️", say("not seen since {moment}", moment=moment_in_words(away))))
    where = f" ({shown(verdict.pool_name)})" if verdict.pool_name not in verdict.name else ""
    return line(Strong(verdict.name), where, *(piece for fact in facts for piece in (GAP, fact)))


def _body(verdict: HostVerdict, day: date) -> Iterator[Block]:
    assessment = verdict.assessment
    if assessment is None:
        names = [suggestion_name(suggestion, day) for suggestion in verdict.part.suggestions]
        unknown = say("I do not know {release}.", release=shown(verdict.part.text))
        yield Paragraph((line(f"{unknown}{nearest(names, message('Nearest: {names}.'))}"),))
        return
    yield Paragraph((why(assessment),))
    step = next_step(assessment.recommendation, assessment.release, assessment.on)
    yield Paragraph((labelled(say("Next step:"), step),))


def _is_target(ports: Ports, name: str) -> bool:
    """Whether a name is a target's that the asker may know of."""
    if ports.watched is not None:
        configured = (source.name for source in ports.watched.sources if source.kind.speaks_for_pools)
        return name.casefold() in map(str.casefold, configured)
    return bool(name and ports.fleet and not isinstance(ports.fleet.inventory.find(name), Failure))


def _unseen(asked: Invocation, name: str, day: date) -> Reply:
    """A target of which no host is stored."""
    buttons = (Ask(say("Probe {target}", target=name), f"probe {name}"),) if Right.PROBE in asked.rights else ()
    first = say_line("{target} is in the inventory, but no sweep has seen a host of it yet", target=Strong(name))
    data = {"as_of": day.isoformat(), "outcome": "assessed", "hosts": []}
    return Reply("fleet", first, buttons=buttons, data=data, assessed=())


class Leading(NamedTuple):
    """A host, and the targets that lead to it."""

    host: str
    targets: tuple[str, ...]


def leading_to(ports: Ports, asked: Invocation) -> Leading | None:
    """The targets by which a named host can be asked; None where the asker may not know, or it is no host's name."""
    watched = ports.watched
    if watched is None or Right.FLEET not in asked.rights:
        return None
    if Right.FLEET in asked.caller.scoped and asked.caller.channel is not None:
        from bot.chat.scope import scoped  # the right to probe has no bounds, that to see hosts has

        watched = scoped(ports, asked.caller.channel).watched
    if watched is None:
        return None
    name = cut_day(plain(asked.words))[0].casefold()
    configured = {source.name for source in watched.sources if source.kind.speaks_for_pools}
    for each in hosts_with_verdicts(ports, watched, asked.day):
        host = each.host.host
        if name and name in (plain(host.name).casefold(), host.uuid.casefold()):
            return Leading(each.name, tuple(source for source in each.host.sources if source in configured))
    return None
