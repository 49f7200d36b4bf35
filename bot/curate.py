"""`python -m bot.curate`: proposes what data/ may lack, from what Xen, the CVE programme and vendors publish.

python -m bot.curate                        proposals as YAML on stdout, from the addresses below
python -m bot.curate --xsa xsa.json --cves FOLDER --releases none --ends none
                                            the same from files; `none` leaves a source out

For maintainers. It writes nothing in data/: none of these sources says which package, and so which shown value, has a
fix, and titles are the sources' own words. Whoever takes a proposal over reads the source, and fills in what is null.
"""

import argparse
import json
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import Advisory
from bot.advisories.load import load_advisories
from bot.matrix.compiled import shipped
from bot.matrix.load import load_matrix
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.published.fetch import Fetched, Wanted, fetch, shown_source
from bot.published.vendors import (
    ENDOFLIFE_DATE,
    XCP_NG_TABLE,
    Ends,
    ends_in_table,
    ends_of_product,
    vendor_disagreements,
)
from bot.text import shown

XSA_LIST = "https://xenbits.xen.org/xsa/xsa.json"
CVE_RECORDS = "https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves"
"""Below it a record is `2026/23xxx/CVE-2026-23558.json`."""

NONE = "none"
RECORDS_MAX = 40
"""CVE records that are asked for in one go; how many were left is said."""

LOOKED_BACK = timedelta(days=90)
"""An XSA that came so long before the data's day is proposed, unless `--since` says otherwise: older ones were left out
on purpose, or had their look."""

Proposal = dict[str, Any]


class ListedXsa(NamedTuple):
    """An XSA as xenbits lists it."""

    number: str
    cves: tuple[str, ...]
    title: str
    day: date


class CveRecord(NamedTuple):
    """What a CVE record says that can be used. `fixed_in` is a release of Xen Orchestra; `exploited` CISA's word."""

    id: str
    title: str
    day: date
    of_orchestra: bool
    fixed_in: str | None
    exploited: bool


class Gathered:
    """Reads sources, and keeps what could not be read, each with why."""

    def __init__(self) -> None:
        self.not_read: list[str] = []
        self.read = 0

    def text(self, source: str, what: str) -> str | None:
        """A file, or what is at an address, within the bounds of bot.published.fetch; None where it can't be had."""
        wanted = Wanted(what, "the text itself", what, 8 * 2**20)
        found = fetch(source, None, threading.Event().wait, wanted=wanted)
        if isinstance(found, Fetched):
            self.read += 1
            return found.body.decode()
        why = getattr(found, "message", "it did not come").split(". Set `")[0]
        self.not_read.append(shown(f"{what}: {why}", 300))
        return None

    def json(self, source: str, what: str) -> Any:
        """The same as values; None where it is no JSON, too."""
        text = self.text(source, what)
        try:
            return None if text is None else json.loads(text)
        except (ValueError, RecursionError):
            self.not_read.append(f"{what}: {shown_source(source)} is no JSON")
            return None

    def xsas(self, source: str) -> Iterator[ListedXsa]:
        """The XSAs of xsa.json that are public."""
        document = self.json(source, "the list of XSAs")
        groups = document if isinstance(document, list) else [document] if isinstance(document, dict) else []
        lists = [group.get("xsas") for group in groups if isinstance(group, dict)]
        entries = [entry for found in lists if isinstance(found, list) for entry in found]
        for entry in entries:
            number = str(entry.get("xsa", "")) if isinstance(entry, dict) else ""
            title, day = (_text(entry, "title"), _day(entry.get("public_time"))) if number.isdecimal() else ("", None)
            if title and day:
                cves = entry.get("cve")
                names = cves if isinstance(cves, list) else [cves]
                yield ListedXsa(number, tuple(each for each in names if _is_cve(each)), title, day)
            elif number.isdecimal():
                self.not_read.append(f"XSA-{number}: it has no title or no day yet")
        if document is not None and not entries:
            self.not_read.append("the list of XSAs: it has another form than what is known here")

    def record(self, base: str, name: str) -> CveRecord | None:
        """A CVE record of version 5."""
        _, year, number = name.split("-")
        document = self.json(f"{base.rstrip('/')}/{year}/{number[:-3] or '0'}xxx/{name}.json", name)
        if document is None:
            return None
        try:
            about, containers = document["cveMetadata"], document["containers"]
            made_by_owner = containers["cna"]
            if about["state"] != "PUBLISHED":
                self.not_read.append(f"{name}: its state is {shown(str(about['state']))}")
                return None
            affected = [each for each in made_by_owner.get("affected", ()) if each.get("product") == "xen-orchestra"]
            day = _day(about.get("datePublished"))
            title = _text(made_by_owner, "title")
            used = any(_is_used(each) for each in containers.get("adp", ()))
            fixed = next((fix for each in affected for fix in map(_fixed, each.get("versions", ())) if fix), None)
        except (AttributeError, KeyError, TypeError):
            self.not_read.append(f"{name}: it has another form than what is known here")
            return None
        if day is None:
            self.not_read.append(f"{name}: it has no day")
            return None
        return CveRecord(name, title, day, bool(affected), fixed, used)


