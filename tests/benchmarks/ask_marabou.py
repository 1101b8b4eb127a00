"""Marabou's answer to one question, as `verifiers.py` asks it, in a Python that has maraboupy.

Reads an object from stdin, `{"model": PATH, "disjuncts": [{"ranges", "rows"}]}`, and prints
`unsat`, or `sat` and the witness. Each disjunct is a query of its own.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")  # of parsers that are not there


def bounded(network: Any, disjunct: Any, variables: dict[str, int]) -> bool:
    """The network with the disjunct's ranges and rows; False where a range is empty."""
    from maraboupy import MarabouCore, MarabouUtils

    limits: dict[str, list[float | None]] = {
        f"X_{i}": list(both) for i, both in enumerate(disjunct["ranges"])
    }
    for factors, limit in disjunct["rows"]:
        if len(factors) == 1:
            [(name, factor)] = factors.items()
            low, high = limits.get(name, [None, None])
            bound = limit / factor
            if factor > 0:
                high = bound if high is None else min(high, bound)
            else:
                low = bound if low is None else max(low, bound)
            limits[name] = [low, high]
            continue
        row = MarabouUtils.Equation(MarabouCore.Equation.LE)
        for name, factor in factors.items():
            row.addAddend(factor, variables[name])
        row.setScalar(limit)
        network.addEquation(row, isProperty=True)
    for name, (low, high) in limits.items():
        if low is not None and high is not None and low > high:
            return False
        if low is not None:
            network.setLowerBound(variables[name], low)
        if high is not None:
            network.setUpperBound(variables[name], high)
    return True


def main() -> None:
    """Print the answer."""
    from maraboupy import Marabou

    asked = json.load(sys.stdin)
    network = Marabou.read_onnx(asked["model"])
    inputs = [int(v) for array in network.inputVars for v in array.flatten()]
    outputs = [int(v) for array in network.outputVars for v in array.flatten()]
    variables = {f"X_{i}": v for i, v in enumerate(inputs)}
    variables |= {f"Y_{j}": v for j, v in enumerate(outputs)}
    kept = dict(network.lowerBounds), dict(network.upperBounds)
    words = set()
    for disjunct in asked["disjuncts"]:
        network.clearProperty()
        network.lowerBounds.update(kept[0])
        network.upperBounds.update(kept[1])
        if not bounded(network, disjunct, variables):
            continue
        options = Marabou.createOptions(verbosity=0)
        word, values, _ = network.solve(verbose=False, options=options)
        words.add(word)
        if word == "sat":
            print("sat")
            for i, variable in enumerate(inputs):
                print(f"(X_{i} {values[variable]!r})")
            return
    print("unsat" if words <= {"unsat"} else f"unknown\n{words}")


if __name__ == "__main__":
    main()
