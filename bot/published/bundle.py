"""All files of data/ as one JSON document (CONTRACT.md section 5): written for others, and read with distrust."""

import json
import re
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

import yaml

from bot.advisories import load as advisories
from bot.advisories.validate import validated as validated_advisories
from bot.catalogue import Value, message, number, say
from bot.errors import DataError
from bot.matrix.assess import assess
from bot.matrix.compiled import read_files, shipped
from bot.matrix.load import NAMES as MATRIX
from bot.matrix.load import build, load_content, matrix_part
from bot.matrix.validate import Loader, validated
from bot.query.reader import Reader

Raw = dict[str, Any]

NAMES = tuple(dict.fromkeys((*MATRIX, *advisories.NAMES)))
"""The files of data/ that are in a bundle (without .yaml). Those of words (.txt) are of the reader's code."""

FORMAT = 1
SIZE_MAX = 8 * 2**20
"""Bytes of a bundle."""

PARTS_MAX, DEPTH_MAX, TEXT_MAX = 50_000, 32, 20_000
"""Of one file: so many keys and values, so deep, of so many characters. Ours have thousands, ten and hundreds."""

_SUFFIX = ".yaml"
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that have text read in another direction."""


class BundleError(ValueError):
    """Why a bundle is of no use: a message that names the source as {bundle}, with its other values."""

    def __init__(self, text: str, /, **values: Value) -> None:
        super().__init__(text)
        self._text, self._values = text, values

    def about(self, bundle: str) -> str:
        """The sentence, with the source's name."""
        return say(self._text, bundle=bundle, **self._values)


class Bundle(NamedTuple):
    """A bundle as it came: the day that its data is of, and its files by name (without .yaml)."""

    day: date
    files: Mapping[str, bytes]


def shipped_content() -> Raw:
    """All that a bundle of data can renew, as it is shipped."""
    return load_content() | advisories.load_content()


def shipped_files() -> dict[str, bytes]:
    """The files of data/ that a bundle has, as they are shipped, by name (without .yaml)."""
    return read_files(matrix_part(), shipped()) | read_files(advisories.advisories_part(), shipped())


def bundle_text(files: Mapping[str, bytes], day: date) -> str:
    """The bundle of checked files (by name, without .yaml), of which the data is of a day."""
    document = {
        "format": FORMAT,
        "day": day.isoformat(),
        "files": {f"{name}{_SUFFIX}": text.decode() for name, text in files.items()},
        "sha256": {f"{name}{_SUFFIX}": sha256(text).hexdigest() for name, text in files.items()},
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def read_bundle(body: bytes) -> Bundle:
    """What came, with the right files and checksums; what is in the files is not looked at. BundleError if it is none.

    It must have all files that this version knows and no other: a file that is missing would be knowledge lost, and one
    that is not known is for a newer version.
    """
    if len(body) > SIZE_MAX:
        raise BundleError(message("{bundle} is larger than {size} MiB."), size=SIZE_MAX // 2**20)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise BundleError(message("{bundle} is no JSON.")) from None
    if not isinstance(document, dict) or "format" not in document:
        raise BundleError(message("{bundle} is no bundle of data: `xocompat export --format data` makes one."))
    if document["format"] != FORMAT or isinstance(document["format"], bool):
        raise BundleError(
            message("{bundle} has another format than {format}: it may be for a newer xocompat."), format=FORMAT
        )
    day = _read_day(document.get("day"))
    texts, sums = document.get("files"), document.get("sha256")
    if not isinstance(texts, dict) or not isinstance(sums, dict):
        raise BundleError(message("{bundle} has no files, or no checksums of them."))
    expected = [f"{name}{_SUFFIX}" for name in NAMES]
    if missing := [name for name in expected if name not in texts]:
        raise BundleError(message("{bundle} lacks {file}."), file=missing[0])
    if strange := [name for name in (*texts, *sums) if name not in expected]:
        raise BundleError(
            message("{bundle} has {name}, which this version does not know: it may be for a newer xocompat."),
            name=ascii(strange[0][:40]),
        )
    return Bundle(day, {name: _read_file(f"{name}{_SUFFIX}", texts, sums) for name in NAMES})


def _read_day(text: object) -> date:
    try:
        if isinstance(text, str) and _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BundleError(message("{bundle} does not say of which day it is, as in 2026-11-26."))


def _read_file(name: str, texts: Mapping[str, Any], sums: Mapping[str, Any]) -> bytes:
    try:
        content: bytes = texts[name].encode()
    except (AttributeError, UnicodeEncodeError):
        raise BundleError(message("{bundle} has no text in {file}."), file=name) from None
    if sums.get(name) != sha256(content).hexdigest():
        raise BundleError(message("{bundle} is damaged: {file} does not have its checksum."), file=name)
    return content


def checked_content(bundle: Bundle) -> Raw:
    """The content of a bundle's files, as bot.matrix.load.build takes it. BundleError if any of it is wrong: what is
    shipped passes the same checks, and was tried by its tests.
    """
    for name, text in bundle.files.items():
        _check_bounds(f"{name}{_SUFFIX}", text)
    try:
        content = validated({name: bundle.files[name] for name in MATRIX})
        content |= validated_advisories({name: bundle.files[name] for name in advisories.NAMES})
    except DataError as error:
        first, *others = (" ".join(each.split()) for each in error.lines)
        what = message("{bundle} is not valid: {mistake}.")
        if others:
            what = message("{bundle} is not valid: {mistake} (and {more} more).")
        raise BundleError(what, mistake=first[:300], more=number(len(others))) from None
    _try(content, bundle.day)
    return content


def _check_bounds(name: str, text: bytes) -> None:
    """What would take too much time or room to read, or could not be shown: none of it is in data that people write."""
    depth = 0
    try:
        for at, event in enumerate(yaml.parse(text, Loader)):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
                raise BundleError(
                    message("{bundle} has an anchor, an alias or a tag in {file}: data is written without."), file=name
                )
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.ScalarEvent):
                value: str = event.value
                if len(value) > TEXT_MAX or _UNSHOWABLE.search(value):
                    raise BundleError(
                        message("{bundle} has a text in {file} that is too long, or that cannot be shown."), file=name
                    )
            if at > PARTS_MAX or depth > DEPTH_MAX:
                raise BundleError(message("{bundle} has too much in {file}, or too deep."), file=name)
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(message("{bundle} is not valid: {file} is not YAML."), file=name) from None


def _try(content: Raw, day: date) -> None:
    """Use what is valid, once: an oddity that no check knows must not come out when somebody asks."""
    try:
        advisories.build(content)
        matrix = build(content, day)
        Reader(matrix)
        for release in matrix.releases:
            assess(matrix, release, day)
            release.name(day)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise BundleError(message("{bundle} is valid, and cannot be used all the same.")) from None
