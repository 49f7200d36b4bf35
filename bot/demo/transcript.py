"""What is typed where nobody sits at the terminal: a short conversation that shows what there is to ask."""

from collections.abc import Iterator, Sequence

OPENS = ("/xocompat XenServer 7.2",)
ALONE = ("1", "/xocompat list xcp-ng", "/xocompat 8.2", "/xocompat XenServer 7.7", "1", "@xocompat XCP-ng 8.3")
"""Where there are no hosts."""

PROBED = "prod-a"
"""A pool in the middle of a rolling upgrade."""

MENDED = ("/xocompat fleet eol prod", "9", "do upgrade xen-12 xen-13", "1", "do publish")
"""What is in need there, with what the bot says unasked; the last alert acknowledged by its button; what it is about
mended, and the sweep that hears of it; a list that changed."""

OF_MANY = ("/xocompat fleet eol",)


def transcript(names: Sequence[str] = ()) -> Iterator[str]:
    """Lines as somebody types them in a channel with hosts of these names; a lone number presses that button of the
    reply before.

    Of a fleet that is not the demo's usual one the first host is asked, and the last.
    """
    yield from OPENS
    if not names:
        yield from ALONE
    elif PROBED in names:
        yield from (f"/xocompat probe {PROBED}", *MENDED)
    else:
        yield from (f"/xocompat probe {name}" for name in dict.fromkeys((names[0], names[-1])))
        yield from OF_MANY
