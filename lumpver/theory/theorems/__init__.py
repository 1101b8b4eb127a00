"""The paper's claims, each machine-checked: proved, or refuted by an exact counterexample.

Every query is made by the encoder that proves reductions, from networks; the same
queries stand as SMT-LIB files under `proofs/smt`.

all_theorems: every claim, from the property of ReLU to the paper's experiment
prove_theorem: a claim's row: status, evidence, counterexample, time
scripts: the text of every query, by file name; `write_scripts`: into a folder
table: which statement is in which file

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*.
"""

from lumpver.theory.theorems.catalogue import all_theorems
from lumpver.theory.theorems.files import scripts, table, write_scripts
from lumpver.theory.theorems.proving import Part, Row, Theorem, prove_theorem

__all__ = [
    "Part",
    "Row",
    "Theorem",
    "all_theorems",
    "prove_theorem",
    "scripts",
    "table",
    "write_scripts",
]
