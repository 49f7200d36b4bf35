"""The inventory: hosts to ask through XAPI, and Xen Orchestras to ask for theirs."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

from bot.settings.section import Section
from bot.settings.values import FilePath, HostAddress, HttpsUrl, Name, Pin, Tag, TlsVersion, Username, VariableName

HTTPS_PORT = 443


class TlsSettings(Section):
    """How a host's certificate is trusted: by its pin, by CAs in a file, not at all, or else by the system's CAs."""

    at_most_one = ("pin", "ca", "insecure")

    pin: Pin | None = None
    ca: FilePath | None = None
    insecure: bool = False
    minimum: TlsVersion = "1.2"


class MemberSettings(Section):
    """Another host of a pool, to which the target may redirect. What is not given is as the target has it."""

    at_most_one = ("pin", "tls")

    address: HostAddress
    pin: Pin | None = None
    tls: TlsSettings | None = None


def _member(value: object) -> object:
    return value if isinstance(value, (dict, MemberSettings)) else {"address": value}


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Where to connect, nothing left open."""

    host: str
    port: int
    tls: TlsSettings


class TargetSettings(Section):
    """A pool's coordinator or a lone host, to be asked through XAPI."""

    exactly_one = ("password_env", "password_file")

    name: Name
    address: HostAddress
    username: Username
    password_env: VariableName | None = None
    password_file: FilePath | None = None
    tls: TlsSettings = TlsSettings()
    tags: tuple[Tag, ...] = ()
    also: tuple[Annotated[MemberSettings, BeforeValidator(_member)], ...] = ()

    @property
    def endpoint(self) -> EndpointSettings:
        """The target's own."""
        return EndpointSettings(self.address.host, self.address.port or HTTPS_PORT, self.tls)

    @property
    def members(self) -> tuple[EndpointSettings, ...]:
        """Where a redirect may lead, besides the target itself."""
        return tuple(map(self._member_endpoint, self.also))

    def _member_endpoint(self, member: MemberSettings) -> EndpointSettings:
        tls = member.tls or (TlsSettings(pin=member.pin, minimum=self.tls.minimum) if member.pin else self.tls)
        return EndpointSettings(member.address.host, member.address.port or self.endpoint.port, tls)


class OrchestraSettings(Section):
    """A Xen Orchestra whose hosts are watched through its REST API; `token_env` names the variable with its token."""

    name: Name
    url: HttpsUrl
    token_env: VariableName
    tls: TlsSettings = TlsSettings()
    tags: tuple[Tag, ...] = ()
