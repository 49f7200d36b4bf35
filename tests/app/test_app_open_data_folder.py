"""The folder of open data: a page that reads well without a script on a narrow screen, and everything it links to."""

import tempfile
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.app.open_data_folder import open_data_folder
from bot.chat.command import Ports
from bot.chat.export import save_folder
from bot.chat.reply import Link, Reply, line
from bot.errors import UsageError
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.web.reply_html import reply_page
from tests.acceptance.chromium import Browser, chromium
from tests.parts import missing

DAY = date(2026, 11, 27)
PHONE = 390
_VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    """The tags of a page with their attributes; an end that fits no beginning fails."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def files(matrix: Matrix, reader: Reader) -> dict[str, str]:
    return open_data_folder(Ports(matrix, reader), DAY)


def test_the_page_can_be_read_by_ear(files: dict[str, str]) -> None:
    page = Page(files["index.html"])
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table"))
    heads = page.all("th")
    assert all(head["scope"] in ("col", "row") and head["role"] for head in heads)
    assert all(image["alt"] for image in page.all("img"))
    assert not page.all("script")
    assert "script-src" not in files["index.html"]
    assert "XCP-ng 8.3 LTS" in files["index.html"]
    assert "30 Nov 2028" in files["index.html"]


def test_what_the_page_links_to_is_in_the_folder(files: dict[str, str]) -> None:
    page = Page(files["index.html"])
    near = [link for tag in ("a", "img") for each in page.all(tag) if (link := each.get("href") or each.get("src"))]
    assert {link for link in near if "://" not in link} <= files.keys()
    assert {"timeline.svg", "data/list.json", "data/openeox/index.json"} <= set(near)


def test_text_of_others_is_no_markup() -> None:
    hostile = "<script>alert(\"x\")</script> & 'quoted'"
    reply = Reply("list", line(hostile), context=(line(Link(hostile, "javascript:alert(1)")),))
    text = reply_page(hostile, [reply], [])
    assert Page(text).all("script") == []
    assert "javascript:" not in text


def test_a_folder_is_written_and_not_written_over(files: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "a" / "site"
    save_folder(files, folder, force=False)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == files.keys()
    assert (folder / "index.html").read_text(encoding="utf-8") == files["index.html"]
    with pytest.raises(UsageError, match="--force"):
        save_folder(files, folder, force=False)
    (folder / "index.html").write_text("old")
    save_folder(files, folder, force=True)
    assert (folder / "index.html").read_text(encoding="utf-8") == files["index.html"]
    with pytest.raises(UsageError, match="there already"):
        save_folder(files, folder / "index.html", force=True)


def test_it_fits_a_phone(files: dict[str, str], tmp_path: Path) -> None:
    """Nothing is wider than the screen, and no text is narrower than a word."""
    program = chromium()
    if not program:
        missing("chromium is not installed")
    save_folder(files, tmp_path / "site", force=False)
    with (
        tempfile.TemporaryDirectory(dir=tmp_path) as profile,
        Browser(program, Path(profile), PHONE, 800, 1) as browser,
    ):
        browser.resize(PHONE, 800)
        browser.open((tmp_path / "site" / "index.html").as_uri())
        browser.wait("document.readyState === 'complete' && document.querySelectorAll('tr').length > 40")
        assert browser.run("document.scrollingElement.scrollWidth") <= PHONE
        narrow = (
            "[...document.querySelectorAll('caption, tbody th, td')].filter(e => e.textContent && e.offsetWidth < 200)"
        )
        assert browser.run(f"{narrow}.length") == 0
        assert browser.run("document.images[0].naturalWidth") > 0
