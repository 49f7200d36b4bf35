"""`xo [NAME]`: each Xen Orchestra of the configuration with its release and the holes that it has, by its number."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import Advisory
from bot.advisories.judge import Judgement, PatchState, Why
from bot.advisories.orchestra import judge_orchestra
from bot.advisories.rpm_version import compare_versions
from bot.catalogue import message, message_counted, say, say_counted
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
    Table,
    columns,
    full_stop,
    headline,
    labelled,
    line,
    said,
    say_line,
)
from bot.chat.wording import bounded, day_in_words, either, moment, moment_in_words, with_more
from bot.errors import UnknownError
from bot.fleet.hosts import SourceKind
from bot.fleet.ports import OrchestraState
from bot.text import near, shown

HOLES_MAX = 5
"""Holes of a Xen Orchestra that are shown."""


class OrchestraVerdict(StrEnum):
    """What can be said of a Xen Orchestra, worst first."""

    VULNERABLE = "vulnerable"
    UNREACHABLE = "unreachable"
    CANNOT_TELL = "cannot_tell"
    FINE = "fine"


_MARKS = {
    OrchestraVerdict.VULNERABLE: Mark("🚨", message("vulnerable")),
    OrchestraVerdict.UNREACHABLE: Mark("⚠️", message("unreachable")),
    OrchestraVerdict.CANNOT_TELL: Mark("❔", message("cannot tell")),
    OrchestraVerdict.FINE: Mark("🟢", message("no known holes")),
}
_COUNTS = {
    OrchestraVerdict.VULNERABLE: message_counted("{count} vulnerable", "{count} vulnerable"),
    OrchestraVerdict.UNREACHABLE: message_counted("{count} unreachable", "{count} unreachable"),
    OrchestraVerdict.CANNOT_TELL: message_counted("{count} cannot tell", "{count} cannot tell"),
    OrchestraVerdict.FINE: message_counted("{count} no known holes", "{count} no known holes"),
}
_COUNT_USED = message_counted("{count} vulnerable, used by attackers", "{count} vulnerable, used by attackers")


class _Judged(NamedTuple):
    """A Xen Orchestra with all that can be said of it.

    `runs` is a line that says what it runs. `update_to` is the least release with every known fix. `fix_unknown` are
    the holes of which no source names a release with the fix, and `server_with_fix` the xo-server that has it by the
    operator's word.
    """

    name: str
    state: OrchestraState | None
    verdict: OrchestraVerdict
    holes: tuple[Advisory, ...]
    unsure: tuple[Judgement, ...]
    release: str | None
    runs: RichText
    update_to: str | None
    fix_unknown: tuple[Advisory, ...]
    server_with_fix: str | None


def run(ports: Ports, asked: Invocation) -> Reply:
    """All of them, the worst first, or one. UnknownError where none has that name."""
    watched = watched_of(ports)
    names = [source.name for source in watched.sources if source.kind is SourceKind.XEN_ORCHESTRA]
    known = ports.patch_levels().advisories
    data: Data = {"as_of": asked.day.isoformat(), "data_of": known.day.isoformat(), "orchestras": []}
    wanted = asked.words.strip()
    if not names:
        none = (
            say_line("No Xen Orchestra leads to this channel.")
            if watched.channel
            else say_line("There is no Xen Orchestra to show: add `xen_orchestra` to the configuration.")
        )
        empty = (_table([]),) if asked.caller.takes_all else ()
        return Reply("xo", none, empty, data=data, exit_status=3 if wanted else 0, vulnerable=False)
    if wanted:
        found = [name for name in names if name.casefold() == wanted.casefold()]
        if not found:
            close = ", ".join(map(shown, near(wanted, names) or names[:3]))
            raise UnknownError(
                say('I know no Xen Orchestra "{name}". There are: {names}.', name=shown(wanted), names=close),
                {**data, "unknown": [wanted]},
            )
        names = found
    states = {state.version.name: state for state in watched.orchestras.states()} if watched.orchestras else {}
    judged = [_judge(known, name, states.get(name), watched) for name in names]
    judged.sort(key=lambda each: list(OrchestraVerdict).index(each.verdict))
    blocks: list[Block] = [_table(judged)] if asked.caller.takes_all else []
    for each in judged:
        blocks += [*([Heading(_first_line(each))] if len(judged) > 1 else []), *_body(each)]
    blocks += _helps(judged)
    first = _first_line(judged[0]) if len(judged) == 1 else _summary(judged)
    by_number = say_line(
        "Judged by the number of xo-server alone: one that is built from sources may be older or newer than it says."
    )
    holes = list(dict.fromkeys(hole.known_as for each in judged for hole in each.holes))
    return Reply(
        kind="xo",
        headline=first,
        blocks=tuple(blocks),
        buttons=(*(Ask(hole, f"advisory {hole}") for hole in holes[:2]), Share(f"xo {wanted}".strip())),
        context=(by_number, _how_old(judged, known)),
        data={**data, "orchestras": [_data(each) for each in judged]},
        vulnerable=any(each.verdict is OrchestraVerdict.VULNERABLE for each in judged),
        advisories_of=known.day,
    )


def _table(judged: list[_Judged]) -> Table:
    """The same for a file."""
    rows = tuple(
        (
            line(Strong(shown(each.name))),
            line(each.release or ""),
            line((each.state and each.state.version.xo_server) or ""),
            (said(_MARKS[each.verdict]),),
            line(", ".join(hole.known_as for hole in each.holes)),
            line(each.update_to or ""),
        )
        for each in judged
    )
    header = columns(
        say("Xen Orchestra"), say("Release"), say("xo-server"), say("State"), say("Known holes"), say("Update to")
    )
    return Table(header, rows, say("Xen Orchestras, the worst first"))


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
    release, runs = _release(known, name, state)
    update_to: str | None = None
    for hole in holes:
        fixed = hole.of_orchestra.fixed_in if hole.of_orchestra else None
        if fixed and (update_to is None or compare_versions(fixed, update_to) > 0):
            update_to = fixed
    fix_unknown = tuple(hole for hole in holes if hole.of_orchestra and not hole.of_orchestra.fixed_in)
    return _Judged(name, state, verdict, holes, unsure, release, runs, update_to, fix_unknown, fixed_from)


def _release(known: Advisories, name: str, state: OrchestraState | None) -> tuple[str | None, RichText]:
    """The release by the number of xo-server (the newest one that shows it), and a line that says what runs."""
    named = Strong(shown(name))
    if state is None:
        return None, say_line("{name}: not asked yet", name=named)
    server = state.version.xo_server
    if not server and (api := state.version.rest_api):
        text = message("{name}: REST API {version}; its xo-server is not known")
        return None, say_line(text, name=named, version=shown(api))
    if not server:
        return None, say_line("{name}: version not known", name=named)
    try:
        place = known.orchestras.place(server)
    except ValueError:
        return None, say_line("{name} runs xo-server {server}", name=named, server=shown(server))
    if place.exact:
        text = message("{name} runs Xen Orchestra {releases} (xo-server {server})")
        numbers = either([release.number for release in place.exact])
        return place.exact[-1].number, say_line(text, name=named, releases=numbers, server=server)
    older, newer = (each.number if each else "" for each in (place.after, place.before))
    if older and newer:
        text = message("{name} runs xo-server {server} (between Xen Orchestra {older} and {newer})")
    elif older:
        text = message(
            "{name} runs xo-server {server} (newer than Xen Orchestra {older}, the newest that the data know)"
        )
    else:
        text = message("{name} runs xo-server {server} (older than every release that the data know)")
    return None, say_line(text, name=named, server=server, older=older, newer=newer)


def _first_line(judged: _Judged) -> RichText:
    mark = said(_MARKS[judged.verdict])
    if judged.holes and judged.holes[0].exploited:  # who reads no more than this line has to know
        worst = judged.holes[0]
        what = say(KINDS[worst.kinds[0]])
        used = say("{advisory}, used by attackers: {what}", advisory=worst.known_as, what=what)
        mark = Mark(mark.emoji, used)
    return (*judged.runs, GAP, mark)


def _how_old(judged: list[_Judged], known: Advisories) -> RichText:
    """When they were asked last, and of which day the advisories are."""
    moments, day = [each.state.version.asked_at for each in judged if each.state], day_in_words(known.day)
    if not moments:
        return say_line("Not asked yet · advisories of {day}", day=day)
    asked_at = moment(min(moments))
    if len({*moments}) > 1:
        return say_line("Asked {moment} or later · advisories of {day}", moment=asked_at, day=day)
    return say_line("Asked {moment} · advisories of {day}", moment=asked_at, day=day)


def _summary(judged: list[_Judged]) -> RichText:
    marks: list[Mark] = []
    used = any(hole.exploited for each in judged for hole in each.holes)
    for verdict, mark in _MARKS.items():
        count = sum(each.verdict is verdict for each in judged)
        text = _COUNT_USED if used and verdict is OrchestraVerdict.VULNERABLE else _COUNTS[verdict]
        if count:
            marks.append(Mark(mark.emoji, say_counted(count, *text)))
    subject = say_counted(len(judged), "{count} Xen Orchestra", "{count} Xen Orchestras")
    return headline(Strong(subject), *marks)


def _body(judged: _Judged) -> list[Block]:
    blocks: list[Block] = []
    version = judged.state.version if judged.state else None
    if version and version.failure:
        sentences = [shown(version.failure.message, 300)]
        if version.known_at:
            sentences.append(say("What it runs is of {moment}.", moment=moment_in_words(version.known_at)))
        blocks.append(Paragraph((line(" ".join(sentences)),)))
    if judged.holes:
        used = said(EXPLOITED)
        items = [
            line(Strong(hole.known_as), f": {say(KINDS[hole.kinds[0]])}", *((GAP, used) if hole.exploited else ()))
            for hole in judged.holes
        ]
        title = say_counted(
            len(items), "{count} known hole, the gravest first", "{count} known holes, the gravest first"
        )
        blocks.append(Bullets(bounded(items, HOLES_MAX), title))
    if judged.unsure and version and version.xo_server:
        alike: dict[Why, list[str]] = {}
        for each in judged.unsure:
            alike.setdefault(each.why, []).append(each.advisory.known_as)
        unsure = "; ".join(f"{with_more(names, HOLES_MAX)} ({say(WHY[why])})" for why, names in alike.items())
        blocks.append(Paragraph((labelled(say("Cannot tell:"), f"{unsure}."),)))
    if step := _next_step(judged):
        blocks.append(Paragraph((labelled(say("Next step:"), step),)))
    return blocks


def _next_step(judged: _Judged) -> str:
    """What to update to; never "to X" as if that fixed what nobody knows to be fixed there."""
    if judged.state is None:
        return say("`sweep` asks it.")
    if not judged.holes and any(each.advisory.exploited for each in judged.unsure) and judged.state.version.xo_server:
        return say("see that it is the newest Xen Orchestra: whether that has every fix is not known to the data.")
    release, server = judged.update_to, judged.server_with_fix
    if not judged.fix_unknown:
        return say("update to Xen Orchestra {release} or newer.", release=release) if release else ""
    names = with_more([hole.known_as for hole in judged.fix_unknown], HOLES_MAX)
    match server, release:
        case str(), str():
            text = message(
                "update to xo-server {server} or newer (and Xen Orchestra {release} or newer): "
                "your configuration says that it fixes {names}."
            )
        case str(), None:
            text = message("update to xo-server {server} or newer: your configuration says that it fixes {names}.")
        case None, str() if len(judged.holes) - len(judged.fix_unknown) == 1:
            text = message(
                "update to the newest Xen Orchestra. No source of ours names the release that fixes {names}; "
                "{release} and newer have the fix of the other one."
            )
        case None, str():
            text = message(
                "update to the newest Xen Orchestra. No source of ours names the release that fixes {names}; "
                "{release} and newer have the fixes of the others."
            )
        case _:
            text = message(
                "update to the newest Xen Orchestra. No source of ours names the release that fixes {names}."
            )
    return say(text, server=server or "", release=release or "", names=names)


def _helps(judged: list[_Judged]) -> Iterator[Block]:
    """What helps against holes of which nobody knows a release with the fix, or whether what runs has it; once each."""
    holes = dict.fromkeys(hole for each in judged for hole in each.fix_unknown)
    asked = [each for each in judged if each.state]
    holes |= dict.fromkeys(un.advisory for each in asked for un in each.unsure if un.advisory.exploited)
    for hole in holes:
        if hole.mitigation:
            start = say("What helps against {advisory} until then:", advisory=hole.known_as)
            yield Paragraph((labelled(start, full_stop(hole.mitigation)),))


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
