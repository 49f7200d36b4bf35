"""What people see of replies in Mattermost, in a real browser: on a phone and on a desk."""

from pathlib import Path

import pytest

from bot.chat.command import Right
from bot.chat.runner import CommandRunner
from bot.matrix.matrix import Matrix
from bot.mattermost.posts import Pen, PostPlace
from bot.query.reader import Reader
from bot.web.seals import Seals
from tests.acceptance.chromium import Browser
from tests.chat.fleet import NOON, SOURCES, ports
from tests.drawing.mattermost import page, post
from tests.fleet.fakes import FakeStore, FakeSweepLog, answered, host
from tests.questions import QUESTIONS

TOLD = {**QUESTIONS, "fleet": "fleet", "fleet-page": "fleet eol"}
PHONE = (390, 844)
WIDER_THAN_THE_PAGE = "document.scrollingElement.scrollWidth > innerWidth"
CUT = """[...document.querySelectorAll('.button, .select, p, li, code')]
    .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth && !e.closest('.scroll'))
    .map(e => e.textContent.slice(0, 60))"""
MARKS_LEFT = """[...document.querySelectorAll('.text')]
    .flatMap(e => e.innerText.match(/\\\\[*_|`]|\\*\\*|\\|\\s*-{2,}|\\]\\(/g) || [])"""
"""Markdown that the page shows as it is: what was to be a table, a link or bold, and is not."""


@pytest.fixture(scope="module")
def drawn(matrix: Matrix, reader: Reader) -> list[str]:
    """Replies to all kinds of questions, about a fleet whose one host has a name that goes on and on."""
    store, runs = FakeStore(), ("8.3.0", "8.2.1", "8.0.0", "7.6.0")
    names = ["a|b *c* " + "x" * 171, *(f"xen-{at:04}" for at in range(1, 40))]
    hosts = [host(name, runs[at % 4], coordinator=not at) for at, name in enumerate(names)]
    store.record((answered(SOURCES[0], NOON, *hosts, pool="big"),), NOON)
    desk = CommandRunner(ports(matrix, reader, (store, FakeSweepLog())), NOON.date)
    pen = Pen(Seals("a-token", "test", NOON.timestamp), "https://bot.example.org", "/xocompat")
    replies = [desk.answer(words, frozenset(Right)) for words in TOLD.values()]
    place = PostPlace("a" * 26, "key")
    posts = [each for reply in replies for each in pen.posts(reply)]
    return [post({"message": each.text, "props": {"attachments": pen.attachments(each, place)}}) for each in posts]


def _shown(browser: Browser, folder: Path, posts: list[str], size: tuple[int, int]) -> Browser:
    path = folder / "page.html"
    path.write_text(page(posts), encoding="utf-8")
    browser.resize(*size)
    browser.open(path.as_uri())
    browser.wait(f"location.href === {path.as_uri()!r} && document.readyState === 'complete'")
    assert int(browser.run("document.querySelectorAll('.post').length")) == len(posts)
    return browser


@pytest.mark.parametrize("size", [PHONE, (1280, 800)], ids=["phone", "desk"])
def test_nothing_is_cut_or_wider_than_the_screen_or_left_as_markdown(
    browser: Browser, drawn: list[str], tmp_path: Path, size: tuple[int, int]
) -> None:
    shown = _shown(browser, tmp_path, drawn, size)
    assert int(shown.run("document.querySelectorAll('table').length")) > 5
    assert shown.run(WIDER_THAN_THE_PAGE) is False
    assert shown.run(CUT) == []
    assert shown.run(MARKS_LEFT) == []


def test_the_browser_sees_what_is_wrong(browser: Browser, tmp_path: Path) -> None:
    """The checks above see a broken table, bold that is none, a word that does not fit and a page that is too wide."""
    wrong = [post({"message": text}) for text in ("| a | b |\n| --- |\n| 1 | 2 |", "** bold**")]
    wide = "<div class='post'><p style='width:60px;overflow:hidden;white-space:nowrap'>a long text</p></div>"
    shown = _shown(browser, tmp_path, [*wrong, wide, "<div class='post' style='width:900px'>x</div>"], PHONE)
    assert len(shown.run(MARKS_LEFT)) >= 2
    assert shown.run(CUT) == ["a long text"]
    assert shown.run(WIDER_THAN_THE_PAGE) is True


def test_what_nobody_can_draw_is_an_error() -> None:
    with pytest.raises(KeyError):
        post({"message": "x", "props": {"attachments": [{"actions": [{"name": "x", "type": "slider"}]}]}})
    with pytest.raises(ValueError, match="thumb_url"):
        post({"message": "x", "props": {"attachments": [{"thumb_url": "https://example.org/x.png"}]}})
