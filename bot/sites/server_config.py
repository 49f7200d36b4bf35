"""The configuration of a NATS server for a centre and its sites: who may do what there, their keys, its certificate.

Users are nkeys: the server knows public keys alone, so the configuration has nothing secret in it, and the seeds, which
are, go to the machines that they are for. Each site has a folder of its own to be copied there.
"""

import ipaddress
import json
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from bot.errors import UnavailableError, UsageError
from bot.fleet.sites import SITE_NAME
from bot.sites.subjects import PREFIX, SiteSubjects

NATS_PORT: Final = 4222
VALID: Final = timedelta(days=3650)
"""How long the server's own certificate is good: who renews it has to carry it to every site."""

_NEEDS = "Keys need the extra `sites`: pip install 'xocompat[sites]'."
_URL = "--url must be tls:// with a host and perhaps a port, such as tls://nats.example.org:4222."


class ServerUrl(NamedTuple):
    """Where sites and centre reach the server."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "ServerUrl":
        """From `tls://HOST[:PORT]`; UsageError says what is allowed."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port or NATS_PORT
        except ValueError:
            raise UsageError(_URL) from None
        plain = re.fullmatch(r"[a-z0-9._-]{1,253}|[0-9a-f:.]+", host or "")
        if parts.scheme != "tls" or not host or not plain or "@" in parts.netloc or parts.path.strip("/"):
            raise UsageError(_URL)
        return cls(host, port)

    @property
    def is_loopback(self) -> bool:
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"tls://[{self.host}]:{self.port}" if ":" in self.host else f"tls://{self.host}:{self.port}"


class ServerFiles(NamedTuple):
    """The server's own certificate and key, and whether clients need the certificate, too, to trust it."""

    certificate: Path
    key: Path
    is_private: bool


class KeyFolder:
    """A folder with the seeds that are made here: `centre/`, `sites/NAME/`, `server/`, each for its machine.

    Nothing in it is ever written over. Files with secrets are the user's own alone (0600).
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @property
    def centre(self) -> Path:
        return self.path / "centre"

    @property
    def server(self) -> Path:
        return self.path / "server"

    def site(self, name: str) -> Path:
        return self.path / "sites" / name

    def sites(self) -> tuple[str, ...]:
        """Those that have a folder here, by name."""
        found = (path.name for path in (self.path / "sites").glob("*") if path.is_dir())
        return tuple(sorted(name for name in found if SITE_NAME.fullmatch(name)))

    def create(self) -> None:
        """Make it. UsageError if something is there."""
        try:
            self.path.mkdir(mode=0o700)
        except FileExistsError:
            raise UsageError(
                f"{self.path} is there already. To add sites to it say --add; else name another folder with --output."
            ) from None
        except OSError as error:
            raise UnavailableError(f"{self.path} cannot be made: {error.strerror or error}.") from None

    def public_key(self, seed: Path) -> str:
        """The public key of a seed, which is made if it is not there.

        UnavailableError where it can't be written or read, or is none.
        """
        nkeys = _nkeys()
        if not seed.exists():
            made = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)
            self.write(seed, bytes(made).rstrip(b"=") + b"\n", 0o600)
        try:
            data = seed.read_bytes()
        except OSError as error:
            raise UnavailableError(f"{seed} cannot be read: {error.strerror or error}.") from None
        if not is_seed(data):
            raise UnavailableError(f"{seed} holds no seed of a user's nkey: delete it to have a new one made.")
        public: bytes = nkeys.from_seed(bytearray(data.strip())).public_key
        return public.decode()

    def write(self, path: Path, data: bytes, mode: int = 0o644) -> None:
        """A new file, in a folder that is made if need be. UnavailableError if it can't be written, or is there."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
        except OSError as error:
            raise UnavailableError(f"{path} cannot be written: {error.strerror or error}.") from None


def is_seed(data: bytes) -> bool:
    """Whether it is the seed of a user's nkey, as its file has it."""
    nkeys = _nkeys()
    try:
        return bool(nkeys.from_seed(bytearray(data.strip())).public_key.startswith(b"U"))  # an account's is an A
    except (nkeys.NkeysError, ValueError):
        return False


def _nkeys() -> Any:
    """The library, imported where keys are needed. UnavailableError without the extra that brings it."""
    try:
        return import_module("nkeys")
    except ImportError:
        raise UnavailableError(_NEEDS) from None


class NatsConfig(NamedTuple):
    """What was made: the text for the server, and what to do with the folder."""

    text: str
    folder: Path


