"""A headless Chromium for all that is drawn."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.chromium import Browser, chromium
from tests.drawing.page import page
from tests.parts import missing

Show = Callable[[list[str], int, int], Browser]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with one page. A user's clone skips without one, CI fails."""
    program = chromium()
    if program is None:
        missing("chromium: apt install chromium fonts-noto-color-emoji")
    with Browser(program, tmp_path_factory.mktemp("chromium"), 1280, 800, 1) as running:
        yield running


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Show:
    """Opens a page of what was drawn, on a screen of so many pixels."""

    def shown(drawn: list[str], width: int, height: int) -> Browser:
        path = tmp_path / "page.html"
        path.write_text(page(drawn), encoding="utf-8")
        browser.resize(width, height)
        browser.open(path.as_uri())
        browser.wait(f"location.href === {path.as_uri()!r} && document.readyState === 'complete'")
        return browser

    return shown
