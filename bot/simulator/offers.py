"""Updates that a host's repositories offer and that it misses, as a Xen Orchestra lists them."""

from dataclasses import dataclass
from typing import Any, Final

_WRITTEN: Final = 1_780_000_000


@dataclass(frozen=True, slots=True)
class SimUpdate:
    """An update. XCP-ng's are packages with a release and a changelog; of XenServer's, `name` is the update's.

    `changelog` is its newest entry, `guidances` what XenServer wants done afterwards.
    """

    name: str
    version: str = ""
    release: str = ""
    changelog: str = ""
    description: str = ""
    guidances: str = ""

    def package(self) -> dict[str, Any]:
        """As it is listed for XCP-ng, whose updates come from yum (`XcpPatches` of @vates/types)."""
        listed: dict[str, Any] = {
            "name": self.name,
            "version": self.version,
            "release": self.release,
            "description": self.description or f"The package {self.name}",
            "license": "GPLv2",
            "size": 2_381_004,
            "url": f"http://mirrors.example.org/8.3/updates/x86_64/{self.name}-{self.version}-{self.release}.rpm",
        }
        if self.changelog:
            listed["changelog"] = {
                "date": _WRITTEN,
                "author": "A Packager <packager@example.org>",
                "description": self.changelog,
            }
        return listed

    def update(self) -> dict[str, Any]:
        """As it is listed for XenServer (`XsPatches`)."""
        return {
            "id": self.name,
            "name": self.name,
            "description": self.description,
            "date": "2026-05-28T00:00:00Z",
            "guidances": self.guidances,
            "conflicts": [],
            "requirements": [],
            "paid": False,
            "upgrade": False,
        }
