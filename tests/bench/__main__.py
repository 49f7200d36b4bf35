"""`python -m tests.bench [NAME ...]`: run benches by name, all but attack, endurance and sites without one.

python -m tests.bench sweep --hosts 1000,10000 --concurrency 64,256 --runs 1
python -m tests.bench sites --sites 5 --hosts 20 --probes 400 --bodies 400
python -m tests.bench attack --only signatures,framing --scale 0.1
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial

from tests.bench import alerts, latency, lookup, memory, patches, probe, slash, start, sweep
from tests.bench.attack import run as attack
from tests.bench.endurance import run as endurance
from tests.bench.sites import run as sites


def main(words: Sequence[str] | None = None) -> int:
    """Print a JSON line for each bench, and for each attack; 1 if an attack succeeded or a figure of sites is bad."""
    options = _parser().parse_args(words)
    status = 0
    swept = partial(sweep.measure, options.hosts or [1000], options.concurrency, options.runs, options.clients)
    endured = partial(endurance.measure, options.minutes, options.kills, options.seed)
    reached = partial(sites.measure, options.sites, (options.hosts or [500])[0], options.probes, options.bodies)
    long = {"sweep": swept, "endurance": endured, "sites": reached}
    for name in options.names or BENCHES:
        if name == "attack":
            status = attack.measure(options.only, options.scale, options.seed)
            continue
        measured = (long.get(name) or BENCHES[name])()
        print(json.dumps({"bench": name, **measured}), flush=True)
        status = status or int(name == "sites" and bool(measured["verdict"]))
    return status


BENCHES: dict[str, Callable[[], dict[str, object]]] = {
    "alerts": alerts.measure,
    "latency": latency.measure,
    "lookup": lookup.measure,
    "memory": memory.measure,
    "patches": patches.measure,
    "probe": probe.measure,
    "slash": slash.measure,
    "start": start.measure,
    "sweep": sweep.measure,
}
ALL = (*BENCHES, "attack", "endurance", "sites")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.bench", description="Measures, and prints JSON.")
    parser.add_argument("names", nargs="*", type=_name, metavar="NAME", help=f"{', '.join(ALL)}")
    of_endurance = parser.add_argument_group("endurance")
    of_endurance.add_argument("--minutes", type=float, default=60, metavar="N", help="how long serve is to endure")
    of_endurance.add_argument("--kills", type=int, default=10, metavar="N", help="at random moments of it")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of what happens when, and of attacks")
    of_attack = parser.add_argument_group("attack")
    attacks = ", ".join(attack.NAMES)
    of_attack.add_argument("--only", type=_attacks, default=attack.NAMES, metavar="NAME,...", help=attacks)
    of_attack.add_argument("--scale", type=float, default=1, metavar="X", help="of the number of tries")
    of_sites = parser.add_argument_group("sites")
    of_sites.add_argument("--sites", type=int, default=200, metavar="N", help="that come back at once")
    of_sites.add_argument("--probes", type=int, default=10_000, metavar="N", help="that two workers share")
    of_sites.add_argument("--bodies", type=int, default=10_000, metavar="N", help="that are read on their way")
    of_sweep = parser.add_argument_group("sweep")
    of_sweep.add_argument("--hosts", type=_numbers, metavar="N,...", help="how many are simulated; at each site")
    of_sweep.add_argument("--concurrency", type=_numbers, default=[64, 256], metavar="N,...", help="asked at once")
    of_sweep.add_argument("--runs", type=int, default=3, metavar="N", help="medians are told of so many")
    of_sweep.add_argument("--clients", type=_clients, default=sweep.ALL, metavar="NAME,...", help=", ".join(sweep.ALL))
    return parser


def _name(text: str) -> str:
    if text not in ALL:
        raise argparse.ArgumentTypeError(f"{text}: {', '.join(ALL)} are allowed")
    return text


def _attacks(text: str) -> list[str]:
    if unknown := [name for name in text.split(",") if name not in attack.NAMES]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: {', '.join(attack.NAMES)} are allowed")
    return text.split(",")


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _clients(text: str) -> list[str]:
    if unknown := [name for name in text.split(",") if name not in sweep.ALL]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: {', '.join(sweep.ALL)} are allowed")
    return text.split(",")


if __name__ == "__main__":
    sys.exit(main())
