"""The paper word for word, over sympy Rationals: slow, readable, and the oracle.

Everything faster in lumpver is held to what these modules say. Definition 6 exists three
times; only the last makes both theorems true (theory: sections D1 and D2).

NN: Definition 1; `layer_semantics`, `semantics`: Definitions 2 and 3
is_exact_lumpability, is_proportional_exact_lumpability: Definitions 4 and 5 (chains)
is_lumpability_as_printed: Definition 6 as printed, with unweighted class sums
is_lumpability_weighted: Definition 6w, repaired: class sums weighted by 1/rho
is_lumpability: Definition 6*, repaired again: 6w with constants folded into biases
violations: every equation of one of the three that fails, with both sides
quotient: Definition 7 as printed, for 6 and 6w
quotient_star: Definition 7 for 6*: the classes inside K dropped, b~ for b
theorem_1: Theorem 1 for one lumpability: refuted for 6, holds for 6w and 6*
coarsest: the maximum of Theorem 2, for 6*; `lumpabilities`: all of them, by trying
without_unobserved: hidden nodes that nothing reads removed; `reduced`: both, in turn

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Sections 3, 4.
"""

from lumpver.theory.paper.chains import (
    EXAMPLE_2_RATES,
    EXAMPLE_2_RELATION,
    EXAMPLE_2_RHO,
    chain_violations,
    is_ctmc,
    is_exact_lumpability,
    is_proportional_exact_lumpability,
    labelled_graph,
)
from lumpver.theory.paper.conversion import from_network, to_network
from lumpver.theory.paper.lumpability import (
    PRINTED,
    STAR,
    WEIGHTED,
    Classes,
    Definition,
    Violation,
    classes,
    is_lumpability,
    is_lumpability_as_printed,
    is_lumpability_weighted,
    violations,
)
from lumpver.theory.paper.maximum import (
    coarsest,
    find_rho,
    is_finer,
    lumpabilities,
    maximal,
)
from lumpver.theory.paper.networks import NN, layer_semantics, rational, semantics
from lumpver.theory.paper.reduction import (
    Counterexample,
    Holds,
    quotient,
    quotient_star,
    reduced,
    theorem_1,
    without_unobserved,
)

__all__ = [
    "EXAMPLE_2_RATES",
    "EXAMPLE_2_RELATION",
    "EXAMPLE_2_RHO",
    "NN",
    "PRINTED",
    "STAR",
    "WEIGHTED",
    "Classes",
    "Counterexample",
    "Definition",
    "Holds",
    "Violation",
    "chain_violations",
    "classes",
    "coarsest",
    "find_rho",
    "from_network",
    "is_ctmc",
    "is_exact_lumpability",
    "is_finer",
    "is_lumpability",
    "is_lumpability_as_printed",
    "is_lumpability_weighted",
    "is_proportional_exact_lumpability",
    "labelled_graph",
    "layer_semantics",
    "lumpabilities",
    "maximal",
    "quotient",
    "quotient_star",
    "rational",
    "reduced",
    "semantics",
    "theorem_1",
    "to_network",
    "violations",
    "without_unobserved",
]
