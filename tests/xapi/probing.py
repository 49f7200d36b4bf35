"""How the tests ask: targets, bounds, and what a probe must have given."""

import ssl
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from bot.simulator import SimTarget
from bot.xapi.bounds import ProbeBounds
from bot.xapi.connection import Connect
from bot.xapi.observation import Failure, Observation, Probed
from bot.xapi.probe import BOUNDS, Prober
from bot.xapi.target import Endpoint, Target, TlsMode, Trust
from tests.xapi.certificates import Authority, Certificate
from tests.xapi.fake import PASSWORD, REFERENCE
from tests.xapi.server import Script, Server

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
QUICK = ProbeBounds(connect=0.4, login=0.6, whole=1.5, logout=0.3, reply=256 * 1024)
"""Bounds for tests that run into them."""


class Certificates(NamedTuple):
    """A certificate that passes, with its authority, and one that does not."""

    authority: Authority
    good: Certificate
    other: Certificate


class Serve(Protocol):
    """Starts a server that ends with the test: with the good certificate, another context, or `plain` without TLS."""

    def __call__(self, script: Script, context: ssl.SSLContext | None = None, plain: bool = False) -> Server: ...


def target(endpoint: Endpoint, *also: Endpoint, password: str = PASSWORD) -> Target:
    """A target named lab."""
    return Target("lab", endpoint, "xocompat", lambda: password, "LAB_PASSWORD", also)


def target_of(simulated: SimTarget, name: str = "", password: str | None = None) -> Target:
    """A simulated host as an inventory has it, under its own name unless another is given."""
    user = simulated.user
    first, *also = (
        Endpoint(address.host, address.port, Trust(TlsMode.PINNED, address.pin, minimum=simulated.minimum))
        for address in (simulated.address, *simulated.also)
    )
    return Target(
        name or simulated.name,
        first,
        user.name,
        lambda: user.password if password is None else password,
        "LAB_PASSWORD",
        tuple(also),
        simulated.tags,
    )


def prober(bounds: ProbeBounds = BOUNDS, connect: Connect | None = None) -> Prober:
    """A prober at a fixed moment; on real sockets unless told otherwise."""
    return Prober(lambda: NOW, bounds=bounds, connect=connect)


def seen(probed: Probed) -> Observation:
    """The observation that a probe must have given."""
    assert isinstance(probed, Observation), probed
    return probed


def failed(probed: Probed) -> Failure:
    """The failure that a probe must have given: a sentence that names the target, and holds no secret."""
    assert isinstance(probed, Failure), probed
    assert_fit_to_be_told(probed)
    return probed


def assert_fit_to_be_told(probed: Probed) -> None:
    """No secret, no control character, not too long."""
    shown = repr(probed)
    assert PASSWORD not in shown
    assert REFERENCE not in shown
    assert "OpaqueRef:" not in shown
    if isinstance(probed, Failure):
        assert probed.what.endswith(".")
        assert "lab" in probed.message
        assert probed.message.isprintable()
        assert len(probed.message) < 400
        assert probed.message.endswith((".", "?"))
