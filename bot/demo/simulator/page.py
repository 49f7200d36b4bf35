"""What a browser gets: the page at `/`, whose title names the release up to 8.2, and nothing else."""

from html import escape

from bot.demo.simulator.http import Request, Response
from bot.demo.simulator.release import Release


def page(release: Release, request: Request) -> Response:
    """The response to anything but a POST."""
    if request.method == "OPTIONS":
        return Response(200, "OK", (("Access-Control-Allow-Methods", "PUT"),), b"", request.close)
    if request.method != "GET":
        return _html(501, "Method not implemented", f"{request.method} not supported.")
    if request.path not in ("/", "/index.html"):
        return _html(404, "Not Found", f"{request.path} was not found on this server.")
    title = escape(release.title)
    text = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Response(200, "OK", (("content-type", "text/html"),), text.encode(), request.close)


def _html(status: int, reason: str, text: str) -> Response:
    body = f"<html><head><title>{status} {reason}</title></head><body>{escape(text)}</body></html>"
    return Response(status, reason, (("content-type", "text/html"),), body.encode(), close=True)
