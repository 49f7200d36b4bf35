"""What a probe found: an Observation of a pool, or a Failure with one of the contract's codes."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot.xapi.target import TlsMode


class Transport(StrEnum):
    """The protocol through which a pool was read."""

    JSON_RPC_2 = "json-rpc-2"
    JSON_RPC_1 = "json-rpc-1"
    XML_RPC = "xml-rpc"
    XO_REST = "xo-rest"
    """Through Xen Orchestra: the host itself was not asked."""


class Power(StrEnum):
    """Whether a host runs, as its pool or a Xen Orchestra sees it: one that is off is known by its last record."""

    RUNNING = "running"
    HALTED = "halted"
    UNKNOWN = "unknown"
    """Xen Orchestra has a record of it, and cannot tell."""


class Software(NamedTuple):
    """What a host says of the software that it runs: its patch level is judged by that. Thousands of hosts share one.

    `xen` is the hypervisor that runs (`4.17.6-9`), `xapi` the toolstack's version (`xapi_build`, else `xapi`),
    `xapi_built` the `date` on which that was built, `livepatches` and `kernel_livepatches` the names of those that are
    applied, as XAPI joins them, `hotfixes` the names of applied updates (7.1 to 8.2), `cpu_vendor` the host's CPU's.
    """

    xen: str | None = None
    xapi: str | None = None
    xapi_built: str | None = None
    livepatches: str | None = None
    kernel_livepatches: str | None = None
    hotfixes: tuple[str, ...] = ()
    cpu_vendor: str | None = None


class Host(NamedTuple):
    """A member of a pool, as XAPI describes it. Its text is the host's own: data, never to be trusted or obeyed.

    None where the host does not say. Moments are aware datetimes in UTC. `up_to_date` is whether it runs the latest
    updates that its pool knows of; XAPI gives no count of those that wait, but for none. `updated_at` is when updates
    were last installed, `updates_synced_at` when its pool last asked its update server. `certificate_expires` is of the
    certificate that it shows to clients. `is_preview` is what a host says of itself whose release is not final.
    """

    uuid: str
    name: str
    address: str
    is_coordinator: bool
    enabled: bool | None
    product_brand: str | None
    product_version: str | None
    build: str | None
    platform_version: str | None
    edition: str | None
    licence_expires: datetime | None
    booted_at: datetime | None
    reboot_required: bool | None
    pending_updates: int | None
    up_to_date: bool | None = None
    is_preview: bool | None = None
    software: Software | None = None
    updated_at: datetime | None = None
    updates_synced_at: datetime | None = None
    certificate_expires: datetime | None = None
    power: Power | None = None


class Pool(NamedTuple):
    """A pool; XAPI gives a lone host one of its own, often without a name. `coordinator` is a host's uuid."""

    uuid: str
    name: str
    coordinator: str


class Observation(NamedTuple):
    """A pool at a moment. `address` is where it answered: a redirect may have led from the target to its pool.

    `seconds` is how long the probe took.
    """

    target: str
    address: str
    observed_at: datetime
    transport: Transport
    tls: TlsMode
    pool: Pool
    hosts: tuple[Host, ...]
    seconds: float = 0.0

    @property
    def mixed_versions(self) -> bool:
        """Whether members differ in brand or version, as in the middle of a rolling upgrade."""
        return len({(host.product_brand, host.product_version) for host in self.hosts}) > 1


class FailureCode(StrEnum):
    """Why a probe has no answer (CONTRACT.md section 2)."""

    UNKNOWN_HOST = "unknown_host"
    REFUSED_ADDRESS = "refused_address"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_PIN_MISMATCH = "tls_pin_mismatch"
    TLS_TOO_OLD = "tls_too_old"
    LOGIN_REFUSED = "login_refused"
    NOT_AUTHORIZED = "not_authorized"
    COORDINATOR_REFUSED = "coordinator_refused"
    BOOTING = "booting"
    NOT_XAPI = "not_xapi"
    BAD_REPLY = "bad_reply"
    REPLY_TOO_LARGE = "reply_too_large"
    BUSY = "busy"
    SITE_SILENT = "site_silent"
    """The site that would have to ask is not heard."""


class Failure(NamedTuple):
    """A probe that has no answer. `what` is a sentence, `mend` says what to do about it, if anything.

    Both are in the user's terms, and hold no password, no session reference and no text of the host that is not
    printable and short.
    """

    target: str
    code: FailureCode
    what: str
    mend: str = ""

    @property
    def message(self) -> str:
        """Both, one after the other."""
        return f"{self.what} {self.mend}" if self.mend else self.what

    @property
    def subject(self) -> str:
        """The target's name where the message begins with it, else nothing."""
        return self.target if self.what.startswith(self.target) else ""


Probed = Observation | Failure
