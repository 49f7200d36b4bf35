"""The certificates and servers of the probe's tests, here too."""

from tests.xapi.conftest import certificates, pinned, serve

__all__ = ["certificates", "pinned", "serve"]
