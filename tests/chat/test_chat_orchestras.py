"""`xo` and `patches`: what Xen Orchestras said of themselves, and of the updates that hosts miss."""

from datetime import date
from typing import Any

import pytest

from bot.advisories.patch_level import levels_of
from bot.chat.command import Right
from bot.chat.patch_wording import patch_data, patch_line
from bot.chat.reply import Bullets, Paragraph, Reply, Table, plain
from bot.chat.runner import CommandRunner
from bot.errors import UsageError
from bot.fleet.hosts import Source, SourceKind
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.query.reader import Reader
from bot.xapi.observation import Software
from bot.xo.updates import MissingUpdates, WhyNotAsked
from tests.chat.fleet import CURL_UPDATE, NOON, SILENT, SOURCES, XEN_UPDATE, Orchestras, fleet, orchestra, ports

pytestmark = pytest.mark.unit

DAY = date(2026, 11, 27)
NAMES = ("old", "newer", "silent", "was-old", "unasked")


def _runner(
    matrix: Matrix, reader: Reader, said: Orchestras, names: tuple[str, ...] = NAMES, fixed_from: str | None = None
) -> CommandRunner:
    known = ports(matrix, reader, fleet())
    assert known.watched
    sources = (*SOURCES, *(Source(name, SourceKind.XEN_ORCHESTRA) for name in names))
    watched = known.watched._replace(sources=sources, orchestras=said, orchestra_fixed_from=fixed_from)
    return CommandRunner(known._replace(watched=watched), lambda: DAY)


def _data(reply: Reply, key: str) -> dict[str, Any]:
    assert reply.data is not None
    return {each["name"]: each for each in reply.data[key]}


def test_each_xen_orchestra_is_told_with_its_holes(matrix: Matrix, reader: Reader) -> None:
    versions = (
        orchestra("old", "5.207.2"),
        orchestra("newer", "5.999.0"),
        orchestra("silent", None, SILENT),
        orchestra("was-old", "5.100.0", SILENT),
    )
    reply = _runner(matrix, reader, Orchestras(versions)).answer("xo", frozenset(Right))
    found = _data(reply, "orchestras")
    states = {name: each["state"] for name, each in found.items()}
    assert states == {
        "old": "vulnerable",
        "newer": "cannot_tell",
        "silent": "unreachable",
        "was-old": "vulnerable",
        "unasked": "cannot_tell",
    }
    assert found["old"]["version"] == "6.7.1"
    assert found["old"]["advisories"][0] == "CVE-2026-133469"
    assert found["old"]["update_to"] == "6.9.0"
    assert (found["newer"]["version"], found["newer"]["advisories"]) == (None, [])
    assert found["was-old"]["error"]["code"] == "timeout"
    assert "alone" in plain(reply.context[0])


def test_the_operator_says_from_which_number_on_it_is_fixed(matrix: Matrix, reader: Reader) -> None:
    said = Orchestras((orchestra("newer", "5.999.0"), orchestra("old", "5.207.2")))
    runner = _runner(matrix, reader, said, ("newer", "old"), fixed_from="5.210.0")
    found = _data(runner.answer("xo", frozenset(Right)), "orchestras")
    assert "CVE-2026-133469" in found["old"]["advisories"]
    text = runner.answer("xo newer", frozenset(Right)).blocks
    assert "CVE-2026-133469" not in str(text)


def _said(reply: Reply) -> list[str]:
    return [plain(each) for block in reply.blocks if isinstance(block, Paragraph) for each in block.lines]


def test_no_release_is_advised_as_if_it_fixed_what_nobody_knows_to_be_fixed(matrix: Matrix, reader: Reader) -> None:
    said = Orchestras((orchestra("old", "5.207.2"), orchestra("newer", "5.999.0")))
    runner = _runner(matrix, reader, said)
    reply = runner.answer("xo old", frozenset(Right))
    step, helps = _said(reply)[-2:]
    assert step == (
        "Next step: update to the newest Xen Orchestra. No source of ours names the release that fixes "
        "CVE-2026-133469; 6.9.0 and newer have the fix of the other one."
    )
    assert helps.startswith(
        "What helps against CVE-2026-133469 until then: Let only trusted networks reach Xen Orchestra."
    )
    assert _data(reply, "orchestras")["old"]["fix_unknown"] == ["CVE-2026-133469"]
    assert reply.vulnerable
    reply = runner.answer("xo newer", frozenset(Right))
    assert "Cannot tell: CVE-2026-133469" in _said(reply)[0]
    assert _said(reply)[-1].startswith("What helps against CVE-2026-133469 until then: ")
    assert not reply.vulnerable
    reply = _runner(matrix, reader, said, fixed_from="5.210.0").answer("xo old", frozenset(Right))
    assert _said(reply)[-2].startswith("Next step: update to xo-server 5.210.0 or newer")


