"""`advisory ID`: what a hole is, who has the fix, and what of a fleet has it."""

import re
from collections.abc import Iterable, Sequence

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import Advisory, AffectedProduct, AffectedRelease
from bot.catalogue import say, say_counted
from bot.chat.advisory_ids import ids_in, undated, without_ids
from bot.chat.command import Invocation, Ports, Right, Watched
from bot.chat.commands import ADVISORIES, CHECK
from bot.chat.exposure import Exposure, exposure_of
from bot.chat.lookup import not_used, read
from bot.chat.patch_wording import (
    KINDS,
    SEVERITIES,
    advisories_context,
    advisories_data,
    exploited,
    fix_in_words,
    release_name,
)
from bot.chat.reply import (
    GAP,
    Ask,
    Block,
    Bullets,
    Link,
    Paragraph,
    Reply,
    RichText,
    Share,
    Strong,
    full_stop,
    headline,
    labelled,
    line,
    say_line,
)
from bot.chat.wording import day_in_words, joined, nearest, with_more
from bot.text import near, plain, shown

_TALK = frozenset(["affect", "affects", "exploited", "hole", "patched", "vulnerable"])
"""Words of a question about an advisory, such as "are we vulnerable to XSA-517", which its reply answers."""
_PLACES = frozenset(["lab", "labs", "live", "prod", "production", "stage", "staging", "test", "testing", "tests"])
"""Words that a look-up need not use, as a release is the same everywhere. An advisory's hosts are not."""


def run(ports: Ports, asked: Invocation) -> Reply:
    """The advisories of an id or several, with the hosts of who may see the fleet; or that the data have none.

    Without words it is all of them.
    """
    if not asked.words.strip():
        return ADVISORIES.run(ports, asked._replace(command=ADVISORIES))
    known = ports.patch_levels().advisories
    fleet = ports.watched if Right.FLEET in asked.rights else None
    names, unused, asked = _asked_for(ports, asked, fleet)
    found = list(dict.fromkeys(advisory for name in names for advisory in _named(known, name)))
    if not found:
        return _unknown(ports, asked, known, names, unused)
    missing = [shown(name) for name in names if not _named(known, name)]
    exposure = exposure_of(ports, fleet, found, known, asked.day) if fleet else Exposure()
    here = tuple(exposure.blocks(fleet)) if fleet else ()
    if len(found) == 1:
        first, blocks = _first_line(found[0]), [*_body(found[0], here)]
    else:
        count = say_counted(len(found), "{count} advisory", "{count} advisories")
        first = headline(Strong(", ".join(map(shown, names))), count)
        items = (line(*_first_line(each), GAP, day_in_words(each.published)) for each in found)
        blocks = [*here, Bullets(tuple(items), say("What they are"))]
    if missing:
        day = day_in_words(known.day)
        not_there = say_line("Not in the advisories of {day}: {names}.", day=day, names=", ".join(missing))
        blocks.append(Paragraph((not_there,)))
    data = advisories_data(asked, known, "unknown_advisory" if missing else "assessed", found, unused)
    asks = [Ask(each.known_as, f"advisory {each.known_as}") for each in found[:2]] if len(found) > 1 else []
    return Reply(
        kind="advisory",
        headline=(*first, *(span for mark in exposure.verdict() for span in (GAP, mark))),
        blocks=tuple(blocks),
        buttons=(*asks, Ask(say("All advisories"), ADVISORIES.name), Share(f"advisory {', '.join(names)}")),
        context=(*not_used(unused), advisories_context(known, (judgement for _, judgement in exposure.hosts))),
        data=data | exposure.data() if fleet else data,
        exit_status=3 if missing else 0,
        depends_on_rights=not fleet,
        advisories_of=known.day,
        vulnerable=exposure.is_vulnerable if fleet else None,
    )


def _asked_for(ports: Ports, asked: Invocation, fleet: Watched | None) -> tuple[list[str], tuple[str, ...], Invocation]:
    """The ids that are asked about, what stands beside them, and the request with its day.

    What stands there narrows nothing, so it is named as not used: an advisory is told as it is known today.
    """
    names = ids_in(asked.words)
    if not names:
        return [plain(asked.words)], (), asked
    beside, days = undated(without_ids(asked.words))
    beside, places = _without_places(beside, fleet)
    query, _ = read(ports, asked._replace(words=beside))
    others = (word for word in query.unused if word.casefold() not in _TALK)
    unused = (*(part.text for part in query.parts), *places, *others, *days)
    return names, unused, asked._replace(day=read(ports, asked)[1])


