"""The timeline as a picture: every release's bar where its days are, words for all that colours say, hostile names."""

import sys
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from bot.chat.command import Right
from bot.chat.commands.timeline import timeline_picture
from bot.chat.png import WIDTH, png
from bot.chat.runner import CommandRunner
from bot.chat.timeline_axis import Timeline
from bot.chat.timeline_picture import TimelinePicture
from bot.errors import UnavailableError
from bot.matrix.assess import Assessment, assess
from bot.matrix.lifecycle import Lifecycle, PartialDate
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product

DAY = date(2026, 11, 23)
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('x')</script> & \"quoted\" \u202egnp\x00\ud800 ]]>"


def _picture(matrix: Matrix, *products: Product, day: date = DAY) -> TimelinePicture:
    return timeline_picture(matrix, products or Product, day)


def _root(picture: TimelinePicture) -> ET.Element:
    return ET.fromstring(picture.svg())


def _texts(root: ET.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}text")]


def _bars(root: ET.Element, kind: str = "bar") -> list[tuple[float, float]]:
    found = (each for each in root.iter(f"{SVG}rect") if each.get("class") == kind)
    return [(float(each.get("x", "")), float(each.get("width", ""))) for each in found]


def _with(matrix: Matrix, name: str, life: Lifecycle, day: date = DAY) -> Assessment:
    release = matrix.of(Product.XCP_NG)[0]._replace(base_name=name, lifecycle=life)
    return assess(matrix, release, day)


def _only(matrix: Matrix, name: str, *days: str | None) -> TimelinePicture:
    released, maintenance, eol = (date.fromisoformat(each) if each else None for each in days)
    begin = PartialDate(released.year, released.month, released.day) if released else None
    return TimelinePicture(Timeline(DAY, (_with(matrix, name, Lifecycle(begin, maintenance, eol)),)))


def test_every_release_has_a_bar_and_is_told_in_words(matrix: Matrix) -> None:
    picture = _picture(matrix)
    root = _root(picture)
    releases = matrix.releases
    assert len(_bars(root)) == len(releases) == 27
    assert {release.name(DAY) for release in releases} <= set(_texts(root))
    assert "ended 13 Apr 2018" in _texts(root)
    assert "ends next: 30 Nov 2028 (in 2 years)" in _texts(root)
    told = root.findtext(f"{SVG}desc") or ""
    assert "XenServer 7.2: released 25 May 2017, ended 13 Apr 2018." in told
    assert all(f"{release.name(DAY)}: released " in told for release in releases)


def test_bars_lie_on_one_axis_of_days(matrix: Matrix) -> None:
    timeline = _picture(matrix).timeline
    bars = _bars(_root(_picture(matrix)))
    spans = [timeline.span(each) for each in timeline.assessed]
    a_day = 568 / (timeline.end - timeline.begin).days
    for (x, width), span in zip(bars, spans, strict=True):
        assert x == pytest.approx(16 + (span.begin - timeline.begin).days * a_day, abs=0.1)
        assert width == pytest.approx(max((span.end - span.begin).days * a_day, 3), abs=0.2)


def test_it_is_a_picture_for_screen_readers_and_runs_and_loads_nothing(matrix: Matrix) -> None:
    root = _root(_picture(matrix))
    assert root.get("role") == "img"
    assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert (root.get("aria-labelledby") or "").split() == [root[0].get("id"), root[1].get("id")]
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "defs", "pattern", "linearGradient", "stop", "g", "rect", "line", "text",
    }  # fmt: skip
    names = {name for each in root.iter() for name in each.attrib}
    assert not any(name.startswith("on") or name.endswith("href") for name in names)
    assert "http" not in _picture(matrix).svg().replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_the_same_day_gives_the_same_bytes_and_they_are_ascii(matrix: Matrix) -> None:
    assert _picture(matrix).svg() == _picture(matrix).svg()
    assert _picture(matrix).svg().isascii()
    assert _picture(matrix).svg() != _picture(matrix, day=date(2028, 12, 1)).svg()


def test_another_day_moves_the_line_and_the_stages(matrix: Matrix) -> None:
    def today(day: date) -> float:
        root = _root(_picture(matrix, Product.XENSERVER, day=day))
        return next(float(e.get("x1", "")) for e in root.iter(f"{SVG}line") if e.get("class") == "today")

    assert today(date(2019, 1, 1)) < today(DAY) < today(date(2031, 1, 1))
    before = _texts(_root(_picture(matrix, Product.XENSERVER, day=date(2024, 10, 10))))
    assert "10 Oct 2024" in before
    assert any(text.startswith("ends next: 25 Jun 2025") for text in before)
    assert any(text.startswith("out 2 Jul 2026") for text in before)
    assert "not released" in before
    assert "not released" not in _texts(_root(_picture(matrix)))


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_calendars_first_and_last_day_have_a_picture_too(matrix: Matrix, day: date) -> None:
    root = _root(_picture(matrix, day=day))
    assert len(_bars(root)) > 20


