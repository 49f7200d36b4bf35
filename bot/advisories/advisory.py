"""Security advisories as values: what the hole is, who is affected, and what a host shows once it is fixed."""

import re
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bot.catalogue import say
from bot.matrix.release import Citation, Release


class AffectedProduct(StrEnum):
    """What advisories are of. Citrix Hypervisor 8.2 is XenServer 8.2."""

    XCP_NG = "XCP-ng"
    XENSERVER = "XenServer"
    XEN_ORCHESTRA = "Xen Orchestra"


class Severity(StrEnum):
    """How much a hole matters to whoever runs many hosts, gravest first. It follows from its kinds, never from a score:
    CISA-ADP gives network vectors to what only a guest can do."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class AdvisoryKind(StrEnum):
    """What somebody gains by a hole, gravest first."""

    LOGIN_BYPASS = "login_bypass"
    """In without an account."""
    HOST_TAKEOVER = "host_takeover"
    """Control of hosts by way of their management."""
    GUEST_TO_HOST = "guest_to_host"
    """Out of a guest, into the hypervisor or dom0."""
    MANAGEMENT_PRIVILEGE = "management_privilege"
    """More rights in the management than the account was given."""
    GUEST_TO_GUEST_LEAK = "guest_to_guest_leak"
    """Data of one guest read in another one."""
    HOST_LEAK = "host_leak"
    """Data from outside a guest read in it: of the hypervisor, of dom0, or of whatever ran before."""
    GUEST_TO_DEVICE_MODEL = "guest_to_device_model"
    """Out of a guest, into the process that emulates its devices."""
    HOST_DOS = "host_dos"
    """The host, or what all its guests need, stops."""
    DOM0_PRIVILEGE = "dom0_privilege"
    """A local user of dom0 becomes root."""
    MANAGEMENT_DOS = "management_dos"
    MANAGEMENT_PLANE = "management_plane"
    """Of the management, and of no kind that is named here."""
    SECRET_LEAK = "secret_leak"
    """A password where it does not belong, as in a log."""
    CPU = "cpu"
    """A flaw of processors, which software or microcode covers up."""
    OTHER = "other"
    """What it gives is not known to the data."""
    DEPENDENCY = "dependency"
    """A hole of a library; whether it can be used is not known."""
    GUEST_DOS = "guest_dos"
    GUEST_ONLY = "guest_only"
    """All of it happens inside one guest."""
    CLIENT = "client"
    """Of programs that talk with hosts."""
    SUPPORT_STATEMENT = "support_statement"
    """No hole, but something that gets no security support any more."""

    @property
    def severity(self) -> Severity:
        """How much this kind matters."""
        return _SEVERITIES.get(self, Severity.LOW)


_SEVERITIES = {
    AdvisoryKind.LOGIN_BYPASS: Severity.CRITICAL,
    AdvisoryKind.HOST_TAKEOVER: Severity.CRITICAL,
    AdvisoryKind.GUEST_TO_HOST: Severity.HIGH,
    AdvisoryKind.MANAGEMENT_PRIVILEGE: Severity.HIGH,
    AdvisoryKind.GUEST_TO_GUEST_LEAK: Severity.MEDIUM,
    AdvisoryKind.HOST_LEAK: Severity.MEDIUM,
    AdvisoryKind.GUEST_TO_DEVICE_MODEL: Severity.MEDIUM,
    AdvisoryKind.HOST_DOS: Severity.MEDIUM,
    AdvisoryKind.DOM0_PRIVILEGE: Severity.MEDIUM,
    AdvisoryKind.MANAGEMENT_DOS: Severity.MEDIUM,
    AdvisoryKind.MANAGEMENT_PLANE: Severity.MEDIUM,
    AdvisoryKind.SECRET_LEAK: Severity.MEDIUM,
    AdvisoryKind.CPU: Severity.MEDIUM,
    AdvisoryKind.OTHER: Severity.MEDIUM,
}


class Component(StrEnum):
    """What of a product has the hole."""

    XEN = "xen"
    XEN_TOOLS = "xen_tools"
    OXENSTORED = "oxenstored"
    XENSTORED = "xenstored"
    XAPI = "xapi"
    BLKTAP = "blktap"
    QEMU = "qemu"
    VARSTORED = "varstored"
    DOM0_KERNEL = "dom0_kernel"
    MICROCODE = "microcode"
    OPENSSH = "openssh"
    XO = "xo"
    LINUX_GUEST = "linux_guest"
    WINDOWS_DRIVERS = "windows_drivers"
    XAPI_SDK = "xapi_sdk"

    @property
    def of_a_host(self) -> bool:
        """Whether a host has it, not its guests or the programs that talk with it."""
        others = (Component.XO, Component.LINUX_GUEST, Component.WINDOWS_DRIVERS, Component.XAPI_SDK)
        return self not in others

    @property
    def is_shown(self) -> bool:
        """Whether a field of a host shows its version; tools, kernel and microcode of dom0 are in none."""
        return self in (Component.XEN, Component.XAPI)

    @property
    def package(self) -> str | None:
        """The source package that has it; None where it depends on the host, or none has."""
        return _PACKAGES.get(self)


_PACKAGES = {
    Component.XEN: "xen",
    Component.XEN_TOOLS: "xen",
    Component.OXENSTORED: "xen",
    Component.XENSTORED: "xen",
    Component.XAPI: "xapi",
    Component.BLKTAP: "blktap",
    Component.QEMU: "qemu",
    Component.VARSTORED: "varstored",
    Component.DOM0_KERNEL: "kernel",
    Component.OPENSSH: "openssh",
}


class ShownBy(StrEnum):
    """The field that shows whether something is fixed: of a host's `software_version`, its updates, or of an XO."""

    XEN = "xen"
    LIVEPATCHES = "xen_livepatches"
    XAPI = "xapi_build"
    XAPI_BUILT = "date"
    HOTFIXES = "updates"
    XO_SERVER = "system.getServerVersion"


