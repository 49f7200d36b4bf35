"""Security advisories of hosts and of Xen Orchestra, and whether what runs has their fixes."""
