"""Hosts and pools that answer as XCP-ng and XenServer do, over real TLS on loopback: for demos, tests and benches.

A fleet is plain data (`SimPool`, `SimHost`, presets by `release`), `Simulator` runs it in a thread of this process:

    from dataclasses import replace
    from bot.demo.simulator import Drip, SimHost, SimPool, Simulator, release

    pool = SimPool((SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.2"))), name="lab")
    with Simulator([pool]) as simulator:
        print(simulator.targets[0])                      # address, pin, user: all that a client needs
        simulator["xen-2"].upgrade(release("XCP-ng", "8.3"))
        simulator["xen-1"].fail(Drip(100, on="host.get_all_records"))
        simulator["xen-1"].enter_emergency()
        print(simulator["xen-1"].seen.methods, simulator["xen-1"].sessions)

`python -m bot.demo.simulator` runs the demo's fleet until Ctrl-C and prints an inventory for it; `--fleet 1000` a large
one, `--json` prints for programs. Passwords are `demo`, for everybody to know: nothing here protects anything.

Members of a pool listen at 127.0.0.1, 127.0.0.2 and so on, on one port, because HOST_IS_SLAVE names an address without
a port. Of more than 500 hosts each has an address of its own, all on one port. Certificates are self-signed RSA, made
at the start with a key that this process found for itself.

What is simulated: both protocols with what each era makes of them, logins, sessions with limits and a garbage
collector, supporters, emergency mode, roles, records of pools and hosts, `event.from`, the limits of xapi's HTTP
server, the TLS of each era, faults on demand (`faults`). What is not: virtual machines, storage, networks (their
classes are there, empty), tasks and asynchronous calls, client certificates, HA, and calls that change a host, but for
its name and `enabled`.
"""

from bot.demo.simulator.certificate import Certificate
from bot.demo.simulator.faults import (
    LOGIN,
    Answer,
    Body,
    ContentType,
    Delay,
    Drip,
    Fault,
    Moment,
    Oversize,
    Raw,
    Refuse,
    Reset,
    Silence,
    Truncate,
    html_page,
    http_error,
    http_redirect,
    redirect_to,
    slow_login,
)
from bot.demo.simulator.fleet import PASSWORD, Entry, Role, SessionLimits, SimHost, SimPool, SimUser, lone
from bot.demo.simulator.fleets import branch_fleet, demo_fleet, large_fleet
from bot.demo.simulator.host import SimulatedHost
from bot.demo.simulator.inventory import PASSWORD_VARIABLE, Address, SimTarget, as_json, as_yaml
from bot.demo.simulator.listener import SimulatorError
from bot.demo.simulator.release import Grade, JsonRpc, Release
from bot.demo.simulator.releases import CITRIX, XCP_NG, XENSERVER, all_releases, release
from bot.demo.simulator.seen import Seen, SeenCall
from bot.demo.simulator.sessions import OpenSession
from bot.demo.simulator.simulator import Simulator
from bot.demo.simulator.tls import Tls

__all__ = [
    "CITRIX",
    "LOGIN",
    "PASSWORD",
    "PASSWORD_VARIABLE",
    "XCP_NG",
    "XENSERVER",
    "Address",
    "Answer",
    "Body",
    "Certificate",
    "ContentType",
    "Delay",
    "Drip",
    "Entry",
    "Fault",
    "Grade",
    "JsonRpc",
    "Moment",
    "OpenSession",
    "Oversize",
    "Raw",
    "Refuse",
    "Release",
    "Reset",
    "Role",
    "Seen",
    "SeenCall",
    "SessionLimits",
    "Silence",
    "SimHost",
    "SimPool",
    "SimTarget",
    "SimUser",
    "SimulatedHost",
    "Simulator",
    "SimulatorError",
    "Tls",
    "Truncate",
    "all_releases",
    "as_json",
    "as_yaml",
    "branch_fleet",
    "demo_fleet",
    "html_page",
    "http_error",
    "http_redirect",
    "large_fleet",
    "lone",
    "redirect_to",
    "release",
    "slow_login",
]
