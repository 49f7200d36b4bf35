"""How asking the sources of a fleet goes: who does not answer since when, who never did, when it was last tried."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.chat.ago import age
from bot.chat.command import Watched
from bot.chat.data import Data
from bot.chat.filter import SOON, ends_soon
from bot.chat.hosts import Listed
from bot.chat.reply import Bullets, Code, Mark, RichText, Span, Strong, headline, line, with_code
from bot.fleet.hosts import Source, SourceState
from bot.matrix.wording import moment_in_words
from bot.query.text import shown

IN_FULL = 10
MESSAGE_MAX = 200

States = Mapping[str, SourceState]


def states_of(watched: Watched) -> States:
    """What is known of the configured sources, by name; those that were never asked are not in it."""
    configured = {source.name for source in watched.sources}
    return {state.name: state for state in watched.store.sources() if state.name in configured}


def silent(watched: Watched, states: States) -> tuple[Bullets, ...]:
    """Sources that do not answer, those that never did first; none if all do."""
    waiting = unanswering(watched, states)
    if not waiting:
        return ()
    items = [_line(source, states.get(source.name)) for source in waiting[:IN_FULL]]
    if more := len(waiting) - IN_FULL:
        items += [line(f"and {more} more")] if more > 0 else []
    return (Bullets(tuple(items), f"Without an answer: {len(waiting)} of {len(watched.sources)} targets"),)


def unanswering(watched: Watched, states: States) -> list[Source]:
    """Sources that do not answer, those that never did first."""
    waiting = [source for source in watched.sources if not _answers(states.get(source.name))]
    return sorted(waiting, key=lambda source: _has_answered(states.get(source.name)))


def _answers(state: SourceState | None) -> bool:
    return state is not None and state.unreachable_since is None


def _has_answered(state: SourceState | None) -> bool:
    return state is not None and state.ok_at is not None


def _line(source: Source, state: SourceState | None) -> RichText:
    name = Strong(shown(source.name))
    if state is None:
        return line(name, ": not asked yet")
    tries = f"{state.failures} {'try' if state.failures == 1 else 'tries'}"
    since = moment_in_words(state.unreachable_since) if state.unreachable_since and state.ok_at else None
    how_long = f"since {since}, {tries}" if since else f"never answered, {tries}"
    return line(name, f": {how_long}. {shown(state.error or '', MESSAGE_MAX)}")


def last_sweep(watched: Watched) -> RichText:
    """When the last sweep was, how it went, and what kept a later one from being done."""
    return line(" ".join(_sentences(watched)))


def _sentences(watched: Watched) -> Iterator[str]:
    done = watched.sweeps.last_finished()
    if done is None or done.finished_at is None:
        yield "No sweep is done yet."
    else:
        at = done.finished_at
        failed = f", {done.failed} without an answer" if done.failed else ""
        targets = f"{done.sources} {'target' if done.sources == 1 else 'targets'}"
        yield f"Last sweep {moment_in_words(at)} ({age(at, watched.clock())}): {targets}{failed}."
    if broken := watched.sweeps.last_error():
        yield f"A sweep since could not be done: {shown(broken.error or '', MESSAGE_MAX)}"


def sources_data(watched: Watched, states: States) -> list[Data]:
    """Every source with how asking it goes."""
    return [_data(source, states.get(source.name)) for source in watched.sources]


def _data(source: Source, state: SourceState | None) -> Data:
    failed = state is not None and state.error_code is not None
    return {
        "name": source.name,
        "kind": source.kind.value,
        "tags": list(source.tags),
        "reachable": _answers(state) if state else None,
        "tried_at": _iso(state.tried_at) if state else None,
        "ok_at": _iso(state.ok_at) if state else None,
        "unreachable_since": _iso(state.unreachable_since) if state else None,
        "failures": state.failures if state else 0,
        "error": {"code": state.error_code, "message": state.error} if state and failed else None,
    }


def sweep_data(watched: Watched) -> Data | None:
    """The last sweep that is done."""
    done = watched.sweeps.last_finished()
    return {"finished_at": _iso(done.finished_at), "targets": done.sources, "failed": done.failed} if done else None


def _iso(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None


def fleet_line(listed: Sequence[Listed], count: int, words: str, watched: Watched) -> RichText:
    """Of some hosts: `count` is how many there are in all, `words` are those that narrowed them down."""
    sources = len(watched.sources)
    if not (count or sources) and watched.channel:
        return line(Strong("No host leads to this channel"), *with_code(_LEADING))
    if not (count or sources):
        return line(Strong("No host is watched"), ": add ", Code("targets"), " or ", Code("xen_orchestra"), _TO_FILE)
    if not count:
        return headline(Strong("No host is known yet"), f"{sources} {'target' if sources == 1 else 'targets'} to ask")
    some = f"{len(listed)} of {hosts_in_words(count)}" if words else hosts_in_words(count)
    pools = len({each.watched.pool.uuid for each in listed})
    where = f" in {pools} {'pool' if pools == 1 else 'pools'}" if listed else ""
    return headline(Strong(f"{some}{where}"), *([words] if words else []), *_fate(listed))


_TO_FILE = " to the configuration"
_LEADING = ": add a route under `alerts` to the configuration, or `watch` something"


def hosts_in_words(count: int) -> str:
    """`1 host`, `3 hosts`."""
    return "1 host" if count == 1 else f"{count} hosts"


def _fate(listed: Sequence[Listed]) -> Iterator[Span]:
    """What is wrong with how many, or that nothing is."""
    ended = sum(each.judged.is_eol for each in listed)
    soon = sum(map(ends_soon, listed))
    unknown = sum(each.judged.assessment is None for each in listed)
    away = [each.watched.unreachable_since for each in listed if each.watched.unreachable_since]
    if ended:
        yield Mark("☠️", f"{ended} {'gets' if ended == 1 else 'get'} no security updates")
    if soon:
        yield Mark("⏳", f"{soon} {'ends' if soon == 1 else 'end'} within {SOON} days")
    if unknown:
        yield Mark("❓", f"{unknown} of an unknown version")
    if away:
        since = moment_in_words(min(away))
        yield Mark("⚠️", f"{len(away)} not seen since {since}{' or later' if len(set(away)) > 1 else ''}")
    if listed and not (ended or soon or unknown or away):
        yield Mark("✅", "security updates for all of them")
