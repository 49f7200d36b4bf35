"""How a pool that was asked reads, from what its hosts say of themselves."""

from datetime import UTC, datetime

import pytest

from bot.chat.command import Fleet, Ports, Right
from bot.chat.reply import Reply, plain
from bot.chat.runner import CommandRunner
from bot.fleet.inventory import Inventory
from bot.fleet.sources import Probing
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from bot.xapi.observation import Host, Observation, Pool, Transport
from bot.xapi.target import Endpoint, Target, TlsMode, Trust

TARGET = Target("lab-a", Endpoint("192.0.2.1", 443, Trust(TlsMode.CA)), "xocompat", lambda: "secret", "LAB_PASSWORD")
OLD, NEW = ("XCP-ng", "8.2.1"), ("XCP-ng", "8.3.0")
PARTIAL, UNLISTED, UNKNOWN = ("XenServer", "7.2.0"), ("XenServer", "6.0.0"), ("XCP-ng", "12.3.0")


def host(number: int, runs: tuple[str, str], name: str | None = None, restart: bool | None = None) -> Host:
    brand, version = runs
    uuid, called = f"{number:08}-uuid", f"xen-{number}" if name is None else name
    return Host(
        uuid, called, f"192.0.2.{number}", number == 1, True, brand, version,
        None, None, None, None, None, restart, None,
    )  # fmt: skip


def pool(*runs: tuple[str, str]) -> tuple[Host, ...]:
    return tuple(host(number, one) for number, one in enumerate(runs, 1))


def reply(desk: CommandRunner, hosts: tuple[Host, ...], name: str = "lab", words: str = "probe lab-a") -> Reply:
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    seen = Observation(
        "lab-a", "192.0.2.1", at, Transport.JSON_RPC_2, TlsMode.PINNED, Pool("p", name, hosts[0].uuid), hosts, 0.42
    )
    fleet = Fleet(Inventory([TARGET]), Probing(lambda _: seen, lambda: 0.0))
    ports = Ports(desk.ports.matrix, desk.ports.reader, fleet)
    return desk._replace(ports=ports).answer(words, frozenset(Right))


def text(desk: CommandRunner, hosts: tuple[Host, ...], name: str = "lab", words: str = "probe lab-a") -> str:
    return render(reply(desk, hosts, name, words), Capabilities())


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        (pool(NEW, NEW), "both hosts get security updates"),
        (pool(NEW, NEW, NEW), "all 3 hosts get security updates"),
        (pool(NEW, OLD), "1 of 2 hosts gets no security updates"),
        (pool(NEW, OLD, OLD), "2 of 3 hosts get no security updates"),
        (pool(OLD, OLD), "both hosts get no security updates"),
        (pool(NEW, UNKNOWN), "1 of 2 hosts of an unknown version"),
        (pool(OLD, UNKNOWN), "1 of 2 hosts gets no security updates, 1 of 2 hosts of an unknown version"),
        (pool(PARTIAL, PARTIAL), "both hosts with partial support, both hosts get no security updates"),
        (pool(NEW, UNLISTED), "1 of 2 hosts not on the list, 1 of 2 hosts gets no security updates"),
    ],
)
def test_a_pools_first_line_counts_its_hosts(desk: CommandRunner, hosts: tuple[Host, ...], said: str) -> None:
    assert reply(desk, hosts).summary == f"Pool lab (asked lab-a): {said}"


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (NEW, "XCP-ng 8.3.0, full support, all extra features, gets security updates"),
        (PARTIAL, "XenServer 7.2.0, partial support, no security updates"),
        (UNKNOWN, "XCP-ng 12.3.0, unknown version"),
    ],
)
def test_a_lone_hosts_first_line_is_its_verdict(desk: CommandRunner, runs: tuple[str, str], said: str) -> None:
    found = reply(desk, pool(runs))
    assert found.summary == f"xen-1 (asked lab-a): {said}"
    assert "coordinator" not in text(desk, pool(runs))


def test_a_lone_host_with_the_targets_own_name_is_named_once(desk: CommandRunner) -> None:
    assert reply(desk, (host(1, OLD, "LAB-A", restart=True),)).summary == (
        "LAB-A: XCP-ng 8.2.1, full support, no security updates, restart pending"
    )


