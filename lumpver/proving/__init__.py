"""`prove`: two networks compute the same function, or here is an input where they differ.

Every step is sound by itself and named in the answer: joint lumping, evaluation,
sweeping, monolithic. No certificate is needed, and no knowledge of who made what.
"""

from lumpver.io.vnnlib.disjuncts import vnnlib
from lumpver.proving.answers import Answer, Proved, Refuted, SolverDisagreement, Unknown
from lumpver.proving.executing import executed
from lumpver.proving.proving import prove

__all__ = [
    "Answer",
    "Proved",
    "Refuted",
    "SolverDisagreement",
    "Unknown",
    "executed",
    "prove",
    "vnnlib",
]
