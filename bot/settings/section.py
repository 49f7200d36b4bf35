"""What all sections share: unknown keys and nulls are mistakes, and some keys exclude or need each other."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator


class Section(BaseModel):
    """Keys that belong together: unknown ones are mistakes, and some exclude or need each other."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    at_most_one: ClassVar[tuple[str, ...]] = ()
    exactly_one: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Keys without which another one, the first, says nothing."""

    @model_validator(mode="before")
    @classmethod
    def _alternatives(cls, given: Any, info: ValidationInfo) -> Any:
        """A validator that raises hides what is wrong inside, or is hidden by it. So the reader of files, which
        reports all at once, hands in the list `broken` for what was given with what is wrong about it.
        """
        if isinstance(given, dict) and (what := cls._misfit(given)):
            broken = (info.context or {}).get("broken")
            if not isinstance(broken, list):
                raise ValueError(what)
            broken.append((given, what))
        return given

    @classmethod
    def _misfit(cls, given: Mapping[str, object]) -> str:
        """What is wrong about the keys that exclude or need each other, if anything is."""
        there = {key for key, value in given.items() if value not in (None, False, "false", "", [])}
        if len(there.intersection(cls.at_most_one)) > 1:
            return f"at most one of {listed(cls.at_most_one)} is allowed"
        wanted = ((key, other) for key, others in cls.needs.items() if key in there for other in others)
        if halves := [f"{key} needs {other}" for key, other in wanted if other not in there]:
            return f"{listed(halves)}: give both, or neither"
        count = len(there.intersection(cls.exactly_one))
        # A `password` is reported as an unknown key, with what to do: what it stands for is not missing, too.
        if not cls.exactly_one or count == 1 or (count == 0 and "password" in given):
            return ""
        return f"exactly one of {listed(cls.exactly_one)} is needed"

    @field_validator("*", mode="before")
    @classmethod
    def _null(cls, value: Any, info: ValidationInfo) -> Any:
        """Null is the default of a section or list; elsewhere it could mean too much, such as a grant everywhere."""
        if value is not None or info.context is None:  # no context: code makes the section, no file
            return value
        default = cls.model_fields[info.field_name or ""].default
        if isinstance(default, (Section, tuple)):
            return default
        raise ValueError("has no value: give it one, or take the key out")


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: pin, ca and insecure."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
