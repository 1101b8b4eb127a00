"""Pruning: weights that go at a price, and biases that make up for them.

Where this comes from. *Elimination-compensation pruning for fully-connected neural networks*
(Ballini, Muscarnera, Fumagalli, Scotti, Regazzoni; 2026) says that a weight should count by what
its removal changes after the best change of the neighbouring bias, and that automatic
differentiation tells. Only its abstract was at hand: every formula here is this project's own,
derived in `docs/pruning.md`. Nothing here is evidence: how far a pruned network is from its
original, `prove --eps` says.
"""

from lumpver.pruning.losses import LOSSES
from lumpver.pruning.methods import METHODS
from lumpver.pruning.pruning import Pruned, Thinned, prune

__all__ = ["LOSSES", "METHODS", "Pruned", "Thinned", "prune"]
