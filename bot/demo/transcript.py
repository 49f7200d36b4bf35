"""What is typed where nobody sits at the terminal: a short conversation that shows what there is to ask."""

from typing import Final

LINES: Final[tuple[str, ...]] = (
    "/xocompat XenServer 7.2",
    "1",
    "/xocompat list xcp-ng",
    "/xocompat 8.2",
    "/xocompat upgrade XCP-ng 8.2",
    "/xocompat XenServer 7.7",
    "1",
    "@xocompat XCP-ng 8.3",
)
"""Lines as somebody types them in the channel; a lone number presses that button of the reply before."""
