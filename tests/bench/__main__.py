"""`python -m tests.bench NAME ...`: run benches by name, all of them without one."""

import json
import sys

from tests.bench import alerts, lookup, probe, slash, start

BENCHES = {
    "alerts": alerts.measure,
    "lookup": lookup.measure,
    "probe": probe.measure,
    "slash": slash.measure,
    "start": start.measure,
}


def main(names: list[str]) -> int:
    """Print a JSON line for each bench; 2 for a name that is none."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"bench: {', '.join(unknown)}: {', '.join(BENCHES)} are allowed", file=sys.stderr)
        return 2
    for name in names or BENCHES:
        print(json.dumps({"bench": name, **BENCHES[name]()}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
