"""A bundle of data is used if nothing speaks against it; else the data in use stays, and one line says why."""

import json
import random
import ssl
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.app.published import data_follower
from bot.matrix.load import Raw
from bot.published.bundle import SIZE_MAX, bundle_text, shipped_content, shipped_files
from bot.published.data_diff import DataChange, DataFact
from bot.published.fetch import Failed, Fetched, NotModified
from bot.published.renew import DataFollower, DataRenewal, data_in_use
from bot.simulator import SimCertificate
from tests.published.bundles import (
    DAY,
    NOW,
    SMALL,
    SOURCE,
    Edit,
    MemoryRenewals,
    bundle,
    document,
    following,
    small_content,
    sums,
)
from tests.published.pages import Page, serving

LATER: Edit = ("releases", "2028-11-30", "2029-11-30")
LATER_TOO: Edit = ("releases", "2025-09-16", "2026-09-16")
RAISED: Edit = ("list", 'releases: ["8"], support: partial', 'releases: ["8"], support: full')


@pytest.fixture
def renewals() -> MemoryRenewals:
    return MemoryRenewals()


def _stays(renewals: MemoryRenewals, found: DataRenewal) -> str:
    """The one line that says why."""
    assert (found.stored, renewals.saved) == (None, [])
    assert found.problem
    assert "\n" not in found.problem
    assert renewals.failures == [found.problem]
    assert data_in_use(small_content(), renewals).day == DAY
    return found.problem.removeprefix(f"{SOURCE} ")


def test_what_is_exported_is_what_is_in_use(renewals: MemoryRenewals) -> None:
    content = shipped_content()
    body = bundle_text(shipped_files(), date(2026, 11, 26)).encode()
    found = following(body, content).sync(renewals)
    assert (found.problem, found.changes, found.day) == (None, (), date(2026, 11, 26))
    assert data_in_use(content, renewals).content == content


