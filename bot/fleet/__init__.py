"""The operator's inventory and what is asked of it: names to targets, probes that do not trip over each other."""
