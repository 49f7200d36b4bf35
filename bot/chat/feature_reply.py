"""One feature of Xen Orchestra: which releases have it, and where that is known from."""

from bot.chat.data import Data, source_data
from bot.chat.reply import (
    Ask,
    Bullets,
    Link,
    Paragraph,
    Reply,
    RichText,
    Share,
    Strong,
    full_stop,
    headline,
    line,
)
from bot.matrix.feature import Availability, Feature, FeatureSupport

_WORDS = {
    Availability.ALL: "every release",
    Availability.NEVER: "never",
    Availability.PREVIEW: "tech preview",
    Availability.PLANNED: "planned",
    Availability.UNKNOWN: "not known",
}


def one_feature(feature: Feature) -> Reply:
    """The reply about one feature."""
    details: list[RichText] = [line(full_stop(feature.summary))]
    details += [line(Strong(str(p)), f": {full_stop(s.note)}") for p, s in feature.support if s.note]
    if feature.note:
        details.append(line(full_stop(feature.note)))
    links = tuple(line(Link(source.title, source.url) if source.url else source.title) for source in feature.sources)
    releases = " · ".join(f"{product} {since(support)}" for product, support in feature.support)
    return Reply(
        kind="feature",
        headline=line("Feature ", *headline(Strong(feature.name), releases)),
        blocks=(Paragraph(tuple(details)), Bullets(links, "Sources")),
        buttons=(Ask("All features", "feature"), Share(f"feature {feature.id}")),
        data=feature_data(feature),
    )


def since(support: FeatureSupport) -> str:
    """Since which release a product has it; likely, where no source says it outright."""
    words = f"from {support.release.number}" if support.release else _WORDS[support.availability]
    return f"likely {words}" if support.inferred else words


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
