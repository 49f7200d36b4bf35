"""The pure core: what is known of releases, what was asked, and the verdict. No host, no network, no clock."""
