"""Names of objects: the same every time for the same fleet, so that what a demo shows can be shown again."""

from functools import lru_cache
from typing import Final
from uuid import UUID, uuid5

_FLEET: Final = UUID("7d9c1c1e-53a5-4b0e-9f5c-3a1f0c6b2d10")


@lru_cache(maxsize=16384)
def uuid_of(kind: str, name: str) -> str:
    """The uuid of the object of that kind and name."""
    return str(uuid5(_FLEET, f"{kind}:{name}"))


def ref_of(kind: str, name: str) -> str:
    """The reference; not the uuid, as on a real host."""
    return f"OpaqueRef:{uuid_of(f'{kind}-ref', name)}"


@lru_cache(maxsize=64)
def refs_of(kind: str, count: int) -> tuple[str, ...]:
    """References to objects that nobody looks at, such as the PCI devices of a host."""
    return tuple(ref_of(kind, str(number)) for number in range(count))
