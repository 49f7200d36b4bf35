"""Certificates, and servers on loopback."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from bot.xapi.target import TlsMode, Trust
from tests.xapi.certificates import Authority
from tests.xapi.probing import Certificates, Serve
from tests.xapi.server import Script, Server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made once: keys take time."""
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    good = authority.certificate("good", "127.0.0.1", "localhost")
    return Certificates(authority, good, authority.certificate("other", "127.0.0.1", signed_by_itself=True))


@pytest.fixture
def serve(certificates: Certificates) -> Iterator[Serve]:
    """Servers with the good certificate, unless told another context, or `plain` ones without TLS."""
    with ExitStack() as servers:

        def start(script: Script, context: ssl.SSLContext | None = None, plain: bool = False) -> Server:
            used = None if plain else context or certificates.good.context()
            return servers.enter_context(closing(Server(script, used)))

        yield start


@pytest.fixture
def pinned(certificates: Certificates) -> Trust:
    """Trusts the good certificate."""
    return Trust(TlsMode.PINNED, certificates.good.pin)
