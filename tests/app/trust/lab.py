"""What the tests of trust share: a configuration for simulated hosts, in a folder of its own."""

from pathlib import Path

from bot.simulator import Simulator

OTHER = "sha256:" + "ab" * 32


class Lab:
    """Writes ./xocompat.yaml and says what stands in it."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.file = folder / "xocompat.yaml"

    def pin(self, host: str) -> str:
        """Of the certificate that a host shows now."""
        return self.simulator[host].address.pin_text

    def write(self, tls: str, host: str = "xen-1", also: str = "") -> str:
        """An entry lab-a for a host, with this line for `tls`; returns the file's text."""
        also = f"    also: {also}\n" if also else ""
        text = (
            "# the lab\ntargets:\n"
            f"  - name: lab-a\n    address: {self.simulator[host].address}   # rack 3\n"
            f"    username: 'xocompat'\n    password_env: LAB_PASSWORD\n    {tls}\n{also}"
        )
        self.file.write_text(text)
        return text

    @property
    def text(self) -> str:
        return self.file.read_text()