def test_one_is_shown_by_its_name(matrix: Matrix, reader: Reader) -> None:
    runner = _runner(matrix, reader, Orchestras((orchestra("old", "5.207.2"),)))
    reply = runner.answer("xo OLD", frozenset(Right))
    assert reply.summary == (
        "old runs Xen Orchestra 6.7.1 (xo-server 5.207.2): CVE-2026-133469, used by attackers: anybody can log in"
    )
    with pytest.raises(UsageError, match="I know no Xen Orchestra"):
        runner.answer("xo nobody", frozenset(Right))
    assert runner.answer("xo", frozenset([Right.LOOKUP])).kind == "refused"


def test_without_any_there_is_an_empty_answer(matrix: Matrix, reader: Reader) -> None:
    runner = CommandRunner(ports(matrix, reader, fleet()), lambda: DAY)
    reply = runner.answer("xo", frozenset(Right))
    assert (_data(reply, "orchestras"), reply.exit_status, reply.vulnerable) == ({}, 0, False)
    assert "add xen_orchestra to the configuration" in reply.summary
    assert runner.answer("xo nobody", frozenset(Right)).exit_status == 3


def test_words_that_narrow_nothing_are_told_as_the_fleet_tells_them(matrix: Matrix, reader: Reader) -> None:
    reply = _runner(matrix, reader, Orchestras()).answer("patches nonsense", frozenset(Right))
    asked = {"as_of": DAY.isoformat(), "hosts": [], "unknown": ["nonsense"], "suggestions": []}
    assert (reply.exit_status, reply.data) == (3, asked)
    assert reply.summary == 'I can\'t narrow the fleet down by "nonsense".'
    assert _runner(matrix, reader, Orchestras()).answer("fleet nonsense", frozenset(Right)).exit_status == 3


def test_missing_updates_are_told_security_first(matrix: Matrix, reader: Reader) -> None:
    uuids = {name: each["uuid"] for name, each in _data(_hosts(matrix, reader), "hosts").items()}
    said = Orchestras(
        updates=(
            MissingUpdates(uuids["xen-1"], "old", NOON, True),
            MissingUpdates(uuids["xen-11"], "old", NOON, True, (CURL_UPDATE, XEN_UPDATE)),
            MissingUpdates(uuids["archive-1"], "old", NOON, False, (), WhyNotAsked.PLAN),
            MissingUpdates(uuids["xen-12"], "a stranger", NOON, True),
        )
    )
    reply = _runner(matrix, reader, said).answer("patches", frozenset(Right))
    found = _data(reply, "hosts")
    assert [*found][:2] == ["xen-2", "xen-11"]
    assert found["xen-11"]["missing"] == [
        {"name": "curl", "version": "8.9.1-5", "security": None},
        {"name": "xen-hypervisor", "version": "4.17.6-9.2", "security": True},
    ]
    assert (found["xen-1"]["asked"], found["xen-1"]["missing"], found["xen-1"]["source"]) == (True, [], "old")
    assert (found["archive-1"]["asked"], found["archive-1"]["why"]) == (False, "plan")
    assert (found["xen-12"]["asked"], found["xen-12"]["source"]) == (False, None)
    table = next(block for block in reply.blocks if isinstance(block, Table))
    cells = {plain(row[0]): plain(row[4]) for row in table.rows}
    assert cells["xen-11"] == "xen-hypervisor 4.17.6-9.2, curl 8.9.1-5"
    assert cells["xen-1"] == "nothing missing in the enabled repositories"
    assert {cells["archive-1"], cells["xen-2"], cells["xen-12"]} == {"could not ask"}
    (reasons,) = [block for block in reply.blocks if isinstance(block, Bullets)]
    assert [plain(item) for item in reasons.items] == [
        "xen-2, spare-1, xen-12: no Xen Orchestra tells what is missing",
        "archive-1: the plan of this Xen Orchestra does not have the function",
    ]
    assert not [block for block in reply.blocks if isinstance(block, Paragraph)]


def _hosts(matrix: Matrix, reader: Reader) -> Reply:
    return _runner(matrix, reader, Orchestras()).answer("patches", frozenset(Right))


@pytest.mark.parametrize(
    ("xen", "said"),
    [
        (
            "4.17.6-9",
            "no known hole is seen to be open here; 16 cannot be told (what runs may be newer than the data); "
            "22 more are told by nothing that a host shows, such as the kernel's",
        ),
        ("4.17.3-1", "39 known holes are not fixed here"),
    ],
)
def test_a_line_says_what_of_a_patch_level_matters(matrix: Matrix, xen: str, said: str) -> None:
    release = matrix.release(Product.XCP_NG, "8.3")
    assert release
    level = levels_of(matrix).of(release, Software(xen=xen, xapi="26.1.4"), False)
    assert said in patch_line(level)
    data = patch_data(level, False)
    if xen == "4.17.6-9":
        assert (data["state"], data["vulnerable"]) == ("cannot_tell", [])
        assert (data["cannot_tell"], data["not_shown"]) == (16, 22)
    else:
        assert (data["state"], len(data["vulnerable"])) == ("vulnerable", 39)