def _without_places(words: str, watched: Watched | None) -> tuple[str, tuple[str, ...]]:
    """Words without those that tell hosts apart, which are courtesy elsewhere, or read as something else, and those.

    Names of a fleet are among them for those alone who may see it.
    """
    names = set(_PLACES)
    if watched and words.strip():  # an id alone has nothing beside it for which all hosts would be read
        names.update(name.casefold() for source in watched.sources for name in (source.name, *source.tags))
        names.update(each.casefold() for host in watched.store.hosts() for each in (host.host.name, host.pool.name))
    found: list[str] = []

    def taken(word: re.Match[str]) -> str:
        if word[0].casefold() not in names:
            return word[0]
        found.append(word[0])
        return " " * len(word[0])

    return re.sub(r"[^\s,;:?!\"'()]+", taken, words), tuple(dict.fromkeys(found))


def _named(known: Advisories, name: str) -> tuple[Advisory, ...]:
    """Those of an id; of a hotfix, those that it holds the fix of, first or not."""
    if found := known.find(name):
        return found
    hotfix = known.hotfix(name)
    if hotfix is None:
        return ()
    return tuple(each for each in known.every if any(hotfix.name in affected.hotfixes for affected in each.affects))


def _unknown(ports: Ports, asked: Invocation, known: Advisories, names: Sequence[str], unused: Sequence[str]) -> Reply:
    """That the data have no such advisory. The name of a hotfix still says which release it is of."""
    if names[0].casefold().startswith("xs") and ports.reader.read(asked.words).releases:
        return CHECK.run(ports, asked._replace(command=CHECK))
    every = dict.fromkeys(name for advisory in known.every for name in advisory.ids)
    close = near(names[0], every)
    asked_for, day = Strong(", ".join(shown(name) for name in names)), day_in_words(known.day)
    not_there = say_line("{names} is not in the advisories of {day}.", names=asked_for, day=day)
    why = say_line("It may be newer than they are, so your hosts may have the hole all the same.")
    asks = (Ask(each, f"advisory {each}") for each in close[:2])
    return Reply(
        kind="unknown_advisory",
        headline=line(*not_there, nearest(close)),
        blocks=(Paragraph((why,)),),
        buttons=(*asks, Ask(say("All advisories"), ADVISORIES.name)),
        context=(*not_used(unused), advisories_context(known)),
        data=advisories_data(asked, known, "unknown_advisory", (), unused),
        exit_status=3,
        advisories_of=known.day,
    )


def _first_line(advisory: Advisory) -> RichText:
    name = advisory.known_as
    others = [each for each in advisory.ids if each not in (name, advisory.id)]  # that one is the data's own then
    names = line(Strong(name), f" ({with_more(others, 2)})") if others else line(Strong(name))
    return (*names, GAP, *line(say(KINDS[advisory.kinds[0]])), *exploited(advisory))


def _body(advisory: Advisory, here: tuple[Block, ...]) -> Iterable[Block]:
    """What it is, then what of one's own has it, then all that is known of it."""
    sentences = [full_stop(advisory.title)]
    if advisory.attacker:
        sentences.append(say("By {attacker}.", attacker=advisory.attacker))
    sentences.append(say("Severity: {severity}.", severity=say(SEVERITIES[advisory.severity])))
    sentences.append(say("Published on {day}.", day=day_in_words(advisory.published)))
    yield Paragraph((line(" ".join(sentences)),))
    yield from here
    alike: dict[str, list[str]] = {}
    for each in advisory.affects:
        if each.affected is not False:
            alike.setdefault(_where_fixed(each), []).append(release_name(each))
    if alike:
        items = tuple(line(Strong(joined(names)), f": {fixed}") for fixed, names in alike.items())
        yield Bullets(items, say("Affected"))
    if unaffected := [release_name(each) for each in advisory.affects if each.affected is False]:
        yield Paragraph((labelled(say("Not affected:"), f"{', '.join(unaffected)}."),))
    if advisory.needs_microcode:
        yield Paragraph((say_line("New microcode is needed, too, and no field of a host shows that."),))
    if advisory.mitigation:
        yield Paragraph((labelled(say("What helps:"), full_stop(advisory.mitigation)),))
    yield Bullets(tuple(line(Link(s.title, s.url) if s.url else s.title) for s in advisory.sources), say("Sources"))


def _where_fixed(affected: AffectedRelease) -> str:
    """What has the fix for a release, by what it cannot be told, and on what condition it is needed."""
    levels = affected.levels
    if affected.never_fixed:
        clauses = [say("no fix, support ended before")]
    elif fix := fix_in_words(affected):
        clauses = [say("fixed from {fix}", fix=fix)]
    else:
        clauses = []
        if levels and levels.vulnerable_up_to:
            clauses.append(say("xo-server {version} and older have the hole", version=levels.vulnerable_up_to))
        if affected.product is AffectedProduct.XEN_ORCHESTRA:
            clauses.append(say("no release with the fix is known to the data"))
        else:
            clauses.append(say("no build with the fix is known to the data"))
    if levels and levels.cannot_tell:
        clauses.append(say("{levels} may have it or not", levels=joined(levels.cannot_tell)))
    if affected.condition:
        clauses.append(affected.condition)
    if not affected.affected:
        clauses.append(say("whether it is affected is not known"))
    return "; ".join(clauses)