class CpuVendor(StrEnum):
    """A maker of processors, as `host.cpu_info` has it."""

    INTEL = "GenuineIntel"
    AMD = "AuthenticAMD"

    @property
    def words(self) -> str:
        """The name by which people know it."""
        return "Intel" if self is CpuVendor.INTEL else "AMD"


class Certainty(StrEnum):
    """How sure an advisory's facts are: read in a source; one indirect source or reasoned; not seen."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Levels(NamedTuple):
    """What the values of a field prove. None: not known.

    From `fixed_from` on the fix is there. A fixed and an unfixed build share the values in `cannot_tell`; from
    `unknown_from` on (and below `fixed_from`) packages exist, or may exist, whose contents are not known. A value below
    all of these lacks the fix; so does one up to `vulnerable_up_to`, which is for a product without such bands.

    By the day on which xapi was built: before `built_before` it lacks the fix, from `likely_built_from` on it very
    likely has it. Where the field is `xapi_build` this holds for the values in `cannot_tell`, else for all.
    """

    field: ShownBy
    fixed_from: str | None = None
    cannot_tell: tuple[str, ...] = ()
    unknown_from: str | None = None
    vulnerable_up_to: str | None = None
    built_before: date | None = None
    likely_built_from: date | None = None


class Package(NamedTuple):
    """A package with the fix. `built` is the day in its change log; it reached users later."""

    name: str
    version: str | None = None
    built: date | None = None
    note: str | None = None


class AffectedRelease(NamedTuple):
    """What an advisory means to one release of a product; `release` is None for Xen Orchestra.

    `affected` is None where it is not known; `inferred` where no source states it outright. `cpu` is the vendor whose
    processors it is of, `needs` what else must hold (a passed-through device, a kind of guest). `levels` is None
    where no field shows the fix. `hotfixes` are those that hold the fix, the first one first. `never_fixed`: support
    ended before there was a fix. `fixed_in` is the release of Xen Orchestra with the fix; `operator_fills`: no source
    of ours names it, so the operator may say from which xo-server on it is there.
    """

    product: AffectedProduct
    release: str | None
    affected: bool | None
    inferred: bool = False
    needs: str | None = None
    cpu: CpuVendor | None = None
    levels: Levels | None = None
    packages: tuple[Package, ...] = ()
    hotfixes: tuple[str, ...] = ()
    never_fixed: bool = False
    bulletin: str | None = None
    fixed_in: str | None = None
    operator_fills: bool = False
    note: str | None = None

    @property
    def condition(self) -> str | None:
        """What must hold for the hole to be one, as a phrase."""
        cpu = say("only on {vendor} processors", vendor=self.cpu.words) if self.cpu else None
        return ", ".join(filter(None, (cpu, self.needs))) or None

    @property
    def has_known_fix(self) -> bool:
        """Whether the data know anything that has the fix."""
        level = self.levels.fixed_from if self.levels else None
        return bool(level or self.hotfixes or any(package.version for package in self.packages))


_OFFICIAL = re.compile(r"(?:XSA|CVE|VSA|CTX|INTEL-SA)-?[0-9]|GHSA-")
"""How ids begin that their makers gave; XO-2025-05 and QEMU-2026-01 are names of the data's own."""


