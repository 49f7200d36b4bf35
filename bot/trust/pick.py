"""Whose certificate is meant: a target's own, or that of a member listed under its `also`."""

import json
from typing import NamedTuple

from bot.errors import UnavailableError, UsageError
from bot.fleet.inventory import Inventory
from bot.query.text import shown
from bot.settings.address import Address, parse_address
from bot.settings.pins import Place
from bot.xapi.address import same_host
from bot.xapi.observation import Failure
from bot.xapi.target import Endpoint, Target


class Pick(NamedTuple):
    """A place in the inventory that has a pin, or may have one."""

    target: Target
    endpoint: Endpoint
    place: Place

    @property
    def name(self) -> str:
        """What people call it: lab-a, or lab-a (192.0.2.11) for a member."""
        return self.target.name if self.place.member is None else f"{self.target.name} ({self.endpoint})"

    @property
    def words(self) -> str:
        """What follows `trust` on the command line."""
        return self.target.name if self.place.member is None else f"{self.target.name} {self.endpoint}"

    def by_hand(self, pin: str) -> str:
        """What is to stand in the configuration for it: JSON, which is YAML, too."""
        tls = {"pin": pin}
        if self.endpoint.trust.minimum != "1.2":
            tls["minimum"] = self.endpoint.trust.minimum
        if self.place.member is None:
            return f"under {self.target.name}, {json.dumps({'tls': tls})[1:-1]}"
        return f"under `also` of {self.target.name}, {json.dumps({'address': str(self.endpoint), 'tls': tls})}"


def pick(inventory: Inventory, host: str, address: str | None) -> Pick:
    """The place of a name, and of an address that is listed there.

    UnavailableError if no target has the name; UsageError if it does not list the address, or lists it twice.
    """
    target = inventory.find(host)
    if isinstance(target, Failure):
        raise UnavailableError(target.message)
    number = inventory.targets.index(target)
    if address is None:
        return Pick(target, target.endpoint, Place(number))
    wanted = _address(address)
    members = [Pick(target, endpoint, Place(number, at)) for at, endpoint in enumerate(target.also)]
    found = [one for one in (Pick(target, target.endpoint, Place(number)), *members) if _is_at(one.endpoint, wanted)]
    if len(found) != 1:
        raise UsageError(_not_one(target, address, found))
    return found[0]


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as error:
        raise UsageError(f"{shown(text)} is no address: it {error}.") from None


def _is_at(endpoint: Endpoint, wanted: Address) -> bool:
    return same_host(endpoint.host, wanted.host) and wanted.port in (None, endpoint.port)


def _not_one(target: Target, address: str, found: list[Pick]) -> str:
    if found:
        said = f"{target.name} lists {shown(address)} more than once"
        return f"{said}: {', '.join(f'{one.endpoint.host}:{one.endpoint.port}' for one in found)}. Say which port."
    if not target.also:
        return f"{target.name} lists no other address: add {shown(address)} to its `also` first."
    return f"{target.name} does not list {shown(address)} under `also`, but {', '.join(map(str, target.also))}."
