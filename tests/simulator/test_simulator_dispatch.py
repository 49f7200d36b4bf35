"""Logins, roles, and what the garbage collector leaves of sessions."""

from dataclasses import replace

import pytest

from bot.simulator import OpenSession, Role, SessionLimits, SimHost, SimPool, SimUser, release
from tests.simulator.client import Connection, connected
from tests.simulator.conftest import OneHost, Simulate

LOGIN = "session.login_with_password"
HOST = SimHost("xen-1", release("XCP-ng", "8.3"))


def works(connection: Connection, session: str) -> bool:
    reply = connection.json("pool.get_all", session)
    assert "error" not in reply or reply["error"]["message"] == "SESSION_INVALID"
    return "result" in reply


def test_a_session_is_open_from_login_to_logout(one_host: OneHost) -> None:
    host = one_host()
    with connected(host.address) as connection:
        session = connection.login("xocompat", originator="xocompat-1")
        assert works(connection, session)
        assert host.sessions == (OpenSession("xocompat", "xocompat-1"),)
        connection.json("session.logout", session)
        assert not works(connection, session)
    assert not host.sessions


def test_what_arrived_is_remembered_but_no_password(one_host: OneHost) -> None:
    host = one_host()
    with connected(host.address) as connection:
        connection.login("xocompat", originator="xocompat-1")
    (login,) = host.seen.calls
    assert (login.method, login.dialect, login.user, login.originator) == (
        LOGIN,
        "json-rpc-2",
        "xocompat",
        "xocompat-1",
    )
    assert host.seen.credentials == 1
    assert "demo" not in repr(host.seen)
    host.forget()
    assert host.seen.calls == ()


@pytest.mark.parametrize(
    ("user", "password", "code"),
    [
        ("root", "wrong", "SESSION_AUTHENTICATION_FAILED"),
        ("nobody", "demo", "SESSION_AUTHENTICATION_FAILED"),
        ("guest", "demo", "SESSION_AUTHORIZATION_FAILED"),
    ],
)
def test_who_may_not_come_in_is_told_so(simulate: Simulate, user: str, password: str, code: str) -> None:
    pool = SimPool((HOST,), users=(SimUser("root", role=Role.LOCAL), SimUser("guest", role=Role.NONE)))
    with connected(simulate(pool)["xen-1"].address) as connection:
        error = connection.json(LOGIN, user, password)["error"]
    assert (error["message"], error["data"][0]) == (code, user)


def test_a_wrong_password_can_take_its_time(simulate: Simulate) -> None:
    host = simulate(SimPool((HOST,), refusal_seconds=3600))["xen-1"]
    with connected(host.address) as connection:
        connection.login()
        connection.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.json(LOGIN, "root", "wrong")


@pytest.mark.parametrize(("name", "most"), [("6.1", 3), ("6.2", 4), ("8", 4)])
def test_hosts_before_6_2_know_no_originator(one_host: OneHost, name: str, most: int) -> None:
    with connected(one_host("XenServer", name).address) as connection:
        words = ("root", "demo", "1.0", "originator")
        for count in (1, 2, 3, 4):
            reply = connection.xml(LOGIN, *words[:count])
            assert ("MESSAGE_PARAMETER_COUNT_MISMATCH" not in reply) == (2 <= count <= most)


def test_a_reader_reads_and_changes_nothing(one_host: OneHost) -> None:
    with connected(one_host().address) as connection:
        session = connection.login("xocompat")
        (ref,) = connection.json("host.get_all", session)["result"]
        error = connection.json("host.disable", session, ref)["error"]
        assert (error["message"], error["data"][0]) == ("RBAC_PERMISSION_DENIED", "host.disable")
        assert connection.json("host.get_enabled", session, ref)["result"] is True
        assert "host.disable" not in connection.json("session.get_rbac_permissions", session, session)["result"]
        assert connection.json("session.get_is_local_superuser", session, session)["result"] is False


