"""`python -m bot.simulator`: a fleet that runs until Ctrl-C, and an inventory to ask it with.

python -m bot.simulator                     the demo's fleet, with a snippet for xocompat.yaml
python -m bot.simulator --port 9443         the same on ports from 9443 on, so that a snippet stays true
python -m bot.simulator --fleet 1000 --latency 0.1 --json
                                                 a large fleet; one line of JSON once every host listens
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from bot.simulator import (
    PASSWORD,
    PASSWORD_VARIABLE,
    SimHost,
    SimPool,
    Simulator,
    SimulatorError,
    as_json,
    as_yaml,
    demo_fleet,
    large_fleet,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 after Ctrl-C or SIGTERM, 1 where the fleet can't run."""
    options = _parser().parse_args(arguments)
    pools = large_fleet(options.fleet, options.pool_size, options.latency) if options.fleet else demo_fleet()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with suppress(KeyboardInterrupt), Simulator(_numbered(pools, options.port)) as simulator:
            sys.stdout.write(_inventory(simulator, options.json))
            sys.stdout.flush()
            while True:
                signal.pause()
    except SimulatorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m bot.simulator", description="Simulates XCP-ng and XenServer hosts.")
    parser.add_argument("--fleet", type=_count, default=0, metavar="N", help="simulate N hosts in place of the few")
    parser.add_argument("--pool-size", type=_count, default=1, metavar="N", help="hosts in each pool of --fleet")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="what each call takes in --fleet")
    parser.add_argument(
        "--port", type=_count, default=0, metavar="PORT", help="the first pool's port, the next one's is next"
    )
    parser.add_argument("--json", action="store_true", help="print the inventory for programs, on one line")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text!r}")
    return int(text)


def _numbered(pools: tuple[SimPool, ...], first: int) -> tuple[SimPool, ...]:
    return tuple(replace(pool, port=first + number) for number, pool in enumerate(pools)) if first else pools


def _inventory(simulator: Simulator, for_programs: bool) -> str:
    if for_programs:
        return as_json(simulator.targets) + "\n"
    hosts = "".join(f"# {host.name:<12} {host.address!s:<18} {_state(host.now)}\n" for host in simulator.hosts)
    return f"{hosts}\n# export {PASSWORD_VARIABLE}={PASSWORD}\n{as_yaml(simulator.targets)}\n# Ctrl-C ends it.\n"


def _state(host: SimHost) -> str:
    return f"{host.release.product} {host.release.name}" + ("" if host.up else ", down")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
