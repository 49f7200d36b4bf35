"""Answers of a sweep, made short."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.fleet.hosts import PollResult, Source, SourceKind
from bot.xapi.observation import Failure, FailureCode, Host, Observation, Pool, Transport
from bot.xapi.target import TlsMode

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
LAB = Source("lab", SourceKind.TARGET)
PROD = Source("prod", SourceKind.TARGET)
XO = Source("xo", SourceKind.XEN_ORCHESTRA)


def at(hours: float) -> datetime:
    """A moment so many hours after the start."""
    return START + timedelta(hours=hours)


def host(name: str, version: str | None = "8.3.0", build: str | None = "b1", **more: Any) -> Host:
    """A host that says all that XAPI says; its uuid is made of its name."""
    made = Host(
        f"uuid-{name}", name, "192.0.2.1", False, True, "XCP-ng", version, build, "3.4.0", "xcp-ng", None,
        START, False, None,
    )  # fmt: skip
    return made._replace(**more)


def bare(name: str, version: str = "8.3.0", **more: Any) -> Host:
    """A host as a Xen Orchestra describes it: less than XAPI."""
    return host(name, version, None, platform_version=None, edition=None, booted_at=None, reboot_required=None, **more)


def pool(name: str, *hosts: Host, when: datetime = START, target: str = "lab") -> Observation:
    """A pool with its hosts, the first of which is its coordinator."""
    made = Pool(f"uuid-{name}", name, hosts[0].uuid if hosts else "")
    return Observation(target, "192.0.2.1", when, Transport.JSON_RPC_2, TlsMode.CA, made, hosts)


def answered(source: Source, *answers: Observation, when: datetime = START) -> PollResult:
    """What a source answered, at the moment of its first answer."""
    return PollResult(source, answers, answers[0].observed_at if answers else when)


def failed(source: Source, code: FailureCode = FailureCode.TIMEOUT, when: datetime = START) -> PollResult:
    """That a source did not answer."""
    return PollResult(source, (Failure(source.name, code, "It did not answer."),), when)
