"""The same Observations from Xen Orchestra, through its REST API: no host credentials are needed."""
