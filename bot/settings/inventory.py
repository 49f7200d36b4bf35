"""The inventory: hosts to ask through XAPI, and Xen Orchestras to ask for theirs."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

from bot.settings.section import Section
from bot.settings.values import FilePath, HostAddress, HttpsUrl, Name, Pin, Tag, TlsVersion, Username, VariableName

HTTPS_PORT = 443


class Tls(Section):
    """How a host's certificate is trusted: by its pin, by CAs in a file, not at all, or else by the system's CAs."""

    at_most_one = ("pin", "ca", "insecure")

    pin: Pin | None = None
    ca: FilePath | None = None
    insecure: bool = False
    minimum: TlsVersion = "1.2"


class Member(Section):
    """Another host of a pool, to which the target may redirect. What is not given is as the target has it."""

    at_most_one = ("pin", "tls")

    address: HostAddress
    pin: Pin | None = None
    tls: Tls | None = None


def _member(value: object) -> object:
    return value if isinstance(value, (dict, Member)) else {"address": value}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect, nothing left open."""

    host: str
    port: int
    tls: Tls


class Target(Section):
    """A pool's coordinator or a lone host, to be asked through XAPI."""

    exactly_one = ("password_env", "password_file")

    name: Name
    address: HostAddress
    username: Username
    password_env: VariableName | None = None
    password_file: FilePath | None = None
    tls: Tls = Tls()
    tags: tuple[Tag, ...] = ()
    also: tuple[Annotated[Member, BeforeValidator(_member)], ...] = ()

    @property
    def endpoint(self) -> Endpoint:
        """The target's own."""
        return Endpoint(self.address.host, self.address.port or HTTPS_PORT, self.tls)

    @property
    def members(self) -> tuple[Endpoint, ...]:
        """Where a redirect may lead, besides the target itself."""
        return tuple(map(self._member_endpoint, self.also))

    def _member_endpoint(self, member: Member) -> Endpoint:
        tls = member.tls or (Tls(pin=member.pin, minimum=self.tls.minimum) if member.pin else self.tls)
        return Endpoint(member.address.host, member.address.port or self.endpoint.port, tls)


class XenOrchestra(Section):
    """A Xen Orchestra whose hosts are watched through its REST API; `token_env` names the variable with its token."""

    name: Name
    url: HttpsUrl
    token_env: VariableName
    tls: Tls = Tls()
    tags: tuple[Tag, ...] = ()
