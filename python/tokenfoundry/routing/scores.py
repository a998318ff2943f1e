"""The weights of the complexity score. Written by `benchmarks/python/fit_complexity.py`; not to be edited."""

BIAS = -1.938
WEIGHTS: dict[str, float] = {
    "lookup": -3.38,
    "work": 2.38,
    "judgement": 4.951,
    "mathematics": 0.608,
    "software": 1.959,
    "constraints": 1.069,
    "steps": -1.238,
    "brief": -1.931,
    "extensive": 0.942,
    "documents": 0.814,
    "length": 2.508,
    "turns": 0.003,
    "tools": -0.251,
    "output": -0.028,
    "code": -2.742,
    "symbols": -0.084,
    "numbers": 2.334,
    "questions": 1.172,
    "clauses": -0.431,
    "list": 0.278,
    "body": -3.99,
    "instruction": 4.432,
    "english": 0.07,
}