def test_a_lone_host_leads_on_to_its_release(desk: CommandRunner) -> None:
    assert [button.label for button in reply(desk, pool(PARTIAL)).buttons] == [
        "Probe again",
        "XenServer 7.2",
        "Share to channel",
    ]


@pytest.mark.parametrize(("name", "called"), [("", "Pool of xen-1"), ("\x1b[31m<!channel>", "Pool <!channel>")])
def test_a_pool_is_called_by_its_name_or_its_coordinators(desk: CommandRunner, name: str, called: str) -> None:
    assert text(desk, pool(NEW, NEW), name).startswith(f"{called} (asked lab-a)  ")


def test_the_worst_host_comes_first_and_what_it_waits_for_is_told(desk: CommandRunner) -> None:
    rows = text(desk, (*pool(NEW), host(2, OLD), host(3, PARTIAL), host(4, OLD, restart=True))).splitlines()
    told = [row.split(maxsplit=1) for row in rows if row.startswith("xen-")]
    assert [name for name, _ in told] == ["xen-3", "xen-2", "xen-4", "xen-1"]
    assert [rest.rpartition("  ")[2] for _, rest in told] == [
        "partial support",
        "☠️ end of life since 16 Sep 2025",
        "restart pending",
        "coordinator",
    ]


@pytest.mark.parametrize(
    ("hosts", "said"), [(pool(NEW, OLD), "two"), (pool(NEW, OLD, PARTIAL), "three"), (pool(NEW, NEW), "")]
)
def test_a_rolling_upgrade_is_noticed(desk: CommandRunner, hosts: tuple[Host, ...], said: str) -> None:
    told = f"The pool runs {said} versions: finish the rolling upgrade."
    assert (told in text(desk, hosts)) is bool(said)


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        (pool(NEW, OLD), "Next step: upgrade xen-2 to XCP-ng 8.3 LTS."),
        (pool(NEW, OLD, OLD), "Next step: upgrade xen-2 and xen-3 to XCP-ng 8.3 LTS."),
        (pool(NEW, *[OLD] * 3), "Next step: upgrade xen-2, xen-3 and xen-4 to XCP-ng 8.3 LTS."),
        (pool(NEW, *[OLD] * 7), "Next step: upgrade xen-2, xen-3, xen-4, xen-5, xen-6 and 2 more to XCP-ng 8.3 LTS."),
        (pool(OLD), "Next step: upgrade to XCP-ng 8.3 LTS."),
    ],
)
def test_the_next_step_names_its_hosts(desk: CommandRunner, hosts: tuple[Host, ...], said: str) -> None:
    assert said in text(desk, hosts).splitlines()


def test_a_version_that_is_not_known_gets_the_nearest(desk: CommandRunner) -> None:
    assert "I do not know XCP-ng 12.3.0. Nearest: XCP-ng 8.3 LTS" in text(desk, pool(UNKNOWN))
    assert "xen-2: I do not know XCP-ng 12.3.0." in text(desk, pool(NEW, UNKNOWN))


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (20, ""),
        (21, "These are the worst 20; 1 more host is below."),
        (64, "These are the worst 20; 44 more hosts are below."),
        (70, "6 more are not shown; in a shell `xocompat probe lab-a --json` shows all."),
    ],
)
def test_more_than_twenty_hosts_are_the_worst_with_the_others_below(desk: CommandRunner, count: int, said: str) -> None:
    found = reply(desk, pool(NEW, *[OLD] * (count - 1)))
    told = render(found, Capabilities())
    assert sum(row.startswith("xen-") for row in told.splitlines()) == min(count, 64)
    assert said in told
    assert len((found.data or {})["hosts"]) == count


def test_how_it_was_asked_stands_at_the_end(desk: CommandRunner) -> None:
    (context,) = reply(desk, pool(NEW)).context
    assert plain(context) == "23 Nov 2026 08:00 UTC · JSON-RPC · certificate pinned · 0.4 s"


def test_a_day_in_the_words_is_the_verdicts_day(desk: CommandRunner) -> None:
    found = reply(desk, pool(NEW, NEW), words="probe lab-a on 2029-01-01")
    assert found.summary.endswith("both hosts get no security updates")
    assert plain(found.context[0]).endswith(" · verdict as of 1 Jan 2029")
    assert found.buttons[0].words == "probe lab-a on 2029-01-01"
