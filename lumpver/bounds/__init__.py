"""Bounds: between which numbers each entry of a network's tensors is, for inputs in a box.

Linear bounds, substituted backwards to the inputs through the whole network, in floats whose
rounding is bounded: sound, and recomputed by the checker from the network and the box alone.
"""
