"""Asks whether a version in requirements.txt has a known hole: run as `.ci/audit`, which hands its arguments on.

Ends with 1 if there is one, or if the file itself is wrong; with 0, and a line that says so, if nobody could be asked.
"""

import json
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"
SECONDS = 120
AWAY = (
    "ConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "Could not connect",
    "HTTPError",
    "ProxyError",
    "SSLError",
    "JSONDecodeError",
)


def main() -> int:
    """The exit status; what was found is on stdout."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(REQUIREMENTS),
        "--require-hashes",
        "--disable-pip",
    ]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "10", *sys.argv[1:]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        print(f"pip-audit: could not ask: no answer within {SECONDS} s")
        return 0
    try:
        found = json.loads(done.stdout)["dependencies"]
    except ValueError:
        last = done.stderr.strip().splitlines()[-1:] or ["no word why"]
        if any(sign in done.stderr for sign in AWAY):
            print(f"pip-audit: could not ask: {last[0][:300]}")
            return 0
        print(f"pip-audit: failed: {last[0][:300]}")
        return 1
    holes = [(each, hole) for each in found for hole in each.get("vulns", ())]
    for each, hole in holes:
        fixed = ", ".join(hole["fix_versions"]) or "no version yet"
        print(f"pip-audit: {each['name']} {each['version']}: {hole['id']}, mended in {fixed}")
    unknown = [each["name"] for each in found if "skip_reason" in each]
    if unknown:
        print(f"pip-audit: could not ask about {len(unknown)} of {len(found)} packages: {', '.join(unknown)}")
    elif not holes:
        print(f"pip-audit: no known holes in {len(found)} packages")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main())
