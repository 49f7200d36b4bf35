"""An assistant's client, as the official library has it: in memory, to a process, or over HTTP."""

from typing import Any, NamedTuple

import anyio
from mcp.client import Client
from mcp.server import MCPServer
from mcp_types import Tool


class Called(NamedTuple):
    """What a tool answered: values, or (`error`) the words of what went wrong."""

    value: Any
    error: str


def call(server: Any, tool: str, /, **arguments: Any) -> Called:
    """Call one tool of a server, or of whatever the library's client can reach."""
    return calls(server, (tool, arguments))[0]


def calls(server: Any, *wanted: tuple[str, dict[str, Any]]) -> list[Called]:
    """Call tools one after the other in one conversation."""

    async def converse() -> list[Called]:
        async with Client(server) as client:
            return [_called(await client.call_tool(name, arguments)) for name, arguments in wanted]

    return anyio.run(converse)


def _called(result: Any) -> Called:
    if result.is_error:
        return Called(None, result.content[0].text)
    return Called(result.structured_content, "")


def tools(server: MCPServer) -> list[Tool]:
    """The tools that a server offers."""

    async def converse() -> list[Tool]:
        async with Client(server) as client:
            return [*(await client.list_tools()).tools]

    return anyio.run(converse)
