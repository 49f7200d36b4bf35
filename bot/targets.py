"""The configured inventory as the rooms take it: addresses with their trust, passwords and tokens read when needed."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bot.fleet.inventory import Inventory
from bot.settings.inventory import HTTPS_PORT, Tls, XenOrchestra
from bot.settings.inventory import Endpoint as ConfiguredEndpoint
from bot.settings.inventory import Target as ConfiguredTarget
from bot.xapi.target import CredentialsError, Endpoint, Target, TlsMode, Trust
from bot.xo.orchestra import Orchestra


def inventory(targets: Iterable[ConfiguredTarget], environ: Mapping[str, str]) -> Inventory:
    """The inventory of the configuration's targets. No password is read yet."""
    return Inventory(_target(target, environ) for target in targets)


def orchestras(configured: Iterable[XenOrchestra], environ: Mapping[str, str]) -> tuple[Orchestra, ...]:
    """The configured Xen Orchestras. No token is read yet."""
    return tuple(_orchestra(one, environ) for one in configured)


def _orchestra(one: XenOrchestra, environ: Mapping[str, str]) -> Orchestra:
    url = urlsplit(one.url)
    return Orchestra(
        name=one.name,
        endpoint=Endpoint(url.hostname or "", url.port or HTTPS_PORT, _trust(one.tls)),
        token=partial(_from_variable, one.token_env, environ),
        token_from=one.token_env,
        path=url.path,
        tags=one.tags,
    )


def _target(target: ConfiguredTarget, environ: Mapping[str, str]) -> Target:
    password, read_from = _password(target, environ)
    return Target(
        name=target.name,
        endpoint=_endpoint(target.endpoint),
        username=target.username,
        password=password,
        password_from=read_from,
        also=tuple(map(_endpoint, target.members)),
        tags=target.tags,
    )


def _endpoint(endpoint: ConfiguredEndpoint) -> Endpoint:
    return Endpoint(endpoint.host, endpoint.port, _trust(endpoint.tls))


def _trust(tls: Tls) -> Trust:
    if tls.pin:
        return Trust(TlsMode.PINNED, pin=bytes.fromhex(tls.pin.removeprefix("sha256:")), minimum=tls.minimum)
    if tls.insecure:
        return Trust(TlsMode.INSECURE, minimum=tls.minimum)
    return Trust(TlsMode.CA, ca_file=str(tls.ca) if tls.ca else None, minimum=tls.minimum)


def _password(target: ConfiguredTarget, environ: Mapping[str, str]) -> tuple[Callable[[], str], str]:
    if target.password_env:
        return partial(_from_variable, target.password_env, environ), target.password_env
    path = Path(str(target.password_file))
    return partial(_from_file, path), str(path)


def _from_variable(name: str, environ: Mapping[str, str]) -> str:
    if value := environ.get(name):
        return value
    raise CredentialsError(f"The variable {name} is not set.")


def _from_file(path: Path) -> str:
    """The file's first line, as tools write it: without the newline at its end."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsError(f"The file {path} cannot be read as text.") from error
    password = text.split("\n", 1)[0].rstrip("\r")
    if not password:
        raise CredentialsError(f"The file {path} is empty.")
    return password
