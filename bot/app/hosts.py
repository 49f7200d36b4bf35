"""The inventory of the settings with the asking of it over the network."""

import os
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from bot.app.lookups import now
from bot.chat.command import Fleet
from bot.fleet.asking import Asking
from bot.fleet.inventory import Inventory
from bot.fleet.limits import Limits
from bot.fleet.probing import Probing
from bot.settings.model import Settings
from bot.targets import inventory, orchestras
from bot.xapi.dial import TlsConnect
from bot.xapi.observation import Failure, Probed
from bot.xapi.probe import Prober
from bot.xapi.target import Target
from bot.xapi.tls import Contexts
from bot.xo.asking import ask
from bot.xo.orchestra import Orchestra

Measure = Callable[[float, str | None], None]
"""Hears how long a probe took, in seconds, and the code of its error."""


class Hosts(NamedTuple):
    """Whom to ask. `probing` is shared by everybody who asks: chat and sweeps don't trip over each other."""

    inventory: Inventory
    probing: Probing
    asking: Asking

    def fleet(self, limited: bool = False) -> Fleet:
        """For questions; `limited`: nobody may have hosts asked all the time, as in chat."""
        return Fleet(self.inventory, self.probing, Limits(time.monotonic) if limited else None)


def hosts_of(settings: Settings, probed: Measure | None = None) -> Hosts:
    """The settings' targets and Xen Orchestras. No password and no token is read before it is needed."""
    return asked(inventory(settings.targets, os.environ), orchestras(settings.xen_orchestra, os.environ), probed)


def asked(
    known: Inventory,
    others: tuple[Orchestra, ...] = (),
    probed: Measure | None = None,
    clock: Callable[[], datetime] = now,
) -> Hosts:
    """An inventory, and Xen Orchestras, with the asking of them. `clock` says when something was seen, in UTC."""
    connect = TlsConnect(Contexts())
    prober = Prober(clock, connect=connect)
    probing = Probing(_counted(prober.probe, probed) if probed else prober.probe, time.monotonic)
    asking = Asking(
        {target.name: target for target in known.targets},
        {one.name: one for one in others},
        probing.probe,
        lambda one: ask(one, clock, connect=connect),
    )
    return Hosts(known, probing, asking)


def _counted(probe: Callable[[Target], Probed], probed: Measure) -> Callable[[Target], Probed]:
    def ask_and_count(target: Target) -> Probed:
        begun = time.monotonic()
        answer = probe(target)
        probed(time.monotonic() - begun, answer.code.value if isinstance(answer, Failure) else None)
        return answer

    return ask_and_count
