"""Measures, not tests: `python -m tests.bench alerts|endurance|lookup|probe|slash|start|sweep` prints a JSON line each.

These machines are noisy, so every figure is told against a reference measured in the same run.
"""
