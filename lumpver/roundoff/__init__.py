"""How far executions in binary32 may be from real arithmetic on a box, in any order of sums.

Everything here is trusted: it recomputes what a claim about float32 says.
"""
