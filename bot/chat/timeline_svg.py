"""The timeline drawn as SVG: texts as large as a phone needs, bars and words that say the same, no colour alone.

What a text takes is reckoned by the widest of the usual fonts, so that none meets another whatever font there is.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from bot.catalogue import message_counted, number, say, say_counted
from bot.chat.timeline_axis import Timeline
from bot.chat.wording import day_in_words, month_in_words
from bot.matrix.assess import Assessment
from bot.matrix.lifecycle import LifecycleStage

WIDTH, MARGIN = 600.0, 16.0
"""Units of the view box. On a phone of 390 pixels a unit is 0.65 pixels."""

SHOWN_WIDTH = 780
"""Pixels at which it is shown where there is room."""

LEFT, RIGHT = MARGIN, WIDTH - MARGIN
ROW, BAR = 42.0, 11.0
TITLE, HEADING, NAME, TEXT = 21.0, 19.0, 17.0, 16.0
"""Sizes of text."""

INK, QUIET, LINE, TODAY = "#16202a", "#4a5561", "#dde3e8", "#b3184f"
GREEN, AMBER, AMBER_DARK, GREY, GREY_DARK, BLUE = "#1a7f5a", "#f2b84b", "#8a5a00", "#ccd3da", "#8792a0", "#2361b8"

_FONTS = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_STEPS = (1, 3, 6, 12, 24, 60, 120, 240)
"""Months between two marks of the axis."""

_STEP_MIN = 52.0
_GAP = 14.0


def draw(timeline: Timeline) -> str:
    """The whole file, in ASCII."""
    body, height = _body(timeline)
    desc = " ".join((timeline.alt, *(f"{timeline.in_words(each)}." for each in timeline.assessed)))
    shown_height = round(height * SHOWN_WIDTH / WIDTH)
    parts = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(WIDTH)} {_n(height)}" width="{SHOWN_WIDTH}"'
        f' height="{shown_height}" role="img" aria-labelledby="timeline-title timeline-desc"'
        f' style="display:block;margin:0 auto;max-width:100%;height:auto" font-family="{_FONTS}">',
        f'<title id="timeline-title">{_escape(timeline.title)}</title>',
        f'<desc id="timeline-desc">{_escape(desc)}</desc>',
        _DEFS,
        f'<rect width="{_n(WIDTH)}" height="{_n(height)}" fill="#ffffff"/>',
        *body,
        "</svg>\n",
    )
    return "\n".join(parts).encode("ascii", "xmlcharrefreplace").decode("ascii")


_DEFS = f"""<defs>
<pattern id="critical" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
<rect width="6" height="6" fill="{AMBER}"/><rect width="2" height="6" fill="{AMBER_DARK}"/></pattern>
<pattern id="was-critical" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
<rect width="6" height="6" fill="{GREY}"/><rect width="2" height="6" fill="{GREY_DARK}"/></pattern>
<linearGradient id="open-end"><stop offset="0" stop-color="#fff" stop-opacity="0"/>\
<stop offset="1" stop-color="#fff"/></linearGradient>
<linearGradient id="open-begin"><stop offset="0" stop-color="#fff"/>\
<stop offset="1" stop-color="#fff" stop-opacity="0"/></linearGradient>
</defs>"""


def _body(timeline: Timeline) -> tuple[list[str], float]:
    """What is drawn, and how high that is."""
    top = MARGIN + TITLE
    words = [_text(LEFT, top, _cut(timeline.title, RIGHT - LEFT, TITLE, True), TITLE, INK, bold=True)]
    for sentence in timeline.summary:
        for text in _wrapped(sentence, RIGHT - LEFT, TEXT):
            top += TEXT * 1.45
            words.append(_text(LEFT, top, text, TEXT, INK))
    key, top = _legend(timeline, top + TEXT * 1.9)
    words += key
    label = day_in_words(timeline.day)
    at, half = _x(timeline, timeline.day), _width(label, TEXT, True) / 2
    top += TEXT + 14
    words.append(_text(min(max(at, LEFT + half), RIGHT - half), top, label, TEXT, TODAY, "middle", bold=True))
    first_line = top + 5
    top += TEXT + 10
    marks = [*_marks(timeline)]
    words += [_text(x, top, name, TEXT, QUIET, "middle") for x, name in marks]
    grid_top = top + 6
    bars: list[str] = []
    top += 6
    for product, group in groupby(timeline.assessed, key=lambda each: each.release.product.value):
        releases = list(group)
        top += HEADING + 14
        words += _heading(product, releases, top)
        top += 8
        for each in releases:
            words += _row(timeline, each, top + NAME)
            bars += _bar(timeline, each, top + NAME + 6)
            top += ROW
    grid = [_line(x, grid_top, top, LINE, 1) for x, _ in marks]
    top += TEXT + 2
    words += [_text(x, top, name, TEXT, QUIET, "middle") for x, name in marks]
    line = f'<line class="today" x1="{_n(at)}" y1="{_n(first_line)}" x2="{_n(at)}" y2="{_n(top - TEXT)}"'
    day = [f'{line} stroke="{TODAY}" stroke-width="2"/>']
    return [*grid, *bars, *day, *words], top + MARGIN


def _legend(timeline: Timeline, top: float) -> tuple[list[str], float]:
    """Signs with their words, as many in a line as fit; only those that are drawn."""
    spans, stages = [*map(timeline.span, timeline.assessed)], {each.stage for each in timeline.assessed}
    later = {each.stage for each, span in zip(timeline.assessed, spans, strict=True) if span.critical_from}
    critical = "was-critical" if later <= {LifecycleStage.EOL} else "critical"
    open_ended = f'fill="#fff" stroke="{GREY_DARK}" stroke-dasharray="3 3"'
    is_open = not all(span.is_begin_known and span.is_end_known for span in spans)
    has_critical = any(span.critical_from for span in spans)
    entries = (
        (say("security updates"), f'fill="{GREEN}"', True),
        (say("critical fixes only (maintenance)"), f'fill="url(#{critical})"', has_critical),
        (say("ended: no security updates"), f'fill="{GREY}" stroke="{GREY_DARK}"', LifecycleStage.EOL in stages),
        (say("not released"), _UPCOMING, LifecycleStage.UPCOMING in stages),
        (say("long-term support (LTS)"), "", any(span.lts_from for span in spans)),
        (say("date not known"), open_ended, is_open),
    )
    drawn, x = [], LEFT
    for words, fill, is_shown in entries:
        if not is_shown:
            continue
        takes = 34 + _width(words, TEXT)
        if x > LEFT and x + takes > RIGHT:
            x, top = LEFT, top + TEXT * 1.5
        sign = f'<rect x="{_n(x)}" y="{_n(top - BAR)}" width="26" height="{_n(BAR)}" rx="2" {fill}/>'
        stripe = f'<rect x="{_n(x)}" y="{_n(top - 4)}" width="26" height="4" fill="{INK}"/>'
        drawn += [sign if fill else stripe, _text(x + 34, top, words, TEXT, QUIET)]
        x += takes + 22
    return drawn, top


_UPCOMING = f'fill="#ffffff" stroke="{BLUE}" stroke-width="1.5" stroke-dasharray="5 3"'


def _heading(product: str, releases: Sequence[Assessment], top: float) -> list[str]:
    name = _cut(product, (RIGHT - LEFT) / 2, HEADING, True)
    ended = sum(each.stage is LifecycleStage.EOL for each in releases)
    counts = say_counted(len(releases), *(_SOME_ENDED if ended else _NONE_ENDED), ended=number(ended))
    return [_text(LEFT, top, name, HEADING, INK, bold=True), _text(RIGHT, top, counts, TEXT, QUIET, "end")]


_SOME_ENDED = message_counted("{count} release, {ended} ended", "{count} releases, {ended} ended")
_NONE_ENDED = message_counted("{count} release, none ended", "{count} releases, none ended")


def _row(timeline: Timeline, each: Assessment, base: float) -> Iterator[str]:
    """A release's name, and how it ends, which begins above the end of its bar where there is room for that."""
    is_ended, room = each.stage is LifecycleStage.EOL, RIGHT - LEFT - _GAP
    ways = timeline.end_in_words(each)
    wanted = room - _width(each.name, NAME, not is_ended)
    ending = next((way for way in ways if _width(way, TEXT, not is_ended) <= wanted), ways[-1])
    ending = _cut(ending, room - NAME * 4, TEXT, not is_ended)
    takes = _width(ending, TEXT, not is_ended)
    name = _cut(each.name, room - takes, NAME, not is_ended)
    least = LEFT + _width(name, NAME, not is_ended) + _GAP
    x = min(max(_x(timeline, timeline.span(each).end), least), RIGHT - takes)
    yield _text(LEFT, base, name, NAME, QUIET if is_ended else INK, bold=not is_ended)
    ink = QUIET if is_ended else TODAY if each.lifecycle.eol == timeline.next_end else INK
    yield _text(x, base, ending, TEXT, ink, bold=not is_ended)


