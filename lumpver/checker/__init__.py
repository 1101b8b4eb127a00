"""The trusted checker: a relabelling is right, for all inputs, in exact arithmetic.

It walks the original network once and never searches. What object: two models as read.
What is untrusted: the certificate and the reduced model. What is recomputed: for every
node, that it turns relabelled inputs into relabelled outputs. What lifts it: induction
over the graph (Theorem 1*, theory D2.3; `relabelling_is_sound` and `stable_units_pass` in
`proofs/rocq/statements.v`). What stays outside: the reader, float rounding, and runs that
override initializers.
"""

from lumpver.checker.checking import check
from lumpver.claim.answer import Checked, rejection

__all__ = ["Checked", "check", "rejection"]
