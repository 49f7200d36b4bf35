"""What people see of replies, in a real browser: on a phone and on a desk, whatever form tables take."""

from collections.abc import Iterator

import pytest

from bot.chat.command import Right
from bot.chat.reply import Reply, Table
from bot.chat.runner import CommandRunner
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.slack.blocks import messages
from bot.slack.table_blocks import TableForm
from tests.acceptance.chromium import Browser
from tests.chat.fleet import NOON, SOURCES, ports
from tests.drawing.conftest import Show
from tests.drawing.gallery import GALLERY
from tests.drawing.page import message
from tests.fleet.fakes import FakeStore, FakeSweepLog, answered, host
from tests.questions import QUESTIONS

PHONE, DESK = (390, 844), (1280, 800)
TOLD = {**QUESTIONS, "fleet": "fleet", "fleet-page": "fleet eol", "fleet-filter": "fleet XCP-ng 8.2"}

WIDER_THAN_THE_PAGE = "document.scrollingElement.scrollWidth > innerWidth"
CUT = """[...document.querySelectorAll('.button, .select, th, td, section, .context')]
    .filter(e => e.scrollWidth > e.clientWidth + 1 && !e.closest('.scroll')).map(e => e.textContent.slice(0, 60))"""
BOTTOM_OF_THE_TABLE = "document.querySelector('.scroll').getBoundingClientRect().bottom"
LONGEST = "XCP-ng-host-with-a-long-name-" + "x" * 171


@pytest.fixture(scope="module")
def desk(matrix: Matrix, reader: Reader) -> CommandRunner:
    """Answers about a fleet of 1,000, one of whose hosts has a name of 200 characters."""
    store, runs = FakeStore(), ("8.3.0", "8.2.1", "8.0.0", "7.6.0")
    names = [LONGEST, *(f"xen-{at:04}" for at in range(1, 1000))]
    hosts = [host(name, runs[at % 4], coordinator=not at) for at, name in enumerate(names)]
    store.record((answered(SOURCES[0], NOON, *hosts, pool="big"),), NOON)
    return CommandRunner(ports(matrix, reader, (store, FakeSweepLog())), NOON.date)


def _answer(desk: CommandRunner, name: str) -> Reply:
    return desk.answer(TOLD[name], frozenset(Right))


def _drawn(reply: Reply, form: TableForm) -> list[str]:
    return [message(each.body()) for each in messages(reply, tables=form)]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("name", TOLD)
def test_nothing_is_cut_or_wider_than_the_screen(
    desk: CommandRunner, show: Show, name: str, size: tuple[int, int]
) -> None:
    reply = _answer(desk, name)
    for form in TableForm:
        browser = show(_drawn(reply, form), *size)
        assert browser.run(WIDER_THAN_THE_PAGE) is False, form
        assert browser.run(CUT) == [], form


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("name", GALLERY)
def test_nothing_is_cut_of_what_comes_unasked_and_of_windows(show: Show, name: str, size: tuple[int, int]) -> None:
    browser = show([*GALLERY[name]()], *size)
    assert browser.run(WIDER_THAN_THE_PAGE) is False
    assert browser.run(CUT) == []


@pytest.mark.parametrize("form", TableForm)
@pytest.mark.parametrize("name", ["list", "timeline", "features", "compare", "issues", "fleet", "fleet-page"])
def test_every_column_has_its_name_in_sight(desk: CommandRunner, show: Show, name: str, form: TableForm) -> None:
    reply = _answer(desk, name)
    (table,) = (block for block in reply.blocks if isinstance(block, Table))
    text = str(show(_drawn(reply, form), *DESK).run("document.body.innerText"))
    at = [text.find(column.name) for column in table.columns]
    assert -1 not in at
    first = next(_names(table))
    assert max(at) < text.rindex(first), "the names stand above the rows"


def _names(table: Table) -> Iterator[str]:
    return (row[0][0].text for row in table.rows)


@pytest.mark.parametrize(
    ("size", "form"), [(DESK, TableForm.DATA_TABLE), (DESK, TableForm.TABLE), (PHONE, TableForm.DATA_TABLE)]
)
def test_a_fleet_of_a_thousand_is_read_without_scrolling(
    desk: CommandRunner, show: Show, size: tuple[int, int], form: TableForm
) -> None:
    browser = show(_drawn(_answer(desk, "fleet"), form), *size)
    text = str(browser.run("document.body.innerText"))
    for said in ("1,000 hosts", "750 get no security updates", "XCP-ng 7.6", "XCP-ng 8.3 LTS", "30 Nov 2028"):
        assert said in text
    assert browser.run(BOTTOM_OF_THE_TABLE) <= size[1]


def test_a_page_that_nobody_can_draw_is_an_error() -> None:
    with pytest.raises(KeyError):
        message({"blocks": [{"type": "carousel"}]})


def test_the_browser_sees_what_is_cut(show: Show) -> None:
    """The checks above see a word that does not fit, and a page that is too wide."""
    wide: Browser = show(
        ["<section style='width:60px;overflow:hidden;white-space:nowrap'>a long text</section>"], *PHONE
    )
    assert wide.run(CUT) == ["a long text"]
    wide = show(["<div style='width:900px'>x</div>"], *PHONE)
    assert wide.run(WIDER_THAN_THE_PAGE) is True
