"""Sites in chat: `sites` says which are silent and whether they can be heard at all, App Home has them in a line."""

from datetime import timedelta

import pytest

from bot.chat.command import Right
from bot.chat.home_page import home_page
from bot.chat.interpret import interpret
from bot.chat.reply import Reply, with_code
from bot.chat.runner import CommandRunner
from bot.fleet.sites import KnownSites, MessageServer, RemoteTarget, Site, SiteWorker
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from tests.chat.fleet import NOON, fleet, ports

ALL = frozenset(Right)
NOW = NOON + timedelta(hours=2)
PARIS = Site("paris", NOW, (RemoteTarget("paris/lab-a"),), (SiteWorker("one", "2.0", NOW),))
LYON = Site("lyon", NOW - timedelta(hours=1))
UP, AWAY = (MessageServer(is_up, NOW - timedelta(minutes=1)) for is_up in (True, False))


def said(reply: Reply) -> str:
    return render(reply, Capabilities())


@pytest.mark.parametrize(
    ("known", "line"),
    [
        (KnownSites((LYON, PARIS)), "2 sites"),
        (KnownSites((PARIS,)), "1 site"),
        (KnownSites(), None),
    ],
)
def test_app_home_has_sites_in_a_line_where_there_are_any(
    matrix: Matrix, reader: Reader, known: KnownSites, line: str | None
) -> None:
    every = ports(matrix, reader, fleet())
    assert every.watched
    watched = every.watched._replace(sites=lambda: known)
    parts = home_page(every._replace(watched=watched), ALL, NOW, with_code(""))
    (part,) = (part for part in parts if part.kind == "fleet")
    assert [each for each in said(part).splitlines() if "site" in each] == (
        [f"{line}  {_state(known)}"] if line else []
    )
    nobody = home_page(every._replace(watched=watched), frozenset({Right.LOOKUP}), NOW, with_code(""))
    assert [part for part in nobody if "site" in said(part)] == []


def _state(known: KnownSites) -> str:
    return "⚠️ 1 is silent" if known.silent(NOW) else "🟢 heard lately"


@pytest.mark.parametrize("server", [None, UP, AWAY])
def test_sites_says_that_nothing_is_heard_while_the_server_is_away(
    matrix: Matrix, reader: Reader, server: MessageServer | None
) -> None:
    every = ports(matrix, reader, fleet())
    assert every.watched
    watched = every.watched._replace(sites=lambda: KnownSites((PARIS,), server=server))
    runner = CommandRunner(every._replace(watched=watched), NOW.date)
    spec, rest = interpret("sites")
    reply = runner.run(spec, rest, ALL, None)
    assert ("The NATS server cannot be reached since" in said(reply)) == (server is AWAY)
