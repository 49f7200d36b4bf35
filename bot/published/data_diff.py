"""What moved from one state of data/ to another, fact by fact, and what of it looks better than before.

Better is what makes a verdict kinder or an alert end: it may be right, and it may be an error or a forgery, so it is
never silent. What looks worse is told, and needs no care.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from bot.catalogue import message, say
from bot.matrix.lifecycle import PartialDate
from bot.matrix.support import SupportLevel
from bot.matrix.upgrade import CLOSED

Raw = Mapping[str, Any]


class DataFact(StrEnum):
    """What of a subject moved. ENTRY: the subject itself came or went; DETAILS: what has no name here."""

    ENTRY = "entry"
    RELEASED = "released"
    MAINTENANCE_ENDS = "maintenance_ends"
    EOL = "eol"
    LTS_SINCE = "lts_since"
    SUPPORT = "support"
    AFFECTS = "affects"
    REQUIRED_OF = "required_of"
    STEP = "step"
    FIXED_FROM = "fixed_from"
    EXPLOITED = "exploited"
    AFFECTED = "affected"
    DETAILS = "details"


class DataChange(NamedTuple):
    """One fact that moved. `file` is the one of data/ (without .yaml), `subject` a release's name or an entry's id.

    None is what is not known, or not there. The words in `before` and `after` are those of data/, for scripts;
    `side_in_words` says them.
    """

    file: str
    subject: str
    fact: DataFact
    before: str | None
    after: str | None
    is_better: bool = False

    @property
    def is_lost_release(self) -> bool:
        """Whether a release is gone: no vendor unmakes one, so that is never taken unasked."""
        return self.file == "releases" and self.fact is DataFact.ENTRY and self.after is None


_WORDS = {
    "full": message("full"),
    "partial": message("partial"),
    "unlisted": message("unlisted"),
    "not official": message("not official"),
    "extra features": message("extra features"),
    "documented": message("documented"),
    "joined": message("joined"),
    "code": message("code"),
    "withdrawn": message("withdrawn"),
    "refused": message("refused"),
    "yes": message("yes"),
    "no": message("no"),
}
_BLOCKED = "blocked by "


def side_in_words(side: str) -> str:
    """What a change has before or after it, as it is said: names, days and numbers stay as they are."""
    parts: list[str] = []
    for part in side.split(", "):
        if part.startswith(_BLOCKED):
            parts.append(say("blocked by {issue}", issue=part.removeprefix(_BLOCKED)))
        else:
            parts.append(say(_WORDS[part]) if part in _WORDS else part)
    return ", ".join(parts)


def data_changes(before: Raw, after: Raw) -> tuple[DataChange, ...]:
    """What moved between two contents (as bot.matrix.load.build takes them), better things first."""
    found = [
        *_releases(before, after),
        *_support(before, after),
        *_touching(before, after, "issues", "affects", DataFact.AFFECTS),
        *_touching(before, after, "requirements", "of", DataFact.REQUIRED_OF),
        *_steps(before, after),
        *_advisories(before, after),
    ]
    found += _details(before, after, {change.file for change in found})
    return tuple(sorted(found, key=lambda change: not change.is_better))


def _came_and_went(
    file: str, before: Mapping[str, Any], after: Mapping[str, Any], better: bool
) -> Iterator[DataChange]:
    """Entries by subject; `better`: one that is gone is missed."""
    for name in sorted(before.keys() - after.keys()):
        yield DataChange(file, name, DataFact.ENTRY, name, None, better)
    for name in sorted(after.keys() - before.keys()):
        yield DataChange(file, name, DataFact.ENTRY, None, name)


_DATES = (DataFact.RELEASED, DataFact.MAINTENANCE_ENDS, DataFact.EOL, DataFact.LTS_SINCE)
_ENDS = (DataFact.MAINTENANCE_ENDS, DataFact.EOL)


def _releases(before: Raw, after: Raw) -> Iterator[DataChange]:
    old, new = _by_name(before), _by_name(after)
    yield from _came_and_went("releases", old, new, better=True)
    for name, was in old.items():
        now = new.get(name, was)
        yield from _dates(now["name"], was["lifecycle"], now["lifecycle"])
        levels = {level["name"]: level for level in now["levels"]}
        for level in was["levels"]:
            if changed := levels.get(level["name"]):
                yield from _dates(f"{now['name']} {level['name']}", level, changed)
            elif level["eol"]:
                yield DataChange("releases", f"{now['name']} {level['name']}", DataFact.ENTRY, level["name"], None)


def _by_name(content: Raw) -> dict[str, Raw]:
    """Releases by product and number: a name may change."""
    return {f"{release['product']} {release['release']}": release for release in content["releases"]["releases"]}


def _dates(subject: str, was: Raw, now: Raw) -> Iterator[DataChange]:
    """An end that moves later, or is not known any more, is better; so is one of a release that is not out yet."""
    for fact in _DATES:
        old, new = ((side.get(fact.value) or {}).get("day") for side in (was, now))
        if old == new:
            continue
        is_later = old is not None and (new is None or PartialDate.parse(new) > PartialDate.parse(old))
        yield DataChange("releases", subject, fact, old, new, fact in _ENDS and is_later)


_RANK = {
    level.value: rank for rank, level in enumerate((SupportLevel.UNLISTED, SupportLevel.PARTIAL, SupportLevel.FULL))
}
_NO_ROW: Raw = {"support": "unlisted", "official": False, "extra_features": False}


def _support(before: Raw, after: Raw) -> Iterator[DataChange]:
    """Release by release, whatever rows they share. One that is new has no better support than before, but some."""
    old, new = _by_name(before), _by_name(after)
    was, now = _rows(before), _rows(after)
    for name in sorted((new.keys() - old.keys()) & now.keys()):
        yield DataChange("list", new[name]["name"], DataFact.SUPPORT, None, _support_words(now[name]))
    for name in sorted(old.keys() & new.keys()):
        row, other = was.get(name, _NO_ROW), now.get(name, _NO_ROW)
        said, says = _support_words(row), _support_words(other)
        if said != says:
            signs = ("official", "extra_features")
            rises = _RANK[other["support"]] > _RANK[row["support"]] or any(other[s] > row[s] for s in signs)
            yield DataChange("list", new[name]["name"], DataFact.SUPPORT, said, says, rises)


def _rows(content: Raw) -> dict[str, Raw]:
    rows = content["list"]["rows"]
    return {f"{row['product']} {number}": row for row in rows for number in row["releases"]}


def _support_words(row: Raw) -> str:
    official = "" if row["official"] or row["support"] == SupportLevel.UNLISTED else ", not official"
    return f"{row['support']}{official}{', extra features' if row['extra_features'] else ''}"


def _touching(before: Raw, after: Raw, file: str, key: str, fact: DataFact) -> Iterator[DataChange]:
    """What touches releases: better where it is gone, or touches fewer of those that are still there."""
    old, new = ({each["id"]: each for each in side[file][file]} for side in (before, after))
    yield from _came_and_went(file, old, new, better=True)
    there = _by_name(after).keys()
    for name in sorted(old.keys() & new.keys()):
        was, now = ({f"{p} {n}" for p, numbers in side[name][key].items() for n in numbers} for side in (old, new))
        if was != now:
            fewer = bool((was - now) & there)
            yield DataChange(file, name, fact, _listed(was - now), _listed(now - was), fewer)


def _listed(names: set[str]) -> str | None:
    return ", ".join(sorted(names)) or None


def _steps(before: Raw, after: Raw) -> Iterator[DataChange]:
    """Better: a step that was closed is open, or one has lost something that is in its way."""
    old, new = _hops(before), _hops(after)
    yield from _came_and_went("upgrades", old, new, better=False)
    for name in sorted(old.keys() & new.keys()):
        (was, blocked), (now, blocks) = old[name], new[name]
        if (was, blocked) != (now, blocks):
            opened = was in CLOSED and now not in CLOSED
            said, says = (
                f"{c}{f', {_BLOCKED}{b}' if (b := _listed(s)) else ''}" for c, s in ((was, blocked), (now, blocks))
            )
            yield DataChange("upgrades", name, DataFact.STEP, said, says, opened or bool(blocked - blocks))


def _hops(content: Raw) -> dict[str, tuple[str, set[str]]]:
    """By where a step begins and arrives; several of the same are one, with all that is in their way."""
    found: dict[str, tuple[str, set[str]]] = {}
    for rule in content["upgrades"]["hops"]:
        for start in rule["start"]:
            name = f"{rule['product']} {start} to {rule['arrives_at']}"
            _, blockers = found.get(name, ("", set[str]()))
            found[name] = rule["confidence"], blockers | set(rule["blockers"])
    return found


def _advisories(before: Raw, after: Raw) -> Iterator[DataChange]:
    """By their first id. Better are: a first fixed version that moves lower, a release that is affected no more, and
    one that is said to be exploited no more."""
    old, new = ({each["ids"][0]: each for each in side["advisories"]["advisories"]} for side in (before, after))
    yield from _came_and_went("advisories", old, new, better=True)
    for name in sorted(old.keys() & new.keys()):
        said, says = old[name]["exploited"], new[name]["exploited"]
        if said != says:
            yield DataChange("advisories", name, DataFact.EXPLOITED, _yes(said), _yes(says), said is True)
        was, now = _affected(old[name]), _affected(new[name])
        for place, entry in was.items():
            subject, other = f"{name} ({place})", now.get(place)
            is_affected = bool(other and other["affected"] is not False)
            if entry["affected"] is not False and not is_affected:
                yield DataChange("advisories", subject, DataFact.AFFECTED, _yes(entry["affected"]), "no", True)
            elif other and (first := _fixed_from(entry)) != (then := _fixed_from(other)):
                lower = first is not None and _lower(then, first)
                yield DataChange("advisories", subject, DataFact.FIXED_FROM, first, then, lower)


def _affected(advisory: Raw) -> dict[str, Raw]:
    """What it says of each release, by product and release; each field that shows it is an entry of its own."""
    found = {}
    for each in advisory["affects"]:
        field = (each["levels"] or {}).get("field")
        found[" ".join(filter(None, (each["product"], each["release"], field if field != "xen" else None)))] = each
    return found


def _fixed_from(affected: Raw) -> str | None:
    first: str | None = (affected["levels"] or {}).get("fixed_from") or affected["fixed_in"]
    return first


def _lower(new: str | None, old: str) -> bool:
    """By the numbers in them, as all of one field are written alike."""
    return new is not None and [*map(int, re.findall(r"\d+", new))] < [*map(int, re.findall(r"\d+", old))]


def _yes(said: bool | None) -> str | None:
    return None if said is None else "yes" if said else "no"


def _details(before: Raw, after: Raw, told: set[str]) -> Iterator[DataChange]:
    """Files that differ in nothing that was told of them, but in more than the day on which their source was read."""
    for file in after:
        was, now = ({**side.get(file, {}), "read_on": None, "day": None} for side in (before, after))
        if was != now and file not in told:
            yield DataChange(file, f"{file}.yaml", DataFact.DETAILS, None, None)