def make_nats_config(
    sites: Sequence[str],
    output: Path,
    url: str,
    is_addition: bool = False,
    certificate: Path | None = None,
    key: Path | None = None,
) -> NatsConfig:
    """Make keys, a certificate unless one is given, and the configuration of a server that knows them.

    With `is_addition` sites are added to the folder, and the configuration is for all that are in it. UsageError and
    UnavailableError, a line each, before anything is written where that can be known before.
    """
    where = ServerUrl.parse(url)
    for name in sites:
        if not SITE_NAME.fullmatch(name):
            raise UsageError(
                f"{name[:64]!a} is no site's name: lower-case letters, digits and dashes, at most 32, such as paris."
            )
    if twice := next((name for name in sites if sites.count(name) > 1), None):
        raise UsageError(f"Site {twice} is named twice.")
    if (certificate is None) != (key is None):
        raise UsageError("--certificate and --key belong together: give both, or none to have them made.")
    for given in (certificate, key):
        if given and not given.is_file():
            raise UsageError(f"{given} is no file.")
    folder = KeyFolder(output)
    known: tuple[str, ...] = ()
    if is_addition:
        if not folder.centre.is_dir():
            raise UsageError(f"{folder.path} was not made by `sites config`: leave --add out to make it.")
        known = folder.sites()
    elif not sites:
        raise UsageError("Name at least one site: xocompat sites config --site paris")
    else:
        folder.create()
    server = _server_files(folder, where, certificate, key)
    names = sorted({*known, *sites})
    centre = folder.public_key(folder.centre / "centre.nk")
    keys = {name: folder.public_key(folder.site(name) / f"{name}.nk") for name in names}
    ca = server.certificate.read_bytes() if server.is_private else None
    for name in names:
        _complete(folder, folder.site(name) / "xocompat.yaml", site_snippet(name, where, server.is_private), ca)
    snippet = centre_snippet(names, where, server.is_private)
    _complete(folder, folder.centre / "xocompat.yaml", snippet, ca)
    return NatsConfig(_text(folder, where, server, centre, keys, snippet), folder.path)


def _complete(folder: KeyFolder, snippet: Path, text: str, ca: bytes | None) -> None:
    """What else a machine needs beside its seed, as far as it is not there."""
    if not snippet.exists():
        folder.write(snippet, text.encode())
    if ca and not (snippet.parent / "ca.pem").exists():
        folder.write(snippet.parent / "ca.pem", ca)


def site_snippet(name: str, where: ServerUrl, is_private: bool) -> str:
    """What the configuration of a site says of the server; paths start at its folder."""
    return _snippet("site", [f"name: {name}"], where, f"{name}.nk", is_private)


def centre_snippet(names: Iterable[str], where: ServerUrl, is_private: bool) -> str:
    """What the centre's says of it. All sites are expected, so that one which never comes is missed."""
    return _snippet("sites", [f"expected: [{', '.join(names)}]"], where, "centre.nk", is_private)


def _snippet(section: str, own: Sequence[str], where: ServerUrl, seed: str, is_private: bool) -> str:
    lines = [*own, f'url: "{where}"', f"credentials_file: {seed}", *(["ca: ca.pem"] if is_private else [])]
    return "".join([f"{section}:\n", *(f"  {line}\n" for line in lines)])


def _server_files(folder: KeyFolder, where: ServerUrl, certificate: Path | None, key: Path | None) -> ServerFiles:
    """Those given, else those in the folder, which are made if they are not there."""
    if certificate and key:
        return ServerFiles(certificate.absolute(), key.absolute(), is_private=False)
    made = ServerFiles(folder.server / "server.pem", folder.server / "server-key.pem", is_private=True)
    if not made.certificate.exists():
        pem, key_pem = _own_certificate(where.host)
        folder.write(made.key, key_pem, 0o600)
        folder.write(made.certificate, pem)
    return made


def _own_certificate(host: str) -> tuple[bytes, bytes]:
    """A certificate for a host that signed itself, so that it is its own CA, and its key; both as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host[:64])])
    own_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    try:
        names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(host))]
    except ValueError:
        names = [x509.DNSName(host)]
    if host == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .serial_number(x509.random_serial_number())
        .public_key(key.public_key())
        .not_valid_before(now - timedelta(days=1))  # a site's clock may be behind
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(own_key, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_key), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, SHA256())
    )
    return (
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


class SubjectPermissions(NamedTuple):
    """The subjects that a user of the server may publish to, and those that it may subscribe to."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


USER_INFO = "$SYS.REQ.USER.INFO"
"""Where everybody asks the server what they may do, which `doctor` does."""

CENTRE_PERMISSIONS = SubjectPermissions(
    publish=(f"{PREFIX}.>", "$JS.API.>", "$JS.ACK.>", USER_INFO), subscribe=(f"{PREFIX}.>", "_INBOX.>")
)
"""A centre makes streams and consumers, and hears and asks every site."""


