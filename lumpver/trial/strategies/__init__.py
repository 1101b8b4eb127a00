"""Hypothesis strategies for networks, lumpings and what is nearly one.

For property-based tests of anything that reads or reduces networks; all of them shrink
towards few layers, few units and small integers.

networks, drafts: chains and branches of any depth and width
planted: networks with a lumping planted in them, together with that lumping
lumpings: valid lumpings of a given network, from the identity to the coarsest
traps: networks in which something looks mergeable and is not
graphs, planted_graphs: whole models, and such with units planted in all that is tied together
grown, Growth, leads: one unit more, where it may be
equivalents: the same function with units permuted and rescaled
mutated_networks, mutated_graphs, mutated_certificates: one thing changed
multiples, hard, dyadics, rationals, small, factors: numbers, the adversarial ones included
points, boxes: where to look at a network
Draft, Layer, draft: networks as plain rows of numbers
as_onnx: networks as ONNX models in several forms

Examples
--------
A test that every reducer has to pass:

>>> from hypothesis import given
>>> from lumpver.reducing.reduction import reduce
>>> @given(planted())
... def test_finds_what_was_planted(found):
...     assert reduce(found.network).network.units <= found.base.units
>>> test_finds_what_was_planted()
"""

from lumpver.trial.strategies.drafts import INPUT, Draft, Layer
from lumpver.trial.strategies.entries import leads
from lumpver.trial.strategies.forms import FORMS, as_onnx
from lumpver.trial.strategies.graph_mutations import mutated_graphs
from lumpver.trial.strategies.graphs import DENSE_STEPS, STEPS, graphs
from lumpver.trial.strategies.growing import Growth, grown
from lumpver.trial.strategies.lumpings import lumpings
from lumpver.trial.strategies.mutations import equivalents, mutated_certificates, mutated_networks
from lumpver.trial.strategies.networks import RATIONAL, boxes, drafts, networks, points
from lumpver.trial.strategies.numbers import dyadics, factors, hard, multiples, rationals, small
from lumpver.trial.strategies.planted_graphs import PlantedGraph, planted_graphs
from lumpver.trial.strategies.planting import Planted, planted
from lumpver.trial.strategies.reading import draft
from lumpver.trial.strategies.traps import traps

__all__ = [
    "DENSE_STEPS",
    "FORMS",
    "INPUT",
    "RATIONAL",
    "STEPS",
    "Draft",
    "Growth",
    "Layer",
    "Planted",
    "PlantedGraph",
    "as_onnx",
    "boxes",
    "draft",
    "drafts",
    "dyadics",
    "equivalents",
    "factors",
    "graphs",
    "grown",
    "hard",
    "leads",
    "lumpings",
    "multiples",
    "mutated_certificates",
    "mutated_graphs",
    "mutated_networks",
    "networks",
    "planted",
    "planted_graphs",
    "points",
    "rationals",
    "small",
    "traps",
]