def test_one_product_is_alone_where_it_is_asked_for(desk: CommandRunner) -> None:
    picture = desk.answer("timeline xcp-ng", frozenset({Right.LOOKUP})).picture
    assert picture
    assert "XenServer" not in picture.svg()
    assert "Lifecycle of XCP-ng on 23 Nov 2026." in picture.alt


def test_maintenance_and_lts_are_told_by_pattern_and_word(matrix: Matrix) -> None:
    picture = _picture(matrix, Product.XENSERVER, day=date(2024, 10, 10))
    root = _root(picture)
    assert len(_bars(root, "critical")) == sum(
        picture.timeline.span(each).critical_from is not None for each in picture.timeline.assessed
    )
    assert len(_bars(root, "lts")) == 2
    assert 'fill="url(#critical)"' in picture.svg()
    assert {"critical fixes only (maintenance)", "long-term support (LTS)"} <= set(_texts(root))
    assert "critical fixes only from 3 Jun 2024" in (root.findtext(f"{SVG}desc") or "")


def test_hosts_stand_at_the_ends_where_a_fleet_is_given_and_nowhere_else(matrix: Matrix) -> None:
    release = matrix.release(Product.XCP_NG, "8.2")
    assert release
    picture = _picture(matrix)
    assert not any("host" in text for text in _texts(_root(picture)))
    shown = picture.with_hosts({release: 300})
    assert [text for text in _texts(_root(shown)) if "host" in text] == ["ended 16 Sep 2025 · 300 hosts"]


@pytest.mark.parametrize(
    ("days", "said", "opens"),
    [
        (("2024-01-01", None, None), "end of life not known", 1),
        ((None, None, "2027-01-01"), "until 1 Jan 2027 (in 39 days)", 1),
        ((None, None, None), "end of life not known", 2),
        (("2024-01-01", None, "2027-01-01"), "until 1 Jan 2027 (in 39 days)", 0),
    ],
)
def test_what_is_not_known_fades_and_is_said(
    matrix: Matrix, days: tuple[str | None, ...], said: str, opens: int
) -> None:
    picture = _only(matrix, "XCP-ng 9", *days)
    root = _root(picture)
    assert said in _texts(root)
    assert len(_bars(root, "open")) == opens
    assert ("date not known" in _texts(root)) is (opens > 0)
    assert ("release date not known" in (root.findtext(f"{SVG}desc") or "")) is (days[0] is None)
    assert picture.bars(40).lines[0].count("?") == opens


def test_hostile_names_are_text_and_are_cut(matrix: Matrix) -> None:
    root = _root(_only(matrix, HOSTILE, "2024-01-01", None, "2027-01-01"))
    assert any(text.startswith("<script>alert('x')</script>") for text in _texts(root))
    assert root.find(f".//{SVG}script") is None
    whole = "".join(root.itertext())
    assert not {"\u202e", "\x00", "\ud800"} & set(whole)
    long_one = _root(_only(matrix, "W" * 5000, "2024-01-01", None, "2027-01-01"))
    assert any(text.startswith("WWW") and text.endswith("...") and len(text) < 40 for text in _texts(long_one))


def test_no_releases_are_a_picture_too(matrix: Matrix) -> None:
    assert "Ended: 0 of 0 releases" in _texts(_root(TimelinePicture(Timeline(DAY, ()))))
    assert _picture(matrix).bars(40).lines


def test_bars_of_characters_are_as_wide_as_asked_and_have_a_legend(matrix: Matrix) -> None:
    bars = _picture(matrix).bars(40)
    assert len(bars.lines) == 27
    assert max(map(len, (bars.axis, *bars.lines))) <= 40
    assert bars.legend == "█ security updates · ░ ended · │ 23 Nov 2026"
    plain = _picture(matrix, day=date(2024, 10, 10)).bars(40, is_ascii=True)
    assert "".join(plain.lines).isascii()
    assert set("".join(plain.lines)) <= set(" =-.+|")


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch, matrix: Matrix) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UnavailableError, match=r"pip install 'xocompat\[pictures\]'"):
        _picture(matrix).png()


def test_a_png_is_drawn_with_its_words(matrix: Matrix) -> None:
    pytest.importorskip("resvg_py", reason="the extra `pictures` is not installed")
    picture = _picture(matrix, Product.XCP_NG)
    made = picture.png()
    assert made.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(made[16:20]) == WIDTH
    assert made == picture.png()
    mute = ET.fromstring(picture.svg())
    for text in [*mute.iter(f"{SVG}text")]:
        text.text = ""
    assert png(ET.tostring(mute, encoding="unicode"), WIDTH) != made


def test_a_system_without_fonts_is_told_and_not_drawn_without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fontless:
        @staticmethod
        def svg_to_bytes(**_: object) -> bytes:
            return b"the same, whatever is written"

    monkeypatch.setitem(sys.modules, "resvg_py", Fontless)
    with pytest.raises(UnavailableError, match="no font"):
        png("<svg/>", 10)
