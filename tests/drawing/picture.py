"""Pictures of replies as Slack draws them, for the README: `python -m tests.drawing.picture FILE WIDTH WORDS...`.

A fleet of 1,000 hosts is made up, the words are answered, and what Slack would get is drawn and photographed with
headless Chromium (Debian's packages `chromium` and `fonts-noto-color-emoji`). In place of words `--scene NAME` has one
of tests/drawing/gallery.py, such as an alert with its thread.
"""

import sys
import tempfile
from datetime import date
from pathlib import Path

from bot.chat.command import Right
from bot.chat.runner import CommandRunner
from bot.matrix.load import load_matrix
from bot.query.reader import Reader
from bot.slack.blocks import messages
from bot.slack.table_blocks import TableForm
from tests.acceptance.chromium import Browser, chromium
from tests.chat.fleet import NOON, ports
from tests.drawing.gallery import GALLERY
from tests.drawing.page import message, page
from tests.fleet.fakes import FakeStore, FakeSweepLog, answered, host, target

MIX = (
    *[("XCP-ng", "8.3.0")] * 10,
    *[("XCP-ng", "8.2.1")] * 6,
    *[("XenServer", "8.4.0")] * 2,
    ("XenServer", "7.2.0"),
    ("Citrix Hypervisor", "8.2.1"),
)
POOLS, HOSTS_EACH = 250, 4


def desk() -> CommandRunner:
    """Answers about 1,000 hosts in 250 pools, which run what fleets of some age run."""
    store, sweeps = FakeStore(), FakeSweepLog()
    run = sweeps.begin("it", NOON)
    sources = [target(f"pool-{at:03}", ("prod", "lab", "edge")[at % 3]) for at in range(POOLS)]
    for at, source in enumerate(sources):
        brand, version = MIX[at % len(MIX)]
        hosts = [host(f"xen-{at:03}-{n}", version, brand, coordinator=not n) for n in range(HOSTS_EACH)]
        store.record((answered(source, NOON, *hosts, pool=f"pool-{at:03}"),), NOON)
    sweeps.finish(run._replace(sources=POOLS), NOON)
    matrix = load_matrix()
    known = ports(matrix, Reader(matrix), (store, sweeps))
    assert known.watched
    watched = known.watched._replace(sources=tuple(sources))
    return CommandRunner(known._replace(watched=watched), lambda: date(2026, 11, 23))


def photograph(program: str, drawn: str, file: Path, width: int, scale: float) -> None:
    """Write a picture of a page, so many pixels wide and as high as it is; `scale` is for screens of more pixels."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "page.html"
        path.write_text(drawn, encoding="utf-8")
        with Browser(program, Path(folder), width, 800, 1) as browser:
            browser.resize(width, 100)
            browser.open(path.as_uri())
            browser.wait("!!document.querySelector('.message, .view, .post')")
            browser.resize(width, int(browser.run("document.scrollingElement.scrollHeight")), scale)
            browser.photograph(file)


def main(arguments: list[str]) -> int:
    """Writes a picture; 1 without Chromium, 2 if it is not said what to draw, how wide, and where to."""
    if len(arguments) < 3 or not arguments[1].isdecimal():
        sys.stderr.write("picture: say which file to write, how many pixels wide, and the words: FILE WIDTH WORDS...\n")
        return 2
    if (program := chromium()) is None:
        sys.stderr.write("picture: there is no chromium: install it (apt install chromium fonts-noto-color-emoji)\n")
        return 1
    file, width = Path(arguments[0]).absolute(), int(arguments[1])
    if arguments[2] == "--scene":
        drawn = page(GALLERY[arguments[3]]())
    else:
        reply = desk().answer(" ".join(arguments[2:]), frozenset(Right))
        drawn = page(message(each.body()) for each in messages(reply, tables=TableForm.DATA_TABLE))
    photograph(program, drawn, file, width, 1.5)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
