"""Hosts and pools that answer as XCP-ng and XenServer do, over real TLS on loopback: for demos, tests and benches.

A fleet is plain data (`SimPool`, `SimHost`, presets by `release`), `Simulator` runs it in a thread of this process:

    from bot.simulator import Drip, SimHost, SimPool, Simulator, release

    pool = SimPool((SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.2"))), name="lab")
    with Simulator([pool]) as simulator:
        print(simulator.targets[0])                      # address, pin, user: all that a client needs
        simulator["xen-2"].upgrade(release("XCP-ng", "8.3"))
        simulator["xen-1"].fail(Drip(100, on="host.get_all_records"))
        simulator["xen-1"].enter_emergency()
        print(simulator["xen-1"].seen.methods, simulator["xen-1"].sessions)

`python -m bot.simulator` runs the demo's fleet until Ctrl-C and prints an inventory for it; `--fleet 1000` a large
one, `--json` prints for programs. Passwords are `demo`, for everybody to know: nothing here protects anything.

Members of a pool listen at 127.0.0.1, 127.0.0.2 and so on, on one port, because HOST_IS_SLAVE names an address without
a port. Of more than 500 hosts each has an address of its own, all on one port. Certificates are self-signed RSA, made
at the start with a key of this process.

What is simulated: both protocols with what each era makes of them, logins, sessions with limits and a garbage
collector, supporters, emergency mode, roles, records of pools and hosts, of their certificates and hotfixes, patch
levels (`release("XCP-ng", "8.3").patched("4.17.5-23")`), `event.from`, the limits of xapi's HTTP server, the TLS of
each era, faults on demand (`faults`). What is not: virtual machines, storage, networks (their classes are there,
empty), tasks and asynchronous calls, client certificates, HA, and calls that change a host, but for its name and
`enabled`.
"""

from bot.simulator.engine import SimulatorError
from bot.simulator.faults import (
    LOGIN,
    Body,
    ContentType,
    Delay,
    Drip,
    Fault,
    FaultMoment,
    FaultyAnswer,
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
from bot.simulator.fleets import (
    PASSWORD,
    PASSWORD_VARIABLE,
    InventoryEntry,
    Role,
    SessionLimits,
    SimAddress,
    SimHost,
    SimPool,
    SimTarget,
    SimUser,
    as_json,
    as_yaml,
    branch_fleet,
    demo_fleet,
    large_fleet,
    lone,
)
from bot.simulator.offers import SimUpdate
from bot.simulator.releases import CITRIX, XCP_NG, XENSERVER, Grade, JsonRpc, SimRelease, all_releases, release
from bot.simulator.simulator import SimulatedHost, Simulator
from bot.simulator.state import OpenSession, RequestLog, SeenCall
from bot.simulator.tls import SimCertificate, SimTls

__all__ = [
    "CITRIX",
    "LOGIN",
    "PASSWORD",
    "PASSWORD_VARIABLE",
    "XCP_NG",
    "XENSERVER",
    "Body",
    "ContentType",
    "Delay",
    "Drip",
    "Fault",
    "FaultMoment",
    "FaultyAnswer",
    "Grade",
    "InventoryEntry",
    "JsonRpc",
    "OpenSession",
    "Oversize",
    "Raw",
    "Refuse",
    "RequestLog",
    "Reset",
    "Role",
    "SeenCall",
    "SessionLimits",
    "Silence",
    "SimAddress",
    "SimCertificate",
    "SimHost",
    "SimPool",
    "SimRelease",
    "SimTarget",
    "SimTls",
    "SimUpdate",
    "SimUser",
    "SimulatedHost",
    "Simulator",
    "SimulatorError",
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
