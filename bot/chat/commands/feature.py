"""`feature [NAME]`: the first release of each product that has a feature of Xen Orchestra."""

from bot.chat.command import Invocation, Ports
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
    Table,
    full_stop,
    headline,
    line,
)
from bot.chat.wording import nearest
from bot.matrix.feature import Availability, Feature, FeatureSupport
from bot.matrix.release import Product
from bot.query.text import near, shown

_WORDS = {
    Availability.ALL: "every release",
    Availability.NEVER: "never",
    Availability.PREVIEW: "tech preview",
    Availability.PLANNED: "planned",
    Availability.UNKNOWN: "not known",
}


def run(ports: Ports, asked: Invocation) -> Reply:
    """One feature, the features whose name holds the words, or all."""
    features = ports.matrix.features
    wanted = " ".join(asked.words.split()).casefold()
    if not wanted:
        return _table("Features that need a certain release", features, "feature")
    exact = [f for f in features if wanted in (f.id, f.name.casefold(), *(alias.casefold() for alias in f.aliases))]
    holding = exact or [f for f in features if any(wanted in name.casefold() for name in (f.id, f.name, *f.aliases))]
    if len(holding) == 1:
        return _one(holding[0])
    if holding:
        return _table(f'Features with "{shown(wanted)}"', tuple(holding), f"feature {wanted}")
    return _unknown(asked.words, features)


def _one(feature: Feature) -> Reply:
    details: list[RichText] = [line(full_stop(feature.summary))]
    details += [line(Strong(str(p)), f": {full_stop(s.note)}") for p, s in feature.support if s.note]
    if feature.note:
        details.append(line(full_stop(feature.note)))
    links = tuple(line(Link(source.title, source.url) if source.url else source.title) for source in feature.sources)
    since = " · ".join(f"{product} {_cell(support)}" for product, support in feature.support)
    return Reply(
        kind="feature",
        headline=line("Feature ", *headline(Strong(feature.name), since)),
        blocks=(Paragraph(tuple(details)), Bullets(links, "Sources")),
        buttons=(Ask("All features", "feature"), Share(f"feature {feature.id}")),
        data=_data(feature),
    )


def _table(title: str, features: tuple[Feature, ...], words: str) -> Reply:
    rows = tuple(
        (line(Strong(feature.name)), *(line(_cell(support)) for _, support in feature.support)) for feature in features
    )
    return Reply(
        kind="features",
        headline=headline(Strong(title), f"{len(features)} of them"),
        blocks=(Table(("Feature", *map(str, Product)), rows),),
        buttons=(Share(words),),
        data={"features": [_data(feature) for feature in features]},
    )


def _cell(support: FeatureSupport) -> str:
    """Never more certain than the data: what no source says outright is likely."""
    words = f"from {support.release.number}" if support.release else _WORDS[support.availability]
    return f"likely {words}" if support.inferred else words


def _data(feature: Feature) -> Data:
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


def _unknown(words: str, features: tuple[Feature, ...]) -> Reply:
    names = {name: feature for feature in features for name in (feature.name, *feature.aliases)}
    close = list(dict.fromkeys(names[name].name for name in near(words, names)))
    asks = tuple(Ask(name, f"feature {name}") for name in close[:2])
    first = line(f'I know no feature "{shown(words)}".{nearest(close)}')
    data = {"features": [], "suggestions": close}
    return Reply("unknown_feature", first, buttons=(*asks, Ask("All features", "feature")), data=data, exit_status=3)
