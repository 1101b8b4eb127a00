"""Networks as z3 terms over exact reals, and back: the ground that proofs stand on.

Importing this package loads no solver; every function that needs z3 imports it itself.

inputs: one real constant per entry of each graph input
encode: every tensor's terms, for terms or numbers as inputs; `encode_node`: one node's
combination, activate, number: the pieces that terms are built of
opaque node: one uninterpreted function per entry of its outputs
smtlib: assertions as SMT-LIB 2 text, the same bytes everywhere
ask: what z3 or cvc5 says, bounded by effort and never by time
point, points, rational, isolating: from a model back to exact rationals
"""

from lumpver.proving.smt.encoding import encode, encode_node, inputs
from lumpver.proving.smt.models import isolating, point, points, rational
from lumpver.proving.smt.opaque import NotEncodable, ShapeUnknown
from lumpver.proving.smt.solving import EFFORT, Answer, Disagreement, Solver, ask
from lumpver.proving.smt.terms import activate, combination, number, term
from lumpver.proving.smt.text import constants, logic, smtlib

__all__ = [
    "EFFORT",
    "Answer",
    "Disagreement",
    "NotEncodable",
    "ShapeUnknown",
    "Solver",
    "activate",
    "ask",
    "combination",
    "constants",
    "encode",
    "encode_node",
    "inputs",
    "isolating",
    "logic",
    "number",
    "point",
    "points",
    "rational",
    "smtlib",
    "term",
]
