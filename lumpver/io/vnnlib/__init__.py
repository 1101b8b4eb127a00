"""VNN-LIB: properties of networks as text, of which the inputs' bounds are read, exactly.

Two versions are read: 1, which numbers all inputs X_0, X_1, ..., and 2, which declares tensors
and speaks of their elements. Every word is understood, or refused with its line, and what is
said of outputs is left out, as if it held: what is read allows too much, never too little.

half-space: a linear relation between several inputs; it stays a formula, and is no part of
    the boxes

References
----------
VNN-LIB: *Verification of Neural Networks Library*, version 2.0 of the standard and its grammar,
https://www.vnnlib.org
"""
