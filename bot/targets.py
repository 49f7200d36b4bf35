"""The configured inventory as the rooms take it: addresses with their trust, passwords read when they are needed."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from bot.fleet.inventory import Inventory
from bot.settings.inventory import Endpoint as ConfiguredEndpoint
from bot.settings.inventory import Target as ConfiguredTarget
from bot.settings.inventory import Tls
from bot.xapi.target import CredentialsError, Endpoint, Target, TlsMode, Trust


def inventory(targets: Iterable[ConfiguredTarget], environ: Mapping[str, str]) -> Inventory:
    """The inventory of the configuration's targets. No password is read yet."""
    return Inventory(_target(target, environ) for target in targets)


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
