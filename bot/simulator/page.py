"""What a browser gets: the page at `/`, whose title names the release up to 8.2, and nothing else."""

from html import escape

from bot.simulator.http import SimRequest, SimResponse
from bot.simulator.release import SimRelease


def page(release: SimRelease, request: SimRequest) -> SimResponse:
    """The response to anything but a POST."""
    if request.method == "OPTIONS":
        return SimResponse(200, "OK", (("Access-Control-Allow-Methods", "PUT"),), b"", request.close)
    if request.method != "GET":
        return _html(501, "Method not implemented", f"{request.method} not supported.")
    if request.path not in ("/", "/index.html"):
        return _html(404, "Not Found", f"{request.path} was not found on this server.")
    title = escape(release.title)
    text = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return SimResponse(200, "OK", (("content-type", "text/html"),), text.encode(), request.close)


def _html(status: int, reason: str, text: str) -> SimResponse:
    body = f"<html><head><title>{status} {reason}</title></head><body>{escape(text)}</body></html>"
    return SimResponse(status, reason, (("content-type", "text/html"),), body.encode(), close=True)
