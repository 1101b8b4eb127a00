"""The closed list of rules: each says when a fact about one tensor follows from another.

relabelling: the rows of a linear node (`rules.relabelling`)
ghosts: columns that the reduced network does not hold (`rules.ghosts`)
normalization: units that are scaled by roots (`rules.normalization`)
padding: constants of a tensor that a kernel reads (`rules.padding`)
normalization: units divided by roots (`rules.normalization`)
joining: tensors joined entry by entry, or side by side (`rules.joining`)
symmetry: multiples and reflections through activations (`rules.symmetry`)
own: units that have activations of their own (`rules.own`)
cones: forms that are never negative, by multipliers and cases (`rules.cones`)
signs: units that never switch (`rules.signs`)
carried: columns that no unit is, bounded, and those held twice (`rules.carried`)
lines: activations that are one line for each unit on a box (`rules.lines`)

A rule returns the residual of its equation; today's are exact and demand that it is zero.
"""
