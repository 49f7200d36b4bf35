"""The few calls that change something: enough to tell an account that may from one that may not."""

from dataclasses import replace

from bot.simulator.protocol import Value, XapiError
from bot.simulator.state import HostState, PoolState


def write(pool: PoolState, method: str, arguments: tuple[Value, ...]) -> None:
    """Does what the call says; raises XapiError for an object that is not there."""
    ref = str(arguments[0])
    match method:
        case "pool.set_name_label" if ref == pool.ref:
            pool.name = str(arguments[1])
        case "host.set_name_label":
            host = _host(pool, ref)
            host.host = replace(host.host, label=str(arguments[1]))
        case "host.enable" | "host.disable":
            host = _host(pool, ref)
            host.host = replace(host.host, enabled=method == "host.enable")
        case _:
            raise XapiError("HANDLE_INVALID", method.partition(".")[0], ref)
    pool.touch()


def _host(pool: PoolState, ref: str) -> HostState:
    if ref not in pool.hosts:
        raise XapiError("HANDLE_INVALID", "host", ref)
    return pool.hosts[ref]
