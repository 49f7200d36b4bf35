"""Endurance: `xocompat serve` killed at random, in foul weather, while a simulated world changes; nothing may be lost.

python -m tests.bench endurance --minutes 60 --kills 10
"""
