"""`feature [NAME]`: the first release of each product that has a feature of Xen Orchestra."""

from bot.catalogue import number, say
from bot.chat.command import Invocation, Ports
from bot.chat.commands import check
from bot.chat.feature_reply import feature_data, one_feature, since
from bot.chat.reply import Ask, Reply, Share, Strong, Table, columns, headline, line
from bot.chat.wording import nearest
from bot.matrix.feature import Feature
from bot.matrix.release import Product
from bot.text import near, shown


def run(ports: Ports, asked: Invocation) -> Reply:
    """One feature, the features whose name holds the words, or all; whether a release that is named has it."""
    features = ports.matrix.features
    wanted = " ".join(asked.words.split()).casefold()
    if not wanted:
        return _table(say("Features that need a certain release"), features, "feature")
    exact = [f for f in features if wanted in (f.id, f.name.casefold(), *(alias.casefold() for alias in f.aliases))]
    holding = exact or [f for f in features if any(wanted in name.casefold() for name in (f.id, f.name, *f.aliases))]
    if len(holding) == 1:
        return one_feature(holding[0])
    query = ports.reader.read(asked.words, asked.day)
    if query.features and query.parts:
        return check.run(ports, asked)
    if holding:
        return _table(say('Features with "{words}"', words=shown(wanted)), tuple(holding), f"feature {wanted}")
    return _unknown(asked.words, features)


def _table(title: str, features: tuple[Feature, ...], words: str) -> Reply:
    rows = tuple(
        (line(Strong(feature.name)), *(line(since(support)) for _, support in feature.support)) for feature in features
    )
    return Reply(
        kind="features",
        headline=headline(Strong(title), say("{count} of them", count=number(len(features)))),
        blocks=(Table(columns(say("Feature"), *Product), rows, say("Since which release of each product")),),
        buttons=(Share(words),),
        data={"features": [feature_data(feature) for feature in features]},
    )


def _unknown(words: str, features: tuple[Feature, ...]) -> Reply:
    names = {name: feature for feature in features for name in (feature.name, *feature.aliases)}
    close = list(dict.fromkeys(names[name].name for name in near(words, names)))
    asks = tuple(Ask(name, f"feature {name}") for name in close[:2])
    unknown = say('I know no feature "{name}".', name=shown(words))
    return Reply(
        "unknown_feature",
        line(f"{unknown}{nearest(close)}"),
        buttons=(*asks, Ask(say("All features"), "feature")),
        data={"features": [], "suggestions": close},
        exit_status=3,
    )
