"""Queries of VNN-LIB 2 about two networks: claims of closeness, read, answered and written.

A query is satisfiable where the claim fails: it asserts that inputs are the same, in boxes, and
that outputs are apart. What is no such query is refused.

References
----------
VNN-LIB: *Verification of Neural Networks Library*, version 2.0 of the standard and its grammar,
https://www.vnnlib.org
"""
