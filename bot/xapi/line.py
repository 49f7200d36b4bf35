"""A line to one endpoint: kept alive, opened when it is needed, opened anew when the host has closed it."""

from bot.xapi.bounds import Bounds, Deadline
from bot.xapi.dial import Connect
from bot.xapi.http import Http, HttpReply, Incoming
from bot.xapi.secret import Secret
from bot.xapi.target import Endpoint


class Line:
    """HTTP with an endpoint. Every connection that it opens has passed the endpoint's own certificate check."""

    def __init__(self, connect: Connect, endpoint: Endpoint, bounds: Bounds) -> None:
        self.endpoint = endpoint
        self.bounds = bounds
        self._connect = connect
        self._http: Http | None = None
        self._asked = 0

    def open(self, deadline: Deadline) -> Http:
        """The connection. Trouble if the endpoint cannot be reached or its certificate does not pass."""
        if self._http is None or not self._http.usable:
            self.close()
            wire = self._connect(self.endpoint, deadline.within(self.bounds.connect))
            self._http = Http(wire, _authority(self.endpoint), self.bounds)
        return self._http

    def post(self, path: str, kind: str, body: bytes, deadline: Deadline) -> HttpReply:
        """A request and its reply. Trouble or TimeoutError if there is none; it is never sent twice."""
        return self.open(deadline).post(path, kind, body, deadline)

    def get(self, path: str, cookie: Secret, deadline: Deadline) -> Incoming:
        """A question with a cookie, and the reply as it comes. As with `post`; the cookie follows no redirect."""
        return self.open(deadline).get(path, cookie, deadline)

    def number(self) -> int:
        """The number of the next question, from 1."""
        self._asked += 1
        return self._asked

    def close(self) -> None:
        """Hangs up; the next request opens a new connection."""
        if self._http is not None:
            self._http.close()
            self._http = None


def _authority(endpoint: Endpoint) -> str:
    """The endpoint for the `host` header: without the zone of a link-local address, which means nothing elsewhere."""
    return str(endpoint._replace(host=endpoint.host.partition("%")[0]))
