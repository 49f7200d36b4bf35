"""Bundles of a few facts, so that thousands can be checked: two releases of XCP-ng, two of XenServer."""

import json
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from bot.advisories.load import NAMES as ADVISORIES
from bot.advisories.validate import validated as validated_advisories
from bot.matrix.load import NAMES as MATRIX
from bot.matrix.load import Raw
from bot.matrix.validate import validated
from bot.published.fetch import Fetched, FetchResult
from bot.published.renew import DataFollower
from bot.published.renewals import NewRenewal, Renewals, StoredRenewal
from bot.published.revisions import FetchAttempts

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
DAY = date(2026, 11, 1)
SOURCE = "https://example.org/data.json"

_RELEASE = """\
  - product: {product}
    release: "{number}"
    name: {product} {number}
    lifecycle:
      released: {{day: 2020-01-01, confidence: confirmed, sources: [s]}}
      maintenance_ends: {{day: null, confidence: null, sources: []}}
      eol: {{day: {eol}, confidence: confirmed, sources: [s]}}
"""
RELEASES = (("XCP-ng", "8.3", "2028-11-30"), ("XCP-ng", "8.2", "2025-09-16"), ("XenServer", "8", "2028-11-30"))
LAST = ("XenServer", "7.2", "2018-04-13")

SMALL = {
    "sources": "sources:\n  s: {title: A page, url: https://example.org/page}\n",
    "releases": "source: s\nread_on: 2026-11-01\nreleases:\n"
    + "".join(_RELEASE.format(product=p, number=n, eol=eol) for p, n, eol in (*RELEASES, LAST)),
    "list": """\
source: s
read_on: 2026-10-01
legend:
  - {badge: full, emoji: "✅", words: full support, meaning: All of it works}
  - {badge: partial, emoji: "❎", words: partial support, meaning: Some of it works}
rows:
  - {product: XCP-ng, releases: ["8.3"], support: full, extra_features: true, sources: [s]}
  - {product: XCP-ng, releases: ["8.2"], support: partial, sources: [s]}
  - {product: XenServer, releases: ["8"], support: partial, sources: [s]}
  - {product: XenServer, releases: ["7.2"], support: partial, official: false, sources: [s]}
""",
    "issues": """\
issues:
  - id: one
    kind: live
    summary: It breaks
    details: When somebody looks
    affects: {XCP-ng: ">=8.2", XenServer: "==7.2"}
    links: [s]
""",
    "features": """\
features:
  - id: cbt
    name: CBT
    summary: Only what changed is read
    support: {XCP-ng: {availability: from, release: "8.2"}, XenServer: {availability: from, release: "7.2"}}
    sources: [s]
""",
    "requirements": """\
requirements:
  - {id: licence, kind: support, text: it has a licence, of: {XenServer: "==8"}, sources: [s]}
""",
    "upgrades": """\
hops:
  - product: XCP-ng
    start: "==8.2"
    to: {product: XCP-ng, release: "8.3"}
    arrives_at: XCP-ng 8.3
    how: by ISO
    why: The recommended way
    confidence: documented
    blockers: [one]
    sources: [s]
""",
    "advisories": """day: 2026-11-01
hotfixes: []
sources:
  t: {title: A page, url: https://example.org/advisory}
advisories:
  - ids: [XSA-1, CVE-2026-1]
    title: A guest takes over its host
    published: 2026-10-01
    component: xen
    kinds: [guest_to_host]
    attacker: any guest
    exploited: true
    affects:
      - {product: XCP-ng, release: "8.3", affected: true, levels: {field: xen, fixed_from: 4.17.6-9}}
      - {product: XenServer, release: "8", affected: true, levels: {field: xen, fixed_from: 4.17.6-9}}
    mitigation: null
    note: null
    ratings: []
    sources: [t]
    confidence: high
""",
    "orchestras": """day: 2026-10-01
sources:
  - {title: A page, url: https://example.org/changes}
releases:
  - {release: "6.7.1", released: 2026-08-04, xo_server: "5.207.2", rest_api: null}
""",
}

Edit = tuple[str, str, str]
"""A file, the first of some text in it, and the text in its place."""


def edited(*edits: Edit) -> dict[str, str]:
    """The small files with edits."""
    files = dict(SMALL)
    for name, old, new in edits:
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)
    return files


def document(*edits: Edit, day: str = "2026-11-26") -> dict[str, Any]:
    """A bundle of them, before it is JSON, with the right checksums."""
    files = {f"{name}.yaml": text for name, text in edited(*edits).items()}
    return {"format": 1, "day": day, "files": files, "sha256": sums(files)}


def sums(files: dict[str, str]) -> dict[str, str]:
    """Checksums of files."""
    return {name: sha256(text.encode()).hexdigest() for name, text in files.items()}


def bundle(*edits: Edit, day: str = "2026-11-26") -> bytes:
    """A bundle with edits."""
    return json.dumps(document(*edits, day=day)).encode()


def small_content() -> Raw:
    """What stands for the shipped data."""
    return content_of(SMALL)


def content_of(files: dict[str, str]) -> Raw:
    """What the files have, once they are checked."""
    texts = {name: text.encode() for name, text in files.items()}
    content = validated({name: texts[name] for name in MATRIX})
    return content | validated_advisories({name: texts[name] for name in ADVISORIES})


class MemoryRenewals(Renewals):
    """bot.published.renewals.Renewals for a test, in its memory."""

    def __init__(self) -> None:
        self.saved: list[tuple[StoredRenewal, NewRenewal]] = []
        self.failures: list[str] = []

    def latest(self) -> StoredRenewal | None:
        return self.saved[-1][0] if self.saved else None

    def content(self, stored: StoredRenewal) -> Raw | None:
        return self.saved[stored.id - 1][1].content

    def text(self, stored: StoredRenewal) -> str | None:
        return self.saved[stored.id - 1][1].text

    def save(self, new: NewRenewal, now: datetime) -> StoredRenewal:
        kept = {name: value for name, value in new._asdict().items() if name in StoredRenewal._fields}
        self.saved.append((StoredRenewal(id=len(self.saved) + 1, accepted_at=now, **kept), new))
        return self.saved[-1][0]

    def attempts(self, source: str) -> FetchAttempts | None:  # noqa: ARG002 # the port's
        return FetchAttempts(NOW, failing_since=NOW, error=self.failures[-1]) if self.failures else None

    def fetched(self, source: str, now: datetime) -> None:  # noqa: ARG002 # the port's
        self.failures.clear()

    def failed(self, source: str, error: str, passing: bool, now: datetime) -> FetchAttempts:  # noqa: ARG002 # the port's
        self.failures.append(error)
        return FetchAttempts(now, failing_since=now, error=error, passing=passing)

    def queue_news(self, stored: StoredRenewal, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        raise NotImplementedError

    def queue_failure(self, source: str, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        raise NotImplementedError


def following(answer: bytes | FetchResult, shipped: Raw | None = None) -> DataFollower:
    """Follows a source that gives one answer."""
    given = Fetched(answer, '"tag"') if isinstance(answer, bytes) else answer
    content = shipped or small_content()
    return DataFollower(SOURCE, lambda _, __: given, lambda: content, lambda: NOW)
