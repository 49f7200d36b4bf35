"""No core dumps: a process that crashes must not leave its tokens in a file."""

import ctypes
import resource
import sys

PR_SET_DUMPABLE = 4
"""linux/prctl.h; a process that may not be dumped may not be traced by others of its user, either."""


def forbid_core_dumps() -> None:
    """For this process and its children, as far as the system lets it. What a child executes is dumpable again, but
    for the limit.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
