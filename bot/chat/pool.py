"""How a pool that was asked reads: its first line, a line for each host, what to do next."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from bot.chat.commands.check import why
from bot.chat.hosts import Judged, name_of, remarks, row, runs
from bot.chat.marks import stage_mark, support_marks
from bot.chat.reply import GAP, Block, Code, Line, Mark, Paragraph, Span, Strong, Table, line
from bot.matrix.listing import PublishedList, SupportLevel
from bot.query.text import shown
from bot.xapi.observation import Observation

IN_FULL, SHOWN = 20, 64
"""More hosts than IN_FULL: the worst ones, and the others below, in the thread. More than SHOWN are counted only."""
NAMES = 5
"""So many hosts are named in a sentence."""

_COLUMNS = ("Host", "Runs", "Verdict", "")
_WORDS = {2: "two", 3: "three", 4: "four", 5: "five"}
_UNKNOWN = Mark("❓", "unknown version")


class Seen(NamedTuple):
    """A pool with its hosts' verdicts on a day, the worst first."""

    observation: Observation
    judged: Sequence[Judged]
    day: date
    published: PublishedList

    @property
    def is_lone(self) -> bool:
        """Whether it is one host: its verdict then is the reply's."""
        return len(self.judged) == 1


def first_line(seen: Seen) -> Line:
    """The verdict: of a lone host its own, of a pool how many hosts are in what state."""
    facts: tuple[Span | str, ...]
    if seen.is_lone:
        (judged,) = seen.judged
        subject = name_of(judged.host)
        facts = (runs(judged.host), *_marks(seen, judged), *remarks(judged.host))
    else:
        subject = _pool_name(seen)
        facts = tuple(_counts(seen.judged))
    target = seen.observation.target
    asked = f" (asked {target})" if target.casefold() != subject.casefold() else ""
    return line(Strong(subject), asked, *(piece for fact in facts for piece in (GAP, fact)))


def _pool_name(seen: Seen) -> str:
    """XAPI's name of the pool; one without a name is known by its coordinator."""
    if name := shown(seen.observation.pool.name):
        return f"Pool {name}"
    coordinator = next((j.host for j in seen.judged if j.host.is_coordinator), None)
    return f"Pool of {name_of(coordinator)}" if coordinator else "Pool without a name"


def _marks(seen: Seen, judged: Judged) -> tuple[Mark, ...]:
    if judged.assessment is None:
        return (_UNKNOWN,)
    return (*support_marks(seen.published, judged.assessment), stage_mark(seen.published, judged.assessment))


def _counts(judged: Sequence[Judged]) -> Iterator[Mark]:
    """What is wrong with how many hosts, or that all is well."""
    known = [j.assessment for j in judged if j.assessment]
    count, ended, unknown = len(judged), sum(j.is_eol for j in judged), len(judged) - len(known)
    unlisted = sum(a.support.level is SupportLevel.UNLISTED for a in known)
    partial = sum(a.support.level is SupportLevel.PARTIAL for a in known)
    if unlisted:
        yield Mark("❔", f"{_of(unlisted, count)} not on the list")
    if partial:
        yield Mark("❎", f"{_of(partial, count)} with partial support")
    if ended:
        yield Mark("☠️", f"{_of(ended, count)} {'gets' if ended == 1 else 'get'} no security updates")
    if unknown:
        yield Mark("❓", f"{_of(unknown, count)} of an unknown version")
    if not ended and not unknown:
        yield Mark("✅", f"{_of(count, count)} get security updates")


def _of(some: int, count: int) -> str:
    if some < count:
        return f"{some} of {count} hosts"
    return "both hosts" if count == 2 else f"all {count} hosts"


def blocks(seen: Seen) -> Iterator[Block]:
    """What stands below the first line."""
    shown_here = seen.judged[:IN_FULL]
    if not seen.is_lone:
        yield Table(_COLUMNS, tuple(map(row, shown_here)))
    elif assessment := seen.judged[0].assessment:
        yield Paragraph((why(assessment),))
    if notes := tuple(_notes(seen)):
        yield Paragraph(notes)
    if steps := tuple(_next_steps(seen)):
        yield Paragraph(steps)


def below(seen: Seen) -> Iterator[Block]:
    """The hosts that are no worse than those in full above."""
    if more := seen.judged[IN_FULL:SHOWN]:
        title = f"Hosts {IN_FULL + 1} to {IN_FULL + len(more)} of {len(seen.judged)}"
        yield Table(_COLUMNS, tuple(map(row, more)), title)


def _notes(seen: Seen) -> Iterator[Line]:
    if under := len(seen.judged[IN_FULL:SHOWN]):
        are = "hosts are" if under > 1 else "host is"
        yield line(f"These are the worst {IN_FULL}; {under} more {are} below.")
    if left := len(seen.judged[SHOWN:]):
        words = f"xocompat probe {seen.observation.target} --json"
        yield line(f"{left} more are not shown; in a shell ", Code(words), " shows all.")
    if seen.observation.mixed_versions:
        versions = len({(j.host.product_brand, j.host.product_version) for j in seen.judged})
        number = _WORDS.get(versions, str(versions))
        yield line(Mark("⚠️", f"The pool runs {number} versions: finish the rolling upgrade."))
    for what, hosts_of_it in _together((j.part.text, j) for j in seen.judged if j.assessment is None).items():
        near = [s if isinstance(s, str) else s.name(seen.day) for s in hosts_of_it[0].part.suggestions]
        hint = f" Nearest: {', '.join(near)}." if near else ""
        about = "" if seen.is_lone else f"{_names(hosts_of_it)}: "
        yield line(f"{about}I do not know {shown(what)}.{hint}")


def _next_steps(seen: Seen) -> Iterator[Line]:
    """What to do, once for all hosts that it is about; nothing for hosts that need nothing."""
    worth = ((j.assessment.recommendation.text, j) for j in seen.judged if j.assessment and _needs_something(j))
    for text, about in _together(worth).items():
        yield line(Strong("Next step: "), _lower(text) if seen.is_lone else _told_of(text, _names(about)))


def _needs_something(judged: Judged) -> bool:
    return judged.assessment is not None and not judged.assessment.recommendation.is_nothing


def _told_of(text: str, names: str) -> str:
    """A recommendation with the hosts in it: "upgrade xen-2 and xen-3 to XCP-ng 8.3 LTS."."""
    verb, to, goal = text.partition(" to ")
    if to and " " not in verb:
        return f"{_lower(verb)} {names} to {goal}"
    return f"{names}: {_lower(text)}"


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _together(pairs: Iterable[tuple[str, Judged]]) -> dict[str, list[Judged]]:
    found: dict[str, list[Judged]] = {}
    for text, judged in pairs:
        found.setdefault(text, []).append(judged)
    return found


def _names(judged: Sequence[Judged]) -> str:
    names = [name_of(j.host) for j in judged]
    if len(names) > NAMES:
        return f"{', '.join(names[:NAMES])} and {len(names) - NAMES} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