def test_a_bundle_comes_over_https_from_a_server_that_is_trusted(
    renewals: MemoryRenewals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = SimCertificate("data.example", names=("127.0.0.1",))
    file = tmp_path / "server.pem"
    file.write_text(certificate.key_pem + certificate.pem)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    with serving(Page(bundle(LATER)), tls=tls) as pages:
        follows = data_follower(pages.url, renewals, pause=lambda _: None)
        assert follows
        follows = follows._replace(shipped=small_content, now=lambda: NOW)
        problem = follows.sync(renewals).problem
        assert problem
        assert "can't be trusted: its certificate does not hold" in problem
        assert (pages.asked, renewals.saved) == ([], [])
        (tmp_path / "ca.pem").write_text(certificate.pem)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        found = follows.sync(renewals)
        assert (found.problem, found.day, len(pages.asked)) == (None, date(2026, 11, 26), 1)


def test_newer_data_is_used_and_what_moved_is_told(renewals: MemoryRenewals) -> None:
    found = following(bundle(LATER)).sync(renewals)
    moved = DataChange("releases", "XCP-ng 8.3", DataFact.EOL, "2028-11-30", "2029-11-30", is_better=True)
    assert (found.problem, found.changes) == (None, (moved,))
    used = data_in_use(small_content(), renewals)
    assert (used.day, used.stored) == (date(2026, 11, 26), found.stored)
    assert used.content["releases"]["releases"][0]["lifecycle"]["eol"]["day"] == "2029-11-30"


def test_the_same_bundle_again_is_in_use_already(renewals: MemoryRenewals) -> None:
    stored = following(bundle(LATER)).sync(renewals).stored
    again = following(bundle(LATER)).sync(renewals)
    assert (again.stored, again.changes, len(renewals.saved)) == (stored, (), 1)
    unchanged = following(NotModified()).sync(renewals)
    assert (unchanged.stored, unchanged.problem, len(renewals.saved)) == (stored, None, 1)


def test_what_is_shipped_is_the_floor(renewals: MemoryRenewals) -> None:
    following(bundle(LATER)).sync(renewals)
    newer = {**small_content(), "list": {**small_content()["list"], "read_on": "2026-11-27"}}
    assert data_in_use(newer, renewals).stored is None
    older_than_that = following(bundle(LATER, day="2026-11-26"), newer).sync(renewals)
    assert older_than_that.problem == (
        f"{SOURCE} is of 2026-11-26, and the data in use is of 2026-11-27: only newer data is used."
    )


def test_a_day_that_is_yet_to_come_keeps_nothing_out(renewals: MemoryRenewals) -> None:
    assert following(bundle(LATER, day="2031-01-01")).sync(renewals).day == NOW.date()
    assert following(bundle(day=NOW.date().isoformat())).sync(renewals).problem is None


def test_two_things_may_look_better_and_a_third_one_waits(renewals: MemoryRenewals) -> None:
    waits = following(bundle(LATER, LATER_TOO, RAISED)).sync(renewals)
    assert waits.waits
    assert _stays(renewals, waits) == (
        "makes 3 things better at once (XCP-ng 8.3 eol 2028-11-30 → 2029-11-30, XCP-ng 8.2 eol 2025-09-16 → 2026-09-16,"
        " XenServer 8 support partial → full): if that is right, `xocompat sync --force` takes it."
    )
    assert following(bundle(LATER, RAISED)).sync(renewals).problem is None
    forced = following(bundle(LATER, LATER_TOO, RAISED)).sync(renewals, force=True)
    assert (forced.problem, len(renewals.saved)) == (None, 2)


def test_raised_levels_of_three_releases_wait(renewals: MemoryRenewals) -> None:
    raised: list[Edit] = [("list", "support: partial", "support: full")] * 3
    assert _stays(renewals, following(bundle(*raised)).sync(renewals)).startswith(
        "makes 3 things better at once (XCP-ng"
    )


def test_a_release_that_is_gone_always_waits(renewals: MemoryRenewals) -> None:
    at = SMALL["releases"].index('  - product: XenServer\n    release: "7.2"')
    row = '  - {product: XenServer, releases: ["7.2"], support: partial, official: false, sources: [s]}\n'
    edits: tuple[Edit, ...] = (
        ("releases", SMALL["releases"][at:], ""),
        ("list", row, ""),
        ("issues", ', XenServer: "==7.2"', ""),
        ("features", ', XenServer: {availability: from, release: "7.2"}', ""),
    )
    said = _stays(renewals, following(bundle(*edits)).sync(renewals))
    assert said == "loses releases (XenServer 7.2 gone): if that is right, `xocompat sync --force` takes it."
    assert following(bundle(*edits)).sync(renewals, force=True).problem is None


def _with(**values: Any) -> bytes:
    return json.dumps({**document(), **values}).encode()


def _without(key: str, name: str) -> bytes:
    made = document()
    del made[key][name]
    return json.dumps(made).encode()


def _raw(name: str, text: str) -> bytes:
    files = {**document()["files"], f"{name}.yaml": text}
    return _with(files=files, sha256=sums(files))


WRONG: tuple[tuple[bytes, str], ...] = (
    (b"x" * (SIZE_MAX + 1), "is larger than 8 MiB."),
    (b"", "is no JSON."),
    (b"[" * 100_000, "is no JSON."),
    (b"[]", "is no bundle of data: `xocompat export --format data` makes one."),
    (_with(format=2), "has another format than 1: it may be for a newer xocompat."),
    (_with(format=True), "has another format than 1: it may be for a newer xocompat."),
    (_with(day="2026-10-31"), "is of 2026-10-31, and the data in use is of 2026-11-01: only newer data is used."),
    (_with(day="yesterday"), "does not say of which day it is, as in 2026-11-26."),
    (_with(day="2026-02-30"), "does not say of which day it is, as in 2026-11-26."),
    (_with(files=None), "has no files, or no checksums of them."),
    (_without("files", "list.yaml"), "lacks list.yaml."),
    (_without("sha256", "list.yaml"), "is damaged: list.yaml does not have its checksum."),
    (
        _with(sha256=sums({f"{n}.yaml": t + " " for n, t in SMALL.items()})),
        "is damaged: sources.yaml does not have its",
    ),
    (_with(files={**document()["files"], "list.yaml": 5}), "has no text in list.yaml."),
    (_with(files={**document()["files"], "list.yaml": "\ud800"}), "has no text in list.yaml."),
    (
        _with(files={**document()["files"], "vocabulary.txt": ""}),
        "has 'vocabulary.txt', which this version does not know: it may be for a newer xocompat.",
    ),
    (_raw("list", "{"), "is not valid: list.yaml is not YAML."),
    (_raw("list", "[" * 100_000), "is not valid: list.yaml is not YAML."),
    (_raw("list", "- " * 100 + "x"), "has too much in list.yaml, or too deep."),
    (_raw("list", "- a\n" * 60_000), "has too much in list.yaml, or too deep."),
    (_raw("list", "a: &a [x]\nb: [*a, *a]"), "has an anchor, an alias or a tag in list.yaml: data is written without."),
    (_raw("list", "a: !!timestamp x"), "has an anchor, an alias or a tag in list.yaml: data is written without."),
    (_raw("list", "a: 0x_"), "is not valid: list.yaml: is not YAML: invalid literal for int()"),
    (_raw("list", 'a: "\\e[2J"'), "has a text in list.yaml that is too long, or that cannot be shown."),
    (_raw("list", f"a: {'x' * 30_000}"), "has a text in list.yaml that is too long, or that cannot be shown."),
    (_raw("list", "a: 1"), "is not valid: list.yaml: source: Field required (and "),
    (
        bundle(("list", 'releases: ["8.2"]', 'releases: ["9.9"]')),
        "is not valid: list.yaml: rows[1].releases: XCP-ng 9.9 is no release of releases.yaml.",
    ),
    (bundle(("list", SMALL["list"][SMALL["list"].index("rows:") :], "rows: []\n")), "has 0 of the 4 rows in list.yaml"),
    (
        bundle(("issues", SMALL["issues"][7:], " []"), ("upgrades", "[one]", "[]")),
        "has 0 of the 1 issues in issues.yaml that are in use.",
    ),
)


@pytest.mark.parametrize(("body", "why"), WRONG, ids=[why[:40] for _, why in WRONG])
def test_what_is_wrong_changes_nothing(renewals: MemoryRenewals, body: bytes, why: str) -> None:
    assert _stays(renewals, following(body).sync(renewals, force=True)).startswith(why)


def test_a_source_that_gives_nothing_changes_nothing(renewals: MemoryRenewals) -> None:
    assert _stays(renewals, following(Failed("It is away.", passing=True)).sync(renewals)) == "It is away."
    renewals.failures.clear()
    assert "nothing yet that could have" in _stays(renewals, following(NotModified()).sync(renewals))


def test_a_look_stores_nothing(renewals: MemoryRenewals) -> None:
    found = following(bundle(LATER))._replace(renewals=renewals).check()
    assert (len(found.changes), found.stored, renewals.saved, renewals.failures) == (1, None, [], [])


def test_what_other_checks_passed_is_checked_anew(renewals: MemoryRenewals, monkeypatch: pytest.MonkeyPatch) -> None:
    following(bundle(LATER)).sync(renewals)
    stored, new = renewals.saved[0]
    renewals.saved[0] = stored._replace(checked_by="another"), new._replace(content={})
    assert data_in_use(small_content(), renewals).content["releases"]["releases"][0]["lifecycle"]["eol"]["day"] == (
        "2029-11-30"
    )
    monkeypatch.setattr("bot.published.bundle.NAMES", ("sources", "more"))  # a version that wants another file
    assert data_in_use(small_content(), renewals).stored is None


MUTATIONS = 2_000


def _in_bytes(draw: random.Random) -> bytes:
    """Somewhere in the document, so that its checksums find it, or JSON does not read it."""
    body = bytearray(bundle())
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(body))
        body[at : at + draw.choice((0, 1, 5))] = draw.choice((b"", b"\0", b'"', b"9", b"\xff", b"}", b"[" * 50))
    return bytes(body)


