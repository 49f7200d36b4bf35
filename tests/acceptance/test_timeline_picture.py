"""The timeline's picture in a browser, on a phone and on a desk: words as large as they need be, none over another."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bot.chat.commands.timeline import timeline_picture
from bot.matrix.load import load_matrix
from bot.matrix.release import Product
from tests.acceptance.chromium import Browser, chromium
from tests.parts import missing

PHONE, DESK = 390, 1280
READABLE = 10.0
"""Pixels of a letter's height of line, at least."""

MEASURED = """[...document.querySelectorAll('text')].map(text => {
  const box = text.getBoundingClientRect();
  return [text.textContent, box.left, box.top, box.right, box.bottom];
})"""


@pytest.fixture(params=(PHONE, DESK))
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Browser, int]]:
    """A browser that shows the picture in a frame of a width in pixels."""
    program = chromium()
    if program is None:
        missing("chromium: apt install chromium fonts-noto-color-emoji")
    with Browser(program, tmp_path, DESK, 900, 1) as browser:
        yield browser, request.param


@pytest.mark.parametrize("day", [date(2026, 11, 23), date(2024, 10, 10), date(2031, 8, 1)])
def test_texts_are_readable_and_none_covers_another(page: tuple[Browser, int], day: date, tmp_path: Path) -> None:
    browser, width = page
    matrix = load_matrix()
    hosts = dict.fromkeys(matrix.releases, 1234)
    picture = timeline_picture(matrix, Product, day).with_hosts(hosts)
    shown = tmp_path / "page.html"
    shown.write_text(f"<body style='margin:0'><div style='width:{width}px'>{picture.svg()}</div></body>")
    browser.open(shown.as_uri())
    browser.wait("document.readyState === 'complete' && !!document.querySelector('text')")
    boxes = browser.run(MEASURED)
    assert len(boxes) > 2 * len(matrix.releases)
    assert min(bottom - top for _, _, top, _, bottom in boxes) >= READABLE
    assert [text for text, left, _, right, _ in boxes if left < 0 or right > width] == []
    assert [
        (one[0], other[0])
        for at, one in enumerate(boxes)
        for other in boxes[at + 1 :]
        if one[1] < other[3] and other[1] < one[3] and one[2] + 2 < other[4] and other[2] + 2 < one[4]
    ] == []
