"""One host or pool asked what it runs, through XAPI, safely. `probe.probe` gives an Observation or a Failure."""
