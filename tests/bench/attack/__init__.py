"""Attacks on the running product, each by its name: `python -m tests.bench attack`.

python -m tests.bench attack --only signatures,framing --scale 0.1 --seed 7

Every attack is a row of `run.ATTACKS`: how many tries, and what must hold. A try that breaks that has succeeded.
"""