_LINES = [(name, line) for name, text in SMALL.items() for line in text.splitlines(keepends=True)]
_TEXTS = (
    "null",
    "[]",
    "{}",
    "''",
    "true",
    "9.9",
    "-1",
    "2026-99-99",
    "x" * 50,
    "\t",
    "*a",
    "!!x",
    "\x7f",
    "1e999",
    "0x_",
)


def _in_a_file(draw: random.Random) -> bytes:
    """In a file, with the right checksums: a line is gone, twice or elsewhere, or a value is another."""
    name, line = draw.choice(_LINES)
    text = SMALL[name]
    match draw.randrange(4):
        case 0:
            text = text.replace(line, "", 1)
        case 1:
            text = text.replace(line, line + line, 1)
        case 2:
            other = draw.choice(_LINES)[1]
            text = text.replace(line, other, 1)
        case _:
            key, _, _ = line.rstrip("\n").rpartition(": ")
            text = text.replace(line, f"{key}: {draw.choice(_TEXTS)}\n", 1)
    return _raw(name, text)


@pytest.mark.large
def test_two_thousand_mutated_bundles_leave_the_data_or_tell_what_moved() -> None:
    draw, content = random.Random(15), small_content()
    refused = accepted = 0
    for number in range(MUTATIONS):
        body = (_in_bytes if number % 2 else _in_a_file)(draw)
        found, used, renewals = _tried(body, content)
        if found.problem:
            refused += 1
            assert (used, renewals.saved) == (content, []), body
            assert "\n" not in found.problem
            assert len(found.problem) < 600
        else:
            accepted += 1  # it says what is in use, in other words or of another day, or what moved is told
            assert bool(found.changes) or _told(used, content), body
            assert sum(change.is_better for change in found.changes) <= 2
    assert refused > MUTATIONS // 2
    assert accepted > 20


def _tried(body: bytes, content: Raw) -> tuple[DataRenewal, Raw, MemoryRenewals]:
    renewals = MemoryRenewals()
    follower = DataFollower(SOURCE, lambda _, __: Fetched(body), lambda: content, lambda: NOW)
    found = follower.sync(renewals)
    return found, data_in_use(content, renewals).content, renewals


def _told(used: Raw, content: Raw) -> bool:
    """Whether two contents are the same but for the days on which sources were read."""

    def without_days(raw: Raw) -> Raw:
        return {name: {**file, "read_on": None} for name, file in raw.items()}

    return without_days(used) == without_days(content)