class Rating(NamedTuple):
    """What somebody else makes of its severity: a score, or a word."""

    by: str
    value: str
    vector: str | None = None


class Advisory(NamedTuple):
    """A hole, or several that were told together.

    `ids` are all names that it goes by (XSA, CVE, VSA, GHSA, CTX, a CPU maker's), the first one is `id`. `exploited` is
    False where no use is known, None where nobody looked. `unsure_of` is what of it is less sure than the rest.
    `needs_microcode`: the hypervisor's part of the fix needs new microcode too, which no field shows.
    `upstream_affected` and `upstream_fixed_in` are the makers' own versions: to be read, never compared with a host's.
    """

    id: str
    ids: tuple[str, ...]
    title: str
    published: date
    component: Component
    kinds: tuple[AdvisoryKind, ...]
    attacker: str | None
    exploited: bool | None
    affects: tuple[AffectedRelease, ...]
    sources: tuple[Citation, ...]
    confidence: Certainty
    unsure_of: str | None = None
    mitigation: str | None = None
    note: str | None = None
    ratings: tuple[Rating, ...] = ()
    pull_requests: tuple[int, ...] = ()
    needs_microcode: bool = False
    upstream_affected: str | None = None
    upstream_fixed_in: str | None = None

    @property
    def known_as(self) -> str:
        """The id that people know: the first one, or a CVE's or a vendor's where that one is the data's own."""
        if _OFFICIAL.match(self.id):
            return self.id
        return next((each for each in self.ids if each.startswith(("CVE-", "VSA-", "GHSA-"))), self.id)

    @property
    def severity(self) -> Severity:
        """How much it matters: as its gravest kind does; what is used by attackers is critical."""
        return Severity.CRITICAL if self.exploited else self.kinds[0].severity

    @property
    def gravity(self) -> tuple[bool, int, date]:
        """What sorts advisories, the greatest the gravest: whether attackers use it, its severity, its day."""
        return bool(self.exploited), -list(Severity).index(self.severity), self.published

    def of(self, release: Release) -> AffectedRelease | None:
        """What it means to a release; None where it says nothing of it, which is not "not affected"."""
        key = (release.product.value, release.number)
        return next((each for each in self.affects if (each.product.value, each.release) == key), None)

    @property
    def of_orchestra(self) -> AffectedRelease | None:
        """What it means to Xen Orchestra; None where it is of something else."""
        return next((each for each in self.affects if each.product is AffectedProduct.XEN_ORCHESTRA), None)


class Hotfix(NamedTuple):
    """A named update of Citrix Hypervisor 8.2 CU1. `level` is what it brings, as far as known."""

    name: str
    component: Component
    level: str | None