def site_permissions(site: str) -> SubjectPermissions:
    """A site says what is its own, and hears what is asked of it and what is answered to it."""
    own = SiteSubjects(site)
    return SubjectPermissions(
        publish=(own.observed, own.inventory, own.pull, own.acks, USER_INFO),
        subscribe=(own.ask, own.probe, f"{own.inbox}.>"),
    )


ANSWERS = 'allow_responses: {max: 1, expires: "2m"}'
"""Everybody may answer each question once, where its asker wants it; after a minute that one has gone."""


def _text(
    folder: KeyFolder, where: ServerUrl, server: ServerFiles, centre: str, keys: dict[str, str], snippet: str
) -> str:
    """The whole file. Paths are those of this machine: who moves the folder changes them."""
    listen = f"127.0.0.1:{where.port}" if where.is_loopback else f"0.0.0.0:{where.port}"
    exports = "".join(_export(*service) for service in _services("*"))
    imports = "".join(_import(_account(name), SiteSubjects(name).probe) for name in keys)
    sites = "".join(_site_account(name, public) for name, public in keys.items())
    comment = "".join(f"#   {line}\n" for line in snippet.splitlines())
    private = " and ca.pem" if server.is_private else ""
    return f"""\
# A NATS server for xocompat, with {len(keys)} {"site" if len(keys) == 1 else "sites"}: {", ".join(keys)}.
# Nothing in this file is secret. `nats-server -c FILE` starts it; after a change `nats-server --signal reload`,
# twice where a site is new: the server knows the account at the first, and what that may use at the second.
# Nobody has a user but the centre and the sites, and a site may use what is its own alone.

server_name: xocompat
listen: "{listen}"
max_payload: 1MB
ping_interval: "30s"
ping_max: 2

tls {{
  cert_file: {json.dumps(str(server.certificate))}
  key_file: {json.dumps(str(server.key))}
  min_version: "1.2"
  timeout: 5
}}

jetstream {{
  store_dir: {json.dumps(str(folder.server / "jetstream"))}
  max_memory_store: 64MB
  max_file_store: 8GB
}}

# Each site has an account of its own. What the server answers goes to a subject that the asker names, and it looks at
# no permissions for that: within an account a site could have answers for itself taken as another's words.
accounts {{
  {CENTRE_ACCOUNT} {{
    jetstream: {{max_memory: 64MB, max_file: 8GB, max_streams: 8}}
    users: [
{_user("the centre", centre, CENTRE_PERMISSIONS)}    ]
    exports: [
{exports}    ]
    imports: [
{imports}    ]
  }}
{sites}  SYS {{}}
}}
system_account: SYS

# The centre's configuration, with centre.nk{private} of {folder.centre} beside it:
{comment}#
# Each site's, with NAME.nk{private} beside it, is in {folder.path / "sites"}: copy its folder there,
# add its `targets`, and run `xocompat site --config xocompat.yaml`.
"""


CENTRE_ACCOUNT: Final = "XOCOMPAT"


def _account(site: str) -> str:
    """The name of a site's account."""
    return f"SITE_{site}"


def _services(site: str) -> tuple[tuple[str, str], ...]:
    """What a site may use of the centre's account, with how many answers each question has."""
    own = SiteSubjects(site)
    return (own.observed, "singleton"), (own.inventory, "singleton"), (own.pull, "stream"), (own.acks, "singleton")


def _export(subject: str, answers: str) -> str:
    """Which account may use which of these subjects, its own imports say: nobody but this file makes any."""
    return f'      {{service: "{subject}", response_type: {answers}}}\n'


def _import(account: str, subject: str) -> str:
    return f'      {{service: {{account: {account}, subject: "{subject}"}}}}\n'


def _site_account(site: str, public: str) -> str:
    imports = "".join(_import(CENTRE_ACCOUNT, subject) for subject, _ in _services(site))
    return f"""\
  {_account(site)} {{
    users: [
{_user(f"site {site}", public, site_permissions(site))}    ]
    exports: [
{_export(SiteSubjects(site).probe, "singleton")}    ]
    imports: [
{imports}    ]
  }}
"""


def _user(who: str, public: str, may: SubjectPermissions) -> str:
    lines = [
        f"# {who}",
        f"{{nkey: {public}, permissions: {{",
        f"  publish: {{allow: {json.dumps(may.publish)}}}",
        f"  subscribe: {{allow: {json.dumps(may.subscribe)}}}",
        f"  {ANSWERS}",
        "}}",
    ]
    return "".join(f"      {line}\n" for line in lines)
