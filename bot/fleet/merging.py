"""One host from what is kept of it and what a source tells now."""

from bot.xapi.observation import Host

_OF_A_VERSION = ("build", "platform_version", "reboot_required", "pending_updates", "up_to_date")
"""What says nothing any more once the host runs another version."""


def version(host: Host) -> tuple[str | None, str | None]:
    """What members of a pool must have alike."""
    return host.product_brand, host.product_version


def version_text(host: Host) -> str:
    """Brand and version, as far as they are known."""
    return " ".join(part for part in version(host) if part)


def was_upgraded(before: Host, after: Host) -> bool:
    """Whether it certainly runs another version: one that is not told is no other."""
    return None not in (*version(before), *version(after)) and version(before) != version(after)


def filled(told: Host, kept: Host) -> Host:
    """What is told; where it says nothing, what is kept, as far as that is still true of its version."""
    same = not was_upgraded(kept, told)
    values = {
        field: getattr(kept, field)
        for field, value in zip(Host._fields, told, strict=True)
        if value is None and (same or field not in _OF_A_VERSION)
    }
    return told._replace(**values) if values else told