def test_root_may_do_what_it_likes(one_host: OneHost) -> None:
    host = one_host()
    with connected(host.address) as connection:
        session = connection.login("root")
        (ref,) = connection.json("host.get_all", session)["result"]
        assert connection.json("host.disable", session, ref)["result"] == ""
        assert connection.json("host.set_name_label", session, ref, "other")["result"] == ""
        assert connection.json("session.get_is_local_superuser", session, session)["result"] is True
    assert (host.now.enabled, host.now.label) == (False, "other")


def test_an_operator_of_vms_has_what_a_reader_has_and_may_start_them(simulate: Simulate) -> None:
    users = (SimUser("reader"), SimUser("operator", role=Role.VM_OPERATOR), SimUser("admin", role=Role.POOL_ADMIN))
    host, may = simulate(SimPool((HOST,), users=users))["xen-1"], dict[str, set[str]]()
    with connected(host.address) as connection:
        for user in users:
            session = connection.login(user.name)
            may[user.name] = set(connection.json("session.get_rbac_permissions", session, session)["result"])
            error = connection.json("VM.start", session, "OpaqueRef:gone", False, False)["error"]
            assert (error["message"] == "RBAC_PERMISSION_DENIED") == (user.name == "reader")
    assert may["reader"] < may["operator"] < may["admin"]
    assert may["operator"] - may["reader"] == {"vm.start", "vm.clean_shutdown", "vm.hard_reboot"}


@pytest.mark.parametrize(("name", "tells"), [("5.5", False), ("5.6", True)])
def test_roles_came_with_5_6(one_host: OneHost, name: str, tells: bool) -> None:
    with connected(one_host("XenServer", name).address) as connection:
        reply = connection.xml(LOGIN, "xocompat", "demo")
        session = reply[reply.index("OpaqueRef:") :].partition("<")[0]
        assert ("MESSAGE_METHOD_UNKNOWN" in connection.xml("session.get_rbac_permissions", session, session)) != tells


def test_too_many_logins_are_not_refused_but_the_idlest_sessions_go(simulate: Simulate) -> None:
    host = simulate(SimPool((HOST,), limits=SessionLimits(per_originator=2)))["xen-1"]
    with connected(host.address) as connection:
        first, second, third = (connection.login(originator="one") for _ in range(3))
        other = connection.login(originator="two")
        assert works(connection, first)  # which makes the second the idlest
        host.collect_sessions()
        assert [works(connection, session) for session in (first, second, third, other)] == [True, False, True, True]


def test_the_collector_comes_by_itself(simulate: Simulate) -> None:
    limits = SessionLimits(per_originator=1, collected_every=0)
    with connected(simulate(SimPool((HOST,), limits=limits))["xen-1"].address) as connection:
        first, second, third = (connection.login() for _ in range(3))
        assert [works(connection, session) for session in (first, second, third)] == [False, True, True]


def test_root_without_an_originator_shares_one_small_limit(simulate: Simulate) -> None:
    limits = SessionLimits(per_originator=9, anonymous=1)
    host = simulate(SimPool((HOST,), limits=limits))["xen-1"]
    with connected(host.address) as connection:
        first, second = (connection.login(originator="") for _ in range(2))
        reader = connection.login("xocompat", originator="")
        host.collect_sessions()
        assert [works(connection, session) for session in (first, second, reader)] == [False, True, True]


def test_sessions_end_all_at_once_with_the_toolstack(one_host: OneHost) -> None:
    host = one_host()
    with connected(host.address) as connection:
        session = connection.login()
        host.end_sessions()
        assert not works(connection, session)


def test_latency_is_of_every_call(one_host: OneHost) -> None:
    host = one_host()
    with connected(host.address) as connection:
        session = connection.login()
        host.change(lambda now: replace(now, latency=3600))
        connection.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.json("pool.get_all", session)
