"""The experiments of the paper on elimination-compensation pruning, as far as its abstract tells.

Two tasks: digits of MNIST, and the diffusion-sorption equation, whose solution a network learns
from noisy values; two architectures each. Weights are pruned by every method of `lumpver prune`;
losses on test data are taken right after it, and after training on. Beside each stands how far
the pruned network is from the trained one: on the test data, and at most on the whole box of
inputs, by bounds that are rounded outward.

References
----------
Ballini, Muscarnera, Fumagalli, Scotti, Regazzoni: *Elimination-compensation pruning for
fully-connected neural networks*, 2026 (the abstract and the captions of its figures).
Takamoto et al.: *PDEBench*, 2022 (the equation and its constants).
"""
