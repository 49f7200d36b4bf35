"""One feature of Xen Orchestra: which releases have it, and where that is known from."""

from bot.catalogue import message, say
from bot.chat.data import Data, source_data
from bot.chat.reply import (
    GAP,
    Ask,
    Bullets,
    Link,
    Paragraph,
    Reply,
    RichText,
    Share,
    Strong,
    full_stop,
    line,
    say_line,
)
from bot.matrix.feature import Availability, Feature, FeatureSupport

_WORDS = {
    Availability.ALL: message("every release"),
    Availability.NEVER: message("never"),
    Availability.PREVIEW: message("tech preview"),
    Availability.PLANNED: message("planned"),
    Availability.UNKNOWN: message("not known"),
}


def one_feature(feature: Feature) -> Reply:
    """The reply about one feature."""
    details: list[RichText] = [line(full_stop(feature.summary))]
    details += [line(Strong(str(p)), f": {full_stop(s.note)}") for p, s in feature.support if s.note]
    if feature.note:
        details.append(line(full_stop(feature.note)))
    links = tuple(line(Link(source.title, source.url) if source.url else source.title) for source in feature.sources)
    releases = " · ".join(
        say("{product} {since}", product=product, since=since(support)) for product, support in feature.support
    )
    return Reply(
        kind="feature",
        headline=line(*say_line("Feature {name}", name=Strong(feature.name)), GAP, releases),
        blocks=(Paragraph(tuple(details)), Bullets(links, say("Sources"))),
        buttons=(Ask(say("All features"), "feature"), Share(f"feature {feature.id}")),
        data=feature_data(feature),
    )


def since(support: FeatureSupport) -> str:
    """Since which release a product has it; likely, where no source says it outright."""
    first = support.release
    words = say("from {release}", release=first.number) if first else say(_WORDS[support.availability])
    return say("likely {since}", since=words) if support.inferred else words


def feature_data(feature: Feature) -> Data:
    """One feature for scripts."""
    return {
        "id": feature.id,
        "name": feature.name,
        "summary": feature.summary,
        "support": {
            product.value: {
                "availability": support.availability.value,
                "since": support.release.number if support.release else None,
                "note": support.note,
                "inferred": support.inferred,
            }
            for product, support in feature.support
        },
        "note": feature.note,
        "sources": [source_data(source) for source in feature.sources],
    }
