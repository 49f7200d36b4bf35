"""The signs of a verdict, each an emoji with its word. Support and lifecycle keep signs of their own."""

from bot.chat.reply import Mark, RichText, Strong, headline
from bot.matrix.assess import Assessment
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.support import Badge, PublishedList, SupportLevel
from bot.matrix.wording import day_in_words

_STAGES = {
    LifecycleStage.UPCOMING: Mark("🕓", "not released yet"),
    LifecycleStage.SUPPORTED: Mark("🟢", "gets security updates"),
    LifecycleStage.MAINTENANCE: Mark("🟠", "critical security updates only"),
}
NOT_KNOWN = Mark("❔", "end of life not known")
NOT_LISTED = Mark("❔", "not on the Host Compatibility List")


def badge_mark(published: PublishedList, badge: Badge) -> Mark:
    """A badge as the legend words it."""
    sign = next(sign for sign in published.legend if sign.badge is badge)
    return Mark(sign.emoji, sign.words)


def support_marks(published: PublishedList, assessment: Assessment) -> tuple[Mark, ...]:
    """What Xen Orchestra's list says of the release."""
    if assessment.support.level is SupportLevel.UNLISTED:
        return (NOT_LISTED,)
    return tuple(badge_mark(published, b) for b in assessment.badges if b is not Badge.NO_SECURITY_UPDATES)


def stage_mark(published: PublishedList, assessment: Assessment, since: bool = False) -> Mark:
    """What the vendor's dates say; `since` adds the day a release lost its security updates."""
    if assessment.stage is LifecycleStage.SUPPORTED and assessment.release.lifecycle.eol is None:
        return NOT_KNOWN
    if assessment.stage is not LifecycleStage.EOL:
        return _STAGES[assessment.stage]
    skull = badge_mark(published, Badge.NO_SECURITY_UPDATES)
    eol = assessment.release.lifecycle.eol
    return Mark(skull.emoji, f"{skull.text} since {day_in_words(eol)}") if since and eol else skull


def verdict(published: PublishedList, assessment: Assessment, since: bool = False) -> RichText:
    """The first line about a release: name, support, lifecycle (REPLIES.md rule 1)."""
    marks = support_marks(published, assessment)
    return headline(Strong(assessment.name), *marks, stage_mark(published, assessment, since))