def _text(values: Mapping[str, Any], key: str) -> str:
    found = values.get(key)
    return shown(found, 300) if isinstance(found, str) else ""


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def _is_cve(text: object) -> bool:
    parts = text.split("-") if isinstance(text, str) else []
    return len(parts) == 3 and parts[0] == "CVE" and all(part.isascii() and part.isdecimal() for part in parts[1:])


def _fixed(version: Mapping[str, Any]) -> str | None:
    """The first release that is not affected: by `lessThan`, or by GitHub's style of `"version": "< 6.9.0"`."""
    if version.get("status") != "affected":
        return None
    text = version.get("lessThan") or str(version.get("version", "")).rpartition("<")[2].strip()
    return text if text and "=" not in text and all(part.isdecimal() for part in text.split(".")) else None


def _is_used(container: Mapping[str, Any]) -> bool:
    """Whether CISA's SSVC says that attackers use it."""
    contents = [metric.get("other", {}).get("content", {}) for metric in container.get("metrics", ())]
    options = [option for content in contents for option in content.get("options", ())]
    return any(option.get("Exploitation") == "active" for option in options)


_UNREAD = "which component it is of, what it gives, who is affected, and what has the fix"


def _proposed(ids: Sequence[str], title: str, day: date, used: bool, sources: list[Proposal], sure: bool) -> Proposal:
    """An advisory in the form of data/advisories.yaml, as far as it is known; null is to be filled in."""
    return {
        "ids": list(ids),
        "title": title,
        "published": day,
        "component": None,
        "kinds": [],
        "attacker": None,
        "exploited": used or None,
        "affects": [],
        "mitigation": None,
        "note": "The title is the source's: say it in words of our own",
        "sources": sources,
        "confidence": "medium" if sure else "low",
        "unsure_of": _UNREAD,
    }


def _of_xsa(listed: ListedXsa, records: Mapping[str, CveRecord]) -> Proposal:
    """From the list alone its confidence is low, with the record of a CVE medium; high takes somebody who reads it."""
    found = [records[each] for each in listed.cves if each in records]
    name = f"XSA-{listed.number}"
    sources = [
        {"title": f"{name}, xenbits.xen.org", "url": f"https://xenbits.xen.org/xsa/advisory-{listed.number}.html"},
        *map(_source, found),
    ]
    used = any(each.exploited for each in found)
    return _proposed([name, *listed.cves], listed.title, listed.day, used, sources, bool(found))


def _of_orchestra(record: CveRecord) -> Proposal:
    made = _proposed([record.id], record.title, record.day, record.exploited, [_source(record)], True)
    made["component"] = "xo"
    made["affects"] = [{"product": "Xen Orchestra", "affected": True, "fixed_in": record.fixed_in}]
    made["unsure_of"] = "what it gives, and from which xo-server on it is fixed"
    return made


def _source(record: CveRecord) -> Proposal:
    _, year, number = record.id.split("-")
    place = f"https://github.com/CVEProject/cvelistV5/blob/main/cves/{year}/{number[:-3] or '0'}xxx/{record.id}.json"
    return {"title": f"{record.id}, the CVE record", "url": place}


def _changed(known: Advisories, xsas: Iterable[ListedXsa], records: Mapping[str, CveRecord]) -> Iterator[Proposal]:
    """What sources say of advisories that the data have already."""
    for listed in xsas:
        for advisory in known.find(f"XSA-{listed.number}"):
            if more := [each for each in listed.cves if each not in advisory.ids]:
                yield {"id": advisory.id, "more_ids": more, "source": XSA_LIST, "confidence": "medium"}
    for record in records.values():
        for advisory in known.find(record.id):
            about = {"id": advisory.id, "source": _source(record)["url"], "confidence": "medium"}
            if record.exploited and not advisory.exploited:
                yield {**about, "exploited": True}
            affected = advisory.of_orchestra
            if record.fixed_in and affected and affected.fixed_in != record.fixed_in:
                yield {**about, "fixed_in": record.fixed_in, "before": affected.fixed_in}


def _waits_for_fix(advisory: Advisory) -> bool:
    return advisory.of_orchestra is not None and advisory.of_orchestra.operator_fills


