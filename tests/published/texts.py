"""Texts of pages, made of a few rows."""

LEGEND = """
- ✅ Full support
- ❎ Partial support
- 🚀 All extra features
- ☠️ No security updates
"""
ROWS = (
    "- XCP-ng 8.3 LTS ✅ 🚀",
    "- XCP-ng 8.2 LTS ✅ 🚀 ☠️",
    "- XCP-ng 8.1 ✅ ☠️",
    "- XCP-ng 8.0 ✅ ☠️",
    "- XenServer 8 ✅",
    "- XenServer 7.2 ❎ ☠️",
)


def page(*rows: str) -> bytes:
    """A page with these rows, and a legend."""
    lines = "\n".join(rows or ROWS)
    return f"# Host Compatibility List\n{LEGEND}\n## Hosts\n\n{lines}\n".encode()


def without(count: int) -> bytes:
    """The page without its first rows."""
    return page(*ROWS[count:])
