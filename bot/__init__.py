"""xocompat: is this host platform fine with Xen Orchestra, and for how long?"""

__version__ = "0.1.0"