def _ends(matrix: Matrix, ends: Ends, source: str) -> Iterator[Proposal]:
    """Where a vendor's table and the data differ; a date is never changed because of that alone."""
    for found in vendor_disagreements(matrix, ends):
        days = {"ours": found.ours, "theirs": found.theirs}
        yield {"release": found.release, **days, "source": source, "confidence": "medium"}
    numbers = {release.number for release in matrix.of(Product.XCP_NG)}
    for number in sorted(set(ends) - numbers):
        yield {
            "release": f"XCP-ng {number}",
            "ours": None,
            "theirs": ends[number],
            "source": source,
            "confidence": "low",
        }


def propose(options: argparse.Namespace, known: Advisories, matrix: Matrix, gathered: Gathered) -> Proposal:
    """All that the sources have and the data do not, with what could not be read."""
    since = options.since or known.day - LOOKED_BACK
    xsas = [*gathered.xsas(options.xsa)] if options.xsa != NONE else []
    new = [each for each in xsas if each.day >= since and not known.find(f"XSA-{each.number}")]
    wanted = [*options.cve, *(name for each in new for name in each.cves)]
    wanted += [name for each in known.of_orchestra() if _waits_for_fix(each) for name in each.ids if _is_cve(name)]
    names = list(dict.fromkeys(wanted)) if options.cves != NONE else []
    if left := len(names) - RECORDS_MAX:
        gathered.not_read += [f"{left} more CVE records: {RECORDS_MAX} are asked for in one go"] if left > 0 else []
    found = [gathered.record(options.cves, name) for name in names[:RECORDS_MAX]]
    records = {each.id: each for each in found if each}
    told = {name for each in new for name in each.cves}
    alone = [each for each in records.values() if each.of_orchestra and each.id not in told and not known.find(each.id)]
    ends: list[Proposal] = []
    tables = ((options.releases, "XCP-ng's table", ends_in_table), (options.ends, "endoflife.date", ends_of_product))
    for source, what, read in tables:
        text = gathered.text(source, what) if source != NONE else None
        if text is not None and not (there := read(text)):
            gathered.not_read.append(f"{what}: no end of life could be read in it")
        elif text is not None:
            ends += _ends(matrix, there, shown_source(source))
    return {
        "advisories": [*(_of_xsa(each, records) for each in new), *map(_of_orchestra, alone)],
        "changed": [*_changed(known, xsas, records)],
        "ends_of_life": ends,
        "not_read": gathered.not_read,
    }


_HEAD = """\
# Proposals of {day}, for data of {of}. Nothing of them is checked: read each source, say it in words of our own, fill
# in what is null (bot/advisories/validate.py says what may stand there), and move it to data/ by hand.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 where no source could be read or the file not be written, 2 for wrong words."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if strange := [each for each in options.cve if not _is_cve(each)]:
        parser.error(f"{shown(strange[0])} is no id of a CVE")
    output: Path | None = options.output
    if output and output.resolve().is_relative_to(shipped().resolve()):
        parser.error("data/ is written by hand alone: give another place")
    known, gathered = load_advisories(), Gathered()
    made = propose(options, known, load_matrix(), gathered)
    head = _HEAD.format(day=datetime.now(UTC).date(), of=known.day)
    text = head + yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=120)
    if output is None:
        sys.stdout.write(text)
    else:
        try:
            with output.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            sys.stderr.write(f"{output} can't be written: {error.strerror or error}.\n")
            return 1
    if gathered.read:
        return 0
    sys.stderr.write("None of the sources could be read: `not_read` says why.\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m bot.curate", description="Proposes what data/ may lack; changes nothing."
    )
    a_source = f"file or address; `{NONE}` leaves it out; %(default)s unless given"
    parser.add_argument("--xsa", default=XSA_LIST, metavar="SOURCE", help=f"Xen's list of XSAs: {a_source}")
    parser.add_argument("--cves", default=CVE_RECORDS, metavar="SOURCE", help=f"folder of CVE records: {a_source}")
    parser.add_argument("--cve", action="append", default=[], metavar="ID", help="a record to look at, too; repeatable")
    parser.add_argument("--releases", default=XCP_NG_TABLE, metavar="SOURCE", help=f"XCP-ng's table: {a_source}")
    parser.add_argument("--ends", default=ENDOFLIFE_DATE, metavar="SOURCE", help=f"endoflife.date: {a_source}")
    parser.add_argument(
        "--since", type=date.fromisoformat, metavar="DATE", help="XSAs from then on; else of the data's last 90 days"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="a new file, not in data/; else stdout")
    return parser


if __name__ == "__main__":
    sys.exit(main())
