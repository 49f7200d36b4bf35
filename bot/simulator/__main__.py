"""`python -m bot.simulator`: a fleet that runs until Ctrl-C, and an inventory to ask it with.

python -m bot.simulator                     the demo's fleet, with a snippet for xocompat.yaml
python -m bot.simulator --port 9443         the same on ports from 9443 on, so that a snippet stays true
python -m bot.simulator --fleet 1000 --latency 0.1 --json
                                                 a large fleet; one line of JSON once every host listens
python -m bot.simulator --sites 3           three sites, each with a worker, at a NATS server; what to set for a centre
"""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.simulator import (
    PASSWORD,
    PASSWORD_VARIABLE,
    Simulator,
    SimulatorError,
    as_json,
    as_yaml,
    demo_fleet,
    large_fleet,
)
from bot.simulator.several_sites import several_sites, site_names


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 after Ctrl-C or SIGTERM, 1 where the fleet cannot run."""
    options = _parser().parse_args(arguments)
    if options.sites:
        hosts = options.sites * (options.fleet or SITE_HOSTS)
        pools = large_fleet(hosts, options.pool_size, options.latency)
    elif options.fleet:
        pools = large_fleet(options.fleet, options.pool_size, options.latency)
    else:
        pools = demo_fleet(datetime.now(UTC).date())
    if options.port:
        pools = tuple(replace(pool, port=options.port + number) for number, pool in enumerate(pools))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt), ExitStack() as running:
            simulator = running.enter_context(Simulator(pools))
            if options.sites:
                sys.stdout.write(running.enter_context(_sites(simulator, options)))
            else:
                sys.stdout.write(as_json(simulator.targets) + "\n" if options.json else _inventory(simulator))
            sys.stdout.flush()
            while True:
                signal.pause()
    except SimulatorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


SITE_HOSTS = 4
"""Hosts of a site, unless --fleet says otherwise."""


@contextmanager
def _sites(simulator: Simulator, options: argparse.Namespace) -> Iterator[str]:
    """The sites, each with its part of the targets, in the folder that is named, or one that goes with them."""
    names = site_names(options.sites)
    parts = {name: simulator.targets[at :: len(names)] for at, name in enumerate(names)}
    with ExitStack() as ends:
        folder = options.output or Path(ends.enter_context(TemporaryDirectory(prefix="xocompat-sites-")))
        folder.mkdir(parents=True, exist_ok=True)
        yield ends.enter_context(several_sites(parts, folder.absolute()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m bot.simulator", description="Simulates XCP-ng and XenServer hosts.")
    parser.add_argument("--fleet", type=_count, default=0, metavar="N", help="simulate N hosts in place of the few")
    parser.add_argument("--pool-size", type=_count, default=1, metavar="N", help="hosts in each pool of --fleet")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="what each call takes in --fleet")
    parser.add_argument(
        "--port", type=_count, default=0, metavar="PORT", help="the first pool's port, the next one's is next"
    )
    parser.add_argument(
        "--sites",
        type=_count,
        default=0,
        metavar="N",
        help="N sites, each with --fleet hosts, a worker and a NATS server",
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="a folder for keys and logs of --sites")
    parser.add_argument("--json", action="store_true", help="print the inventory for programs, on one line")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text!r}")
    return int(text)


def _inventory(simulator: Simulator) -> str:
    """The hosts as comments, and a snippet for a configuration file."""
    text = ""
    for host in simulator.hosts:
        runs = host.now.release
        down = "" if host.now.up else ", down"
        text += f"# {host.name:<12} {host.address!s:<18} {runs.product} {runs.name}{down}\n"
    return f"{text}\n# export {PASSWORD_VARIABLE}={PASSWORD}\n{as_yaml(simulator.targets)}\n# Ctrl-C ends it.\n"


if __name__ == "__main__":
    sys.exit(main())