def _bar(timeline: Timeline, each: Assessment, top: float) -> Iterator[str]:
    """The bar with its parts. An open side has no edge: it fades, and a dashed line goes on."""
    span = timeline.span(each)
    yield f'<g class="release"><title>{_escape(timeline.in_words(each))}</title>'
    begin, end = _x(timeline, span.begin), max(_x(timeline, span.end), _x(timeline, span.begin) + 3)
    is_ended = each.stage is LifecycleStage.EOL
    fill = f'fill="{GREY}" stroke="{GREY_DARK}"' if is_ended else f'fill="{GREEN}"'
    yield _box("bar", begin, top, end, BAR, _UPCOMING if each.stage is LifecycleStage.UPCOMING else fill)
    if span.critical_from:
        pattern = "was-critical" if is_ended else "critical"
        edge = GREY_DARK if is_ended else AMBER_DARK
        yield _box(
            "critical", _x(timeline, span.critical_from), top, end, BAR, f'fill="url(#{pattern})" stroke="{edge}"'
        )
    if span.lts_from:
        yield _box("lts", _x(timeline, span.lts_from), top + BAR + 1, end, 3.5, f'fill="{QUIET if is_ended else INK}"')
    dashed = f'stroke="{GREY_DARK}" stroke-width="1.5" stroke-dasharray="3 3"'
    middle = _n(top + BAR / 2)
    if not span.is_end_known:
        fades = max(begin, end - (end - begin) * 0.6)
        yield _box("open", fades, top - 1, end + 1, BAR + 2, 'fill="url(#open-end)"')
        yield f'<line x1="{_n(fades)}" y1="{middle}" x2="{_n(end)}" y2="{middle}" {dashed}/>'
    if not span.is_begin_known:
        fades = min(end, begin + (end - begin) * 0.6)
        yield _box("open", begin - 1, top - 1, fades, BAR + 2, 'fill="url(#open-begin)"')
        yield f'<line x1="{_n(begin)}" y1="{middle}" x2="{_n(fades)}" y2="{middle}" {dashed}/>'
    yield "</g>"


