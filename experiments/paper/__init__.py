"""The paper's experiment (Section 5, Figure 4): pruning nodes that are linear combinations.

`campaign.run` trains, prunes, judges and draws; everything but `training` runs without
torch, and `live` is the small version that needs scikit-learn only.

family: which signs a synthetic layer has: `same`, `mixed` or `signed`; see `synthetic`
term: one of the fixed nodes that a combined node is made of, with its coefficient
plan: the fixed and the combined nodes of one synthetic layer, in the order of pruning
head: the dense end of a classifier: first layer, synthetic layer, last layer
features: what the synthetic layer reads; a ReLU made them, so they are never negative

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 5.
"""
