"""How a pool that was asked reads, from what its hosts say of themselves."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.chat.command import Fleet, Ports, Right
from bot.chat.reply import Reply, plain
from bot.chat.runner import CommandRunner
from bot.fleet.inventory import Inventory
from bot.fleet.sources import Probing
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from bot.xapi.observation import NEVER_SYNCED, Host, Observation, Pool, Power, Software, Transport
from bot.xapi.target import Endpoint, Target, TlsMode, Trust

TARGET = Target("lab-a", Endpoint("192.0.2.1", 443, Trust(TlsMode.CA)), "xocompat", lambda: "secret", "LAB_PASSWORD")
OLD, NEW, EIGHT = ("XCP-ng", "8.2.1"), ("XCP-ng", "8.3.0"), ("XenServer", "8.4.0")
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
        "coordinator, cannot tell if patched",
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


DAY = datetime(2026, 11, 23, tzinfo=UTC)


def ending(number: int = 1, runs: tuple[str, str] = NEW, **days: float) -> Host:
    """A host whose moments are so many days from the day of the question."""
    moments: dict[str, Any] = {field: DAY + timedelta(days=count) for field, count in days.items()}
    return host(number, runs)._replace(**moments)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (ending(certificate_expires=12), "Its certificate ends on 5 Dec 2026 (in 12 days)."),
        (ending(certificate_expires=30.9), "Its certificate ends on 23 Dec 2026 (in 30 days)."),
        (ending(certificate_expires=31), ""),
        (ending(certificate_expires=0.5), "Its certificate ends on 23 Nov 2026 (today)."),
        (ending(certificate_expires=-1), "Its certificate ended on 22 Nov 2026 (yesterday)."),
        (ending(runs=EIGHT, licence_expires=25), "Its licence ends on 18 Dec 2026 (in 25 days)."),
        (ending(runs=EIGHT, licence_expires=-400), "Its licence ended on 19 Oct 2025 (13 months ago)."),
        (ending(licence_expires=25), ""),
        (ending(licence_expires=25)._replace(product_brand=None), "Its licence ends on 18 Dec 2026 (in 25 days)."),
        (ending(booted_at=-9, updated_at=-8)._replace(reboot_required=True), "Restart pending since 15 Nov 2026."),
        (ending(booted_at=-9)._replace(reboot_required=True), ""),
        (ending(booted_at=-9, updated_at=-8)._replace(reboot_required=False), ""),
        (ending(), ""),
    ],
)
def test_of_a_lone_host_what_ends_is_told_where_it_matters(desk: CommandRunner, said: Host, told: str) -> None:
    rows = text(desk, (said,)).splitlines()
    found = [row for row in rows if "certificate " in row or "licence" in row or "since 15 Nov" in row]
    assert [row for row in found if "pinned" not in row] == ([told] if told else [])


def test_of_a_pool_each_host_has_one_line_of_it_and_one_that_is_off_none(desk: CommandRunner) -> None:
    waits = ending(2, booted_at=-9, updated_at=-8, certificate_expires=12)._replace(reboot_required=True)
    off = ending(3, certificate_expires=1)._replace(power=Power.HALTED)
    rows = text(desk, (*pool(NEW), waits, off)).splitlines()
    assert [row for row in rows if "its certificate" in row] == [
        "xen-2: its certificate ends on 5 Dec 2026 (in 12 days), restart pending since 15 Nov 2026."
    ]


def test_of_many_hosts_that_end_the_first_are_told(desk: CommandRunner) -> None:
    rows = text(desk, tuple(ending(number, certificate_expires=number % 3) for number in range(1, 26))).splitlines()
    assert len([row for row in rows if "its certificate" in row]) == 20
    assert "and 5 more" in rows


def test_it_is_as_of_the_day_that_is_asked_about(desk: CommandRunner) -> None:
    said = (ending(certificate_expires=100),)
    assert "Its certificate" not in text(desk, said)
    assert "Its certificate ends on 3 Mar 2027 (in 2 days)." in text(desk, said, words="probe lab-a on 2027-03-01")


def test_json_has_what_a_host_says_of_its_software_and_null_for_what_it_does_not(desk: CommandRunner) -> None:
    full = ending(certificate_expires=12, booted_at=-9, updated_at=-8)._replace(
        software=Software("4.17.6-9", "26.1.4"), updates_synced_at=NEVER_SYNCED, reboot_required=True
    )
    said, bare = (data["hosts"] for data in (reply(desk, (each,)).data for each in (full, host(1, NEW))) if data)
    keys = ("xen", "xapi", "certificate_expires", "updated_at", "updates_synced_at", "restart_since")
    assert [said[0][key] for key in keys] == [
        *("4.17.6-9", "26.1.4", "2026-12-05T00:00:00Z", "2026-11-15T00:00:00Z", "1970-01-01T00:00:00Z"),
        "2026-11-15T00:00:00Z",
    ]
    assert [bare[0][key] for key in keys] == [None] * 6


def patched(number: int, xen: str, restart: bool = False) -> Host:
    """A host of XCP-ng 8.3 that runs a hypervisor, which shows which holes it has."""
    return host(number, NEW, restart=restart)._replace(software=Software(xen, "26.1.4"))


@pytest.mark.parametrize(
    ("hosts", "said", "steps"),
    [
        ((patched(1, "4.17.5-23"),), ", 20 known holes", ["install updates, and restart."]),
        ((patched(1, "4.17.6-9"),), ", cannot tell if patched", []),
        (
            (patched(1, "4.17.5-23", restart=True),),
            ", 20 known holes, restart pending",
            ["restart, which may bring fixes that are installed already."],
        ),
        (
            (patched(1, "4.17.6-9"), patched(2, "4.17.5-23", restart=True), patched(3, "4.17.5-23")),
            ", 2 of 3 hosts have known holes, cannot tell if patched: 1 of 3 hosts",
            [
                "restart xen-2, which may bring fixes that are installed already.",
                "install updates on xen-3, and restart.",
            ],
        ),
        (pool(NEW, NEW), "both hosts get security updates", []),
    ],
)
def test_the_first_line_says_whether_hosts_are_patched_and_what_to_do(
    desk: CommandRunner, hosts: tuple[Host, ...], said: str, steps: list[str]
) -> None:
    found = reply(desk, hosts)
    assert found.summary.endswith(said)
    rows = render(found, Capabilities()).splitlines()
    assert [row.removeprefix("Next step: ") for row in rows if row.startswith("Next step: ")] == steps
    assert rows[-1].endswith(" · advisories of 26 Nov 2026") is (hosts != pool(NEW, NEW))


def test_a_probe_says_that_the_advisories_are_old_where_it_judges_by_them(desk: CommandRunner) -> None:
    later = desk._replace(today=lambda: date(2027, 1, 1))
    assert "Old data: security advisories of 26 Nov 2026 (36 days)" in text(later, (patched(1, "4.17.6-9"),))
    assert "Old data" not in text(later, pool(NEW))


def test_what_no_host_shows_is_explained_once(desk: CommandRunner) -> None:
    told = text(desk, (patched(1, "4.17.6-9"), patched(2, "4.17.5-23")))
    assert told.count("more not shown") == 2
    assert told.count("Not shown: what no field of a host tells, such as holes of the kernel.") == 1
    alike = text(desk, (patched(1, "4.17.6-9"), patched(2, "4.17.6-9")))
    assert "more are told by nothing that a host shows" in alike
    assert "not shown" not in alike.casefold()


def test_what_no_restart_brings_is_no_next_step(desk: CommandRunner) -> None:
    ended = host(1, OLD, restart=False)._replace(software=Software("4.13.5-9.45", "1.20"))
    assert "install updates" not in text(desk, (ended,))
    assert "Next step: upgrade to XCP-ng 8.3 LTS." in text(desk, (ended,))