def _marks(timeline: Timeline) -> Iterator[tuple[float, str]]:
    """Where the axis has marks, and what stands there: years, or months where few years are drawn."""
    days = (timeline.end - timeline.begin).days
    month = (RIGHT - LEFT) / days * 30.44
    step = next((step for step in _STEPS if step * month >= _STEP_MIN), _STEPS[-1])
    half = _width("2000", TEXT) / 2
    first = timeline.begin.year * 12
    first += -first % step
    for count in range(first, timeline.end.year * 12 + 12, step):
        day = date(count // 12, count % 12 + 1, 1)
        x = _x(timeline, day)
        if timeline.begin <= day <= timeline.end and LEFT + half <= x + 8 and x <= RIGHT - half + 8:
            name = month_in_words(day) if day.month > 1 else str(day.year)
            yield min(max(x, LEFT), RIGHT), name


def _x(timeline: Timeline, day: date) -> float:
    return LEFT + timeline.position(day) * (RIGHT - LEFT)


def _box(kind: str, begin: float, top: float, end: float, height: float, fill: str) -> str:
    place = f'x="{_n(begin)}" y="{_n(top)}" width="{_n(max(end - begin, 1.5))}" height="{_n(height)}"'
    return f'<rect class="{kind}" {place} {fill}/>'


def _line(x: float, top: float, bottom: float, colour: str, width: int) -> str:
    return (
        f'<line x1="{_n(x)}" y1="{_n(top)}" x2="{_n(x)}" y2="{_n(bottom)}" stroke="{colour}" stroke-width="{width}"/>'
    )


def _text(x: float, y: float, text: str, size: float, colour: str, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    dress = f'font-size="{_n(size)}" fill="{colour}" text-anchor="{anchor}"{weight} {_HALO}'
    return f'<text x="{_n(x)}" y="{_n(y)}" {dress}>{_escape(text)}</text>'


_HALO = 'stroke="#ffffff" stroke-width="5" stroke-linejoin="round" paint-order="stroke"'
"""White around letters, so that no line runs through them."""


def _n(units: float) -> str:
    return f"{units:.1f}".removesuffix(".0")


def _clean(text: str) -> str:
    """Text without what XML cannot hold and what would show it in another order."""
    return "".join(character for character in text if character.isprintable())


def _escape(text: str) -> str:
    return _clean(text).translate(_ESCAPED)


_EMS = {
    **dict.fromkeys("ijl'|!", 0.34),
    **dict.fromkeys(" .,:;/()[]ftr-·", 0.42),
    **dict.fromkeys("ckstvxyz", 0.59),
    **dict.fromkeys("mwMW@%", 1.0),
    **dict.fromkeys("LTJIFP", 0.62),
}
"""Widths in DejaVu Sans, which is the widest of the usual fonts, with a little to spare."""


def _width(text: str, size: float, bold: bool = False) -> float:
    """Units that a text takes at most."""
    ems = 0.0
    for character in _clean(text):
        if character in _EMS:
            ems += _EMS[character]
        elif ord(character) < 0x250:
            ems += 0.76 if character.isupper() else 0.64
        else:
            ems += 1.05
    return ems * size * (1.1 if bold else 1.0)


def _cut(text: str, room: float, size: float, bold: bool) -> str:
    """A text that fits, with dots where it was cut."""
    text = _clean(text)
    if _width(text, size, bold) <= room:
        return text
    while text and _width(f"{text}...", size, bold) > room:
        text = text[:-1]
    return f"{text.rstrip()}..."


def _wrapped(text: str, room: float, size: float) -> Iterator[str]:
    """The lines of a text."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and _width(longer, size) > room:
            yield _cut(line, room, size, False)
            longer = word
        line = longer
    yield _cut(line, room, size, False)
