"""Open data as a folder that any web server can show: the documents, a page to read, the timeline as a picture."""

from datetime import date

from bot.chat.command import Invocation, Ports
from bot.chat.commands import ISSUES, LIST, TIMELINE
from bot.chat.commands.timeline import timeline_picture
from bot.chat.open_data import open_data
from bot.matrix.release import Product
from bot.web.reply_html import PageLink, PagePicture, reply_page

_FILES = (
    PageLink("data/list.json", "the list, row by row"),
    PageLink("data/releases.csv", "all releases with dates and support, for a spreadsheet"),
    PageLink("data/releases.json", "the same as JSON"),
    PageLink("data/endoflife.json", "dates in the fields of the endoflife.date API"),
    PageLink("data/openeox/index.json", "an OpenEoX Core record for each release, and where it is"),
    PageLink("data/cle/xcp-ng.json", "XCP-ng's lifecycle events (ECMA-428)"),
    PageLink("data/cle/xenserver.json", "XenServer's"),
)


def open_data_folder(ports: Ports, day: date) -> dict[str, str]:
    """Every file by its path, as of a day. Documents have the same paths as `serve` gives them."""
    replies = [command.run(ports, Invocation(command, "", day)) for command in (LIST, TIMELINE, ISSUES)]
    picture = timeline_picture(ports.matrix, Product, day)
    page = reply_page(
        "XCP-ng and XenServer with Xen Orchestra", replies, _FILES, PagePicture("timeline.svg", picture.alt)
    )
    return {
        "index.html": page,
        "timeline.svg": picture.svg(),
        **{f"data/{path}": text for path, text in open_data(ports, day).items()},
    }
