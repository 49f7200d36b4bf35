"""Words of the demo's own: of somebody who does not talk to the bot, but moves the clock or plays the operator."""

from collections.abc import Iterator
from datetime import date

from bot.chat.export import export
from bot.chat.reply import Ask, Bullets, Code, Line, Paragraph, Reply, Strong, Typed, line
from bot.demo.deeds import do, examples, is_deed
from bot.demo.stage import Stage, Tell
from bot.errors import UsageError
from bot.matrix.wording import day_in_words, span
from bot.query.text import shown

PUBLISH = "do publish"

OF_SHELLS = frozenset({"serve", "sync", "trust", "doctor", "manifest", "db", "demo", "completion"})


def help_block(stage: Stage) -> Bullets:
    """What there is to type that is the demo's own."""
    upgrade, down, up = examples(stage.hosts)
    return Bullets(
        (
            _entry("tomorrow", "moves the clock; also: next week, on 2028-11-01, and today to begin anew"),
            _entry(upgrade, f"plays the operator; also: {down}, {up}"),
            _entry(PUBLISH, "changes Xen Orchestra's page, which xocompat follows"),
            _entry("export", "all watched hosts as CSV, as a shell prints them"),
            _entry("exit", "leaves"),
        ),
        "In this demo alone, without /xocompat",
    )


def _entry(typed: str, about: str) -> Line:
    return line(Code(typed), f"  {about}")


def answer(typed: str, stage: Stage, tell: Tell) -> Iterator[Reply | str] | None:
    """What comes of words that are the demo's own, as it comes; None for those that are the bot's.

    UsageError for what is wrong with them.
    """
    typed = typed.removeprefix("xocompat ").strip()  # as replies write what is for a shell
    word, _, rest = typed.partition(" ")
    if (day := stage.clock.meant(typed)) is not None:
        return _go(day, stage, tell)
    if " ".join(typed.casefold().split()) == PUBLISH:
        return iter((_publish(stage, tell),))
    if is_deed(typed, stage.hosts):
        return iter((do(typed, stage.hosts),))
    if word.casefold() == "export":
        return iter((export(stage.show(tell).ports(), rest, stage.clock.today(), "csv").rstrip(),))
    if word.casefold() in OF_SHELLS:
        raise UsageError(f'"{shown(word)}" is for the operator\'s shell: xocompat {shown(typed)}.')
    return None


def _publish(stage: Stage, tell: Tell) -> Reply:
    show = stage.show(tell)
    if not show.publish():
        return Reply("deed", line("xocompat reads Xen Orchestra's page again: nothing changed that was not told."))
    show.send()
    said = line(Strong("Xen Orchestra's page"), " is another one now. xocompat reads it, as it does once a day.")
    return Reply("deed", said, buttons=(Ask("Show changes", "changes"),))


def _go(day: date, stage: Stage, tell: Tell) -> Iterator[Reply]:
    stage.show(tell)
    before = stage.clock.today()
    now = line("It is ", Strong(day_in_words(day)))
    if day == before:
        yield Reply("clock", (*now, *line(" already.")))
        return
    if day > before:
        yield Reply("clock", (*now, *line(f" now, {span((day - before).days)} later. All hosts are asked …")))
    else:
        anew = "Time runs back in a demo alone, so all begins anew: no alert is known, hosts are as they were at first."
        yield Reply("clock", (*now, *line(" now. All hosts are asked …")), (Paragraph((line(anew),)),))
    stage.go(day, tell)
    if stage.box.is_empty:
        yield Reply("clock", line("There is nothing new to tell. What ends next: ", Typed("timeline")))
