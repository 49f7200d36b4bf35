"""A check: one thing that was tried, in a line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. `text` says what was found, `mend` what to do about it.

    What works and has something to mend all the same is a warning.
    """

    name: str
    ok: bool
    text: str
    mend: str = ""

    def __str__(self) -> str:
        sign = ("warning" if self.mend else "ok") if self.ok else "not ok"
        return f"{sign:<8}{self.name}: {self.text}{f' → {self.mend}' if self.mend else ''}"

    def data(self) -> dict[str, object]:
        """For `--json`; `mend` is null where nothing is to be done."""
        return {"name": self.name, "ok": self.ok, "text": self.text, "mend": self.mend or None}
