"""Whether a target can be reached over TLS, without asking it for anything: for `doctor`."""

import socket
import ssl
from urllib.parse import urlsplit

from bot.checkup import Check
from bot.notify.notifier import NotifierTarget
from bot.web.http_call import CONNECT, CallError, refuse_forbidden


def reaches(target: NotifierTarget, url: str) -> Check:
    """Connect, and let its certificate be checked; nothing is sent."""
    name, parts = f"notify {target.name}", urlsplit(url)
    is_tls = parts.scheme == "https"
    try:
        address = (parts.hostname or "", parts.port or (443 if is_tls else 80))
        with socket.create_connection(address, CONNECT) as connected:
            refuse_forbidden(connected.getpeername()[0])
            if is_tls:
                context = ssl.create_default_context(cafile=target.ca)
                with context.wrap_socket(connected, server_hostname=parts.hostname):
                    pass
    except CallError as error:
        return Check(name, False, error.reason, "set another address")
    except ssl.SSLError:
        return Check(name, False, f"{target.kind}: its certificate does not hold", "set `ca`, or look at the clock")
    except OSError as error:
        said = f"{target.kind}: it cannot be reached ({error.strerror or type(error).__name__})"
        return Check(name, False, said, "look at its address, the network and the proxy")
    return Check(name, True, f"{target.kind}: it can be reached; whether it takes messages, `doctor --send` says")
