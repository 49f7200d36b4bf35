"""What is typed where nobody sits at the terminal: a short conversation that shows what there is to ask."""

from collections.abc import Iterator, Sequence

OPENS = ("/xocompat XenServer 7.2", "1", "/xocompat list xcp-ng", "/xocompat 8.2", "/xocompat XenServer 7.7", "1")
PROBED = ("prod-a", "moved-a")
"""A pool in the middle of a rolling upgrade, and a host that shows another certificate than the pinned one."""
ENDS = ("@xocompat XCP-ng 8.3",)


def transcript(names: Sequence[str] = ()) -> Iterator[str]:
    """Lines as somebody types them in a channel with hosts of these names; a lone number presses that button of the
    reply before.

    Of a fleet that is not the demo's usual one the first host is asked, and the last.
    """
    yield from OPENS
    asked = PROBED if set(PROBED) <= set(names) else dict.fromkeys((*names[:1], *names[-1:]))
    yield from (f"/xocompat probe {name}" for name in asked)
    yield from ENDS
