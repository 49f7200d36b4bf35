"""What an operator would write into an inventory to have the simulated hosts asked."""

import json
from collections.abc import Iterable
from typing import Final, NamedTuple

from bot.simulator.fleet import SimUser

PASSWORD_VARIABLE: Final = "SIMULATOR_PASSWORD"


class SimAddress(NamedTuple):
    """Where a host is found, and the pin that its inventory knows: SHA-256 of the DER certificate."""

    host: str
    port: int
    pin: bytes

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def pin_text(self) -> str:
        return f"sha256:{self.pin.hex()}"


class SimTarget(NamedTuple):
    """An entry: how to reach a host and who logs in. `also` are the other members, where a redirect may lead.

    `minimum` is the TLS version that a client must go down to.
    """

    name: str
    address: SimAddress
    user: SimUser
    minimum: str
    also: tuple[SimAddress, ...]
    tags: tuple[str, ...]


def as_yaml(targets: Iterable[SimTarget]) -> str:
    """The `targets` of a configuration file; the password comes from the variable `PASSWORD_VARIABLE`."""
    return "targets:\n" + "".join(map(_entry, targets))


def as_json(targets: Iterable[SimTarget]) -> str:
    """The same for programs, on one line, with the passwords in it."""
    return json.dumps({"targets": [_plain(target) for target in targets]})


def _entry(target: SimTarget) -> str:
    minimum = f', minimum: "{target.minimum}"' if target.minimum != "1.2" else ""
    lines = [
        f"  - name: {target.name}",
        f"    address: {target.address}",
        f"    username: {target.user.name}",
        f"    password_env: {PASSWORD_VARIABLE}",
        f'    tls: {{pin: "{target.address.pin_text}"{minimum}}}',
    ]
    if target.also:
        lines.append("    also:")
        lines += [f'      - {{address: "{other}", pin: "{other.pin_text}"}}' for other in target.also]
    if target.tags:
        lines.append(f"    tags: [{', '.join(target.tags)}]")
    return "\n".join(lines) + "\n"


def _plain(target: SimTarget) -> dict[str, object]:
    return {
        "name": target.name,
        "address": str(target.address),
        "pin": target.address.pin_text,
        "username": target.user.name,
        "password": target.user.password,
        "minimum": target.minimum,
        "also": [{"address": str(other), "pin": other.pin_text} for other in target.also],
    }
