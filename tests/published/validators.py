"""The public schemas of tests/schemas as validators, which check dates and times, too."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

SCHEMAS = Path(__file__).parents[1] / "schemas"

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _checker() -> FormatChecker:
    """All formats; a moment has upper-case letters and a zone, which the library alone does not ask for."""
    checker = FormatChecker()
    rfc3339 = checker.checkers["date-time"][0]  # KeyError: rfc3339-validator is not installed, and nothing is checked

    @checker.checks("date-time")
    def _(value: object) -> bool:
        return bool(rfc3339(value)) and (not isinstance(value, str) or bool(_MOMENT.fullmatch(value)))

    return checker


@cache
def openeox() -> Draft202012Validator:
    """One OpenEoX Core record."""
    return _of_file("openeox-core-1.0.json")


@cache
def cle() -> Draft202012Validator:
    """One document of ECMA-428."""
    return _of_file("cle-1.0-own.schema.json")


def _of_file(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / name).read_text()), format_checker=_checker())


@cache
def endoflife(component: str) -> Draft202012Validator:
    """A component of endoflife.date's OpenAPI."""
    api = yaml.safe_load((SCHEMAS / "endoflife-date-api-1.2.1.openapi.yml").read_text())
    registry = Registry[Any]().with_resource("urn:api", DRAFT202012.create_resource(api))
    return Draft202012Validator(
        {"$ref": f"urn:api#/components/schemas/{component}"}, registry=registry, format_checker=_checker()
    )
