"""The part of the API that is simulated: classes by the API version that brought them, messages, who may send which."""

from functools import cache
from typing import Final

from bot.simulator.fleets import Role
from bot.simulator.releases import Version

CLASSES: Final[dict[str, Version]] = {
    "session": (1, 1),
    "pool": (1, 1),
    "host": (1, 1),
    "host_metrics": (1, 1),
    **dict.fromkeys(("VM", "VBD", "VDI", "VIF", "SR", "PBD", "PIF", "network", "task", "console", "SM"), (1, 1)),
    **dict.fromkeys(("host_cpu", "host_crashdump", "host_patch", "pool_patch", "crashdump"), (1, 1)),
    **dict.fromkeys(("Bond", "VLAN"), (1, 2)),
    **dict.fromkeys(("blob", "message"), (1, 3)),
    **dict.fromkeys(("subject", "secret"), (1, 6)),
    **dict.fromkeys(("role", "tunnel"), (1, 7)),
    "VMPP": (1, 8),
    **dict.fromkeys(("PCI", "PGPU", "GPU_group", "VGPU", "VM_appliance", "DR_task"), (1, 9)),
    "VGPU_type": (2, 0),
    **dict.fromkeys(("pool_update", "PVS_site", "PVS_server", "PVS_proxy"), (2, 6)),
    **dict.fromkeys(("Feature", "SDN_controller"), (2, 7)),
    **dict.fromkeys(("PUSB", "USB_group", "VUSB"), (2, 8)),
    **dict.fromkeys(("Cluster", "Cluster_host", "network_sriov"), (2, 10)),
    "Certificate": (2, 15),
    **dict.fromkeys(("VTPM", "Repository"), (2, 20)),
    **dict.fromkeys(("Observer", "VM_group"), (2, 21)),
}
UNLISTED: Final = frozenset({"session"})
"""Classes without the messages that give all their objects, `get_all` and those that begin with it."""

REMOVED: Final[dict[str, Version]] = {"VMPP": (2, 0)}
"""Classes whose messages are still known and all answer MESSAGE_REMOVED."""

EMERGENCY_CALLS: Final = frozenset({"host.is_in_emergency_mode", "session.local_logout"})
"""What a host answers that does not find its pool (`Datamodel.emergency_calls`), as far as it is simulated."""

GETTERS: Final[dict[str, int]] = {
    "get_all": 0,
    "get_all_records": 0,
    "get_all_records_where": 1,
    "get_record": 1,
    "get_by_uuid": 1,
    "get_by_name_label": 1,
}
"""Messages that every class has, with the number of their parameters, the session aside."""

OTHERS: Final[dict[str, tuple[int, Version]]] = {
    "session.logout": (0, (1, 1)),
    "host.set_name_label": (2, (1, 1)),
    "host.disable": (1, (1, 1)),
    "host.enable": (1, (1, 1)),
    "pool.set_name_label": (2, (1, 1)),
    "VM.start": (3, (1, 1)),
    "VM.clean_shutdown": (1, (1, 1)),
    "VM.hard_reboot": (1, (1, 1)),
    "event.from": (3, (1, 9)),
    "event.inject": (2, (1, 9)),
}
"""The other messages that take a session: parameters besides it, and the API version that brought them."""

_VM_OPERATOR: Final = frozenset({"VM.start", "VM.clean_shutdown", "VM.hard_reboot"})
"""What the role next above the reader's may do besides (`_R_VM_OP` of the data model), as far as it is simulated."""

SESSION_FIELDS: Final[dict[str, Version]] = {
    "is_local_superuser": (1, 6),
    "auth_user_name": (1, 7),
    "rbac_permissions": (1, 7),
    "originator": (2, 0),
}
"""Fields of a session that came later, with the API version that brought them: users in 5.5, their roles in 5.6."""


@cache
def messages(api: Version) -> tuple[str, ...]:
    """What `system.listMethods` answers."""
    generic = [
        f"{name}.{getter}"
        for name, since in CLASSES.items()
        for getter in GETTERS
        if since <= api and (name not in UNLISTED or not getter.startswith("get_all"))
    ]
    others = [name for name, (_, since) in OTHERS.items() if since <= api]
    return ("session.login_with_password", "host.is_in_emergency_mode", *generic, *others)


@cache
def permissions(role: Role) -> tuple[str, ...]:
    """Names of permissions as `session.get_rbac_permissions` has them; none for root, who needs none."""
    if role in (Role.LOCAL, Role.NONE):
        return ()
    return tuple(name.lower() for name in messages((2, 21)) if may(role, name))


def may(role: Role, method: str) -> bool:
    """Whether the role may send the message: a reader reads, and may leave."""
    reads = method.partition(".")[2].startswith("get_") or method.startswith(("event.", "session."))
    operates = role is Role.VM_OPERATOR and method in _VM_OPERATOR
    return reads or operates or role in (Role.LOCAL, Role.POOL_ADMIN)
