"""Whether `serve` on this machine answers `/healthz`, for a container's health check: `python -m bot.web.is_alive`.

It asks both loopback addresses, as `web.listen` may name either family alone, and no proxy of the environment.
"""

import http.client
import os
import sys

from bot.web.listen import LOOPBACK

PATIENCE = 1.0
"""Seconds for each address: engines wait three for all."""


def is_alive(port: int) -> bool:
    """Whether it answers at the port of any of the addresses."""
    for host in LOOPBACK:
        connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return True
        except (OSError, http.client.HTTPException):
            continue
        finally:
            connection.close()
    return False


if __name__ == "__main__":
    sys.exit(0 if is_alive(int(os.environ.get("PORT") or 3000)) else 1)
