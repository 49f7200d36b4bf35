"""`xo [NAME]`: each Xen Orchestra of the configuration with its release and the holes that it has, by its number."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import Advisory
from bot.advisories.judge import Judgement, PatchState
from bot.advisories.orchestra import judge_orchestra
from bot.advisories.rpm_version import compare_versions
from bot.chat.command import Invocation, Ports, Watched
from bot.chat.data import Data
from bot.chat.hosts import watched_of
from bot.chat.patch_wording import EXPLOITED, KINDS, WHY
from bot.chat.reply import (
    GAP,
    Ask,
    Block,
    Bullets,
    Heading,
    Mark,
    Paragraph,
    Reply,
    RichText,
    Share,
    Strong,
    full_stop,
    line,
    with_code,
)
from bot.chat.wording import counted, day_in_words, moment, moment_in_words, plural, with_more
from bot.errors import UsageError
from bot.fleet.hosts import SourceKind
from bot.fleet.ports import OrchestraState
from bot.text import near, shown

HOLES_MAX = 5
"""Holes of a Xen Orchestra that are shown."""

_BY_NUMBER = (
    "Judged by the number of xo-server alone: one that is built from sources may be older or newer than it says."
)


class OrchestraVerdict(StrEnum):
    """What can be said of a Xen Orchestra, worst first."""

    VULNERABLE = "vulnerable"
    UNREACHABLE = "unreachable"
    CANNOT_TELL = "cannot_tell"
    FINE = "fine"


_MARKS = {
    OrchestraVerdict.VULNERABLE: Mark("🚨", "vulnerable"),
    OrchestraVerdict.UNREACHABLE: Mark("⚠️", "unreachable"),
    OrchestraVerdict.CANNOT_TELL: Mark("❔", "cannot tell"),
    OrchestraVerdict.FINE: Mark("🟢", "no known holes"),
}


class _Judged(NamedTuple):
    """A Xen Orchestra with all that can be said of it.

    `update_to` is the least release with every known fix. `fix_unknown` are the holes of which no source names a
    release with the fix, and `server_with_fix` the xo-server that has it by the operator's word.
    """

    name: str
    state: OrchestraState | None
    verdict: OrchestraVerdict
    holes: tuple[Advisory, ...]
    unsure: tuple[Judgement, ...]
    release: str | None
    server: str | None
    runs: str
    update_to: str | None
    fix_unknown: tuple[Advisory, ...]
    server_with_fix: str | None


def run(ports: Ports, asked: Invocation) -> Reply:
    """All of them, the worst first, or one. UsageError where none has that name."""
    watched = watched_of(ports)
    names = [source.name for source in watched.sources if source.kind is SourceKind.XEN_ORCHESTRA]
    known = ports.patch_levels().advisories
    data: Data = {"as_of": asked.day.isoformat(), "data_of": known.day.isoformat(), "orchestras": []}
    wanted = asked.words.strip()
    if not names:
        none = "There is no Xen Orchestra to show: add `xen_orchestra` to the configuration."
        said = with_code("No Xen Orchestra leads to this channel." if watched.channel else none)
        return Reply("xo", said, data=data, exit_status=3 if wanted else 0, vulnerable=False)
    if wanted:
        found = [name for name in names if name.casefold() == wanted.casefold()]
        if not found:
            close = near(wanted, names) or names[:3]
            raise UsageError(f'I know no Xen Orchestra "{shown(wanted)}". There are: {", ".join(map(shown, close))}.')
        names = found
    states = {state.version.name: state for state in watched.orchestras.states()} if watched.orchestras else {}
    judged = [_judge(known, name, states.get(name), watched) for name in names]
    judged.sort(key=lambda each: list(OrchestraVerdict).index(each.verdict))
    blocks: list[Block] = []
    for each in judged:
        blocks += [*([Heading(_first_line(each))] if len(judged) > 1 else []), *_body(each)]
    blocks += _helps(judged)
    first = _first_line(judged[0]) if len(judged) == 1 else _summary(judged)
    holes = list(dict.fromkeys(hole.known_as for each in judged for hole in each.holes))
    return Reply(
        kind="xo",
        headline=first,
        blocks=tuple(blocks),
        buttons=(*(Ask(hole, f"advisory {hole}") for hole in holes[:2]), Share(f"xo {wanted}".strip())),
        context=(line(_BY_NUMBER), line(*_asked(judged), f"advisories of {day_in_words(known.day)}")),
        data={**data, "orchestras": [_data(each) for each in judged]},
        vulnerable=any(each.verdict is OrchestraVerdict.VULNERABLE for each in judged),
        advisories_of=known.day,
    )


def _judge(known: Advisories, name: str, state: OrchestraState | None, watched: Watched) -> _Judged:
    """A number that has holes keeps them while it cannot be asked; one without says nothing of what runs now."""
    server = state.version.xo_server if state else None
    fixed_from = watched.orchestra_fixed_from
    judged = [judge_orchestra(each, server, known.orchestras, fixed_from) for each in known.of_orchestra()]
    holes = tuple(each.advisory for each in judged if each.state is PatchState.VULNERABLE)
    unsure = tuple(each for each in judged if each.state is PatchState.CANNOT_TELL)
    if holes:
        verdict = OrchestraVerdict.VULNERABLE
    elif state and state.version.failure:
        verdict = OrchestraVerdict.UNREACHABLE
    else:
        verdict = OrchestraVerdict.CANNOT_TELL if unsure or not judged else OrchestraVerdict.FINE
    release, runs = _release(known, server, state)
    update_to: str | None = None
    for hole in holes:
        fixed = hole.of_orchestra.fixed_in if hole.of_orchestra else None
        if fixed and (update_to is None or compare_versions(fixed, update_to) > 0):
            update_to = fixed
    fix_unknown = tuple(hole for hole in holes if hole.of_orchestra and not hole.of_orchestra.fixed_in)
    return _Judged(name, state, verdict, holes, unsure, release, server, runs, update_to, fix_unknown, fixed_from)


def _release(known: Advisories, server: str | None, state: OrchestraState | None) -> tuple[str | None, str]:
    """The release by the number of xo-server (the newest one that shows it), and how to say what runs."""
    if not server:
        api = state.version.rest_api if state else None
        return None, f"REST API {shown(api)}; its xo-server is not known" if api else "version not known"
    try:
        place = known.orchestras.place(server)
    except ValueError:
        return None, f"xo-server {shown(server)}"
    if place.exact:
        numbers = " or ".join(release.number for release in place.exact)
        return place.exact[-1].number, f"Xen Orchestra {numbers} (xo-server {server})"
    if place.after and place.before:
        between = f"between Xen Orchestra {place.after.number} and {place.before.number}"
    elif place.after:
        between = f"newer than Xen Orchestra {place.after.number}, the newest that the data know"
    else:
        between = "older than every release that the data know"
    return None, f"xo-server {server} ({between})"


def _first_line(judged: _Judged) -> RichText:
    mark = _MARKS[judged.verdict]
    if judged.holes and judged.holes[0].exploited:  # who reads no more than this line has to know
        worst = judged.holes[0]
        mark = Mark(mark.emoji, f"{worst.known_as}, {EXPLOITED.text}: {KINDS[worst.kinds[0]]}")
    runs = f" runs {judged.runs}" if judged.release or judged.server else f": {judged.runs}"
    return (*line(Strong(shown(judged.name)), runs if judged.state else ": not asked yet"), GAP, mark)


def _asked(judged: list[_Judged]) -> RichText:
    """When they were asked last, before what else the answer rests upon."""
    if moments := [each.state.version.asked_at for each in judged if each.state]:
        return line("Asked ", moment(min(moments)), " or later · " if len({*moments}) > 1 else " · ")
    return line("Not asked yet · ")


def _summary(judged: list[_Judged]) -> RichText:
    counts = [(verdict, sum(each.verdict is verdict for each in judged)) for verdict in OrchestraVerdict]
    used = any(hole.exploited for each in judged for hole in each.holes)
    texts = {v: mark.text for v, mark in _MARKS.items()}
    texts[OrchestraVerdict.VULNERABLE] += f", {EXPLOITED.text}" if used else ""
    marks = [Mark(_MARKS[v].emoji, f"{count} {texts[v]}") for v, count in counts if count]
    return (Strong(f"{len(judged)} Xen Orchestras"), *(span for mark in marks for span in (GAP, mark)))


def _body(judged: _Judged) -> list[Block]:
    blocks: list[Block] = []
    version = judged.state.version if judged.state else None
    if version and version.failure:
        since = f" What it runs is of {moment_in_words(version.known_at)}." if version.known_at else ""
        blocks.append(Paragraph((line(f"{shown(version.failure.message, 300)}{since}"),)))
    if judged.holes:
        items = [
            line(Strong(hole.known_as), f": {KINDS[hole.kinds[0]]}", *((GAP, EXPLOITED) if hole.exploited else ()))
            for hole in judged.holes[:HOLES_MAX]
        ]
        title = f"{counted(len(judged.holes), 'known hole')}, the gravest first"
        more = len(judged.holes) - HOLES_MAX
        blocks.append(Bullets((*items, *([line(f"and {more} more")] if more > 0 else [])), title))
    if judged.unsure and version and version.xo_server:
        alike: dict[str, list[str]] = {}
        for each in judged.unsure:
            alike.setdefault(WHY[each.why], []).append(each.advisory.known_as)
        said = "; ".join(f"{with_more(names, HOLES_MAX)} ({why})" for why, names in alike.items())
        blocks.append(Paragraph((line(Strong("Cannot tell: "), said, "."),)))
    if step := _next_step(judged):
        blocks.append(Paragraph((line(Strong("Next step: "), step),)))
    return blocks


def _next_step(judged: _Judged) -> str:
    """What to update to; never "to X" as if that fixed what nobody knows to be fixed there."""
    if judged.state is None:
        return "`sweep` asks it."
    if not judged.holes and any(each.advisory.exploited for each in judged.unsure) and judged.state.version.xo_server:
        return "see that it is the newest Xen Orchestra: whether that has every fix is not known to the data."
    said = f"update to Xen Orchestra {judged.update_to} or newer." if judged.update_to else ""
    if judged.fix_unknown:
        names = with_more([hole.known_as for hole in judged.fix_unknown], HOLES_MAX)
        said = f"update to the newest Xen Orchestra. No source of ours names the release that fixes {names}"
        others = plural(len(judged.holes) - len(judged.fix_unknown), "fix of the other one", "fixes of the others")
        said += f"; {judged.update_to} and newer have the {others}." if judged.update_to else "."
        if judged.server_with_fix:
            more = f" (and Xen Orchestra {judged.update_to} or newer)" if judged.update_to else ""
            said = f"update to xo-server {judged.server_with_fix} or newer{more}: "
            said += f"your configuration says that it fixes {names}."
    return said


def _helps(judged: list[_Judged]) -> Iterator[Block]:
    """What helps against holes of which nobody knows a release with the fix, or whether what runs has it; once each."""
    holes = dict.fromkeys(hole for each in judged for hole in each.fix_unknown)
    asked = [each for each in judged if each.state]
    holes |= dict.fromkeys(un.advisory for each in asked for un in each.unsure if un.advisory.exploited)
    for hole in holes:
        if hole.mitigation:
            start = f"What helps against {hole.known_as} until then: "
            yield Paragraph((line(Strong(start), full_stop(hole.mitigation)),))


def _data(judged: _Judged) -> Data:
    """A Xen Orchestra as CONTRACT.md section 5 has it."""
    version = judged.state.version if judged.state else None
    failure = version.failure if version else None
    return {
        "name": judged.name,
        "url": version.url if version else None,
        "version": judged.release,
        "xo_server": version.xo_server if version else None,
        "state": judged.verdict.value,
        "advisories": [hole.known_as for hole in judged.holes],
        "update_to": judged.update_to,
        "fix_unknown": [hole.known_as for hole in judged.fix_unknown],
        "error": {"code": failure.code.value, "message": failure.message} if failure else None,
    }
