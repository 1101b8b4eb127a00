"""One thing changed: networks and certificates that are nearly what they were.

Most mutants are wrong, some are right by accident; that is for an oracle to say.

nudge: a change by 2^-20, or to another small number, or to the opposite
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flint import fmpq
from hypothesis import strategies as st

from lumpver.errors import Malformed
from lumpver.exact.array import compact, rationals
from lumpver.exact.scalar import ONE, number
from lumpver.model.activations import IDENTITY, RELU, leaky
from lumpver.trial.strategies.networks import RATIONAL
from lumpver.trial.strategies.reading import draft

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.trial.strategies.drafts import Draft, Layer, Number, Row

NUDGES: Final = (ONE, -ONE, fmpq(1, 2), fmpq(1, 3), fmpq(1, 2**20), -fmpq(1, 2**20))


def nudged(draw: st.DrawFn, value: Number) -> fmpq:
    """Another number, near or far."""
    x = number(value)
    choices = [x + nudge for nudge in NUDGES] + [-x, 2 * x, x / 3]
    return draw(st.sampled_from([choice for choice in choices if choice != x]))


@st.composite
def mutated_networks(draw: st.DrawFn, network: Network) -> Network:
    """`network` with one weight, bias, activation, unit or output changed.

    Examples
    --------
    >>> from hypothesis import find
    >>> from lumpver.model.network import Network
    >>> chain = Network.from_layers([([[1]], None), ([[1]], None)])
    >>> find(mutated_networks(chain), lambda mutant: mutant([1]) != chain([1]))([1])
    (2,)
    """
    before = draft(network)
    i = draw(st.integers(0, len(before.layers) - 1))
    layer = before.layers[i]
    kinds = ["weight", "bias", "activation"]
    if layer.units > 1:
        kinds += ["rows swapped", "row copied", "biases swapped"]
    if not layer.W or not layer.W[0]:
        kinds = ["activation"]
    return before.changed({i: _changed(draw, layer, draw(st.sampled_from(kinds)))}).network()


def _changed(draw: st.DrawFn, layer: Layer, kind: str) -> Layer:
    if kind == "activation":
        others = [f for f in (RELU, IDENTITY, leaky("1/2"), *RATIONAL) if f != layer.activation]
        return replace(layer, activation=draw(st.sampled_from(others)))
    v = draw(st.integers(0, layer.units - 1))
    if kind == "bias":
        return replace(layer, b=_put(layer.b, v, nudged(draw, layer.b[v])))
    if kind == "weight":
        u = draw(st.integers(0, len(layer.W[v]) - 1))
        row = _put(layer.W[v], u, nudged(draw, layer.W[v][u]))
        return replace(layer, W=(*layer.W[:v], row, *layer.W[v + 1 :]))
    t = draw(st.integers(0, layer.units - 1).filter(lambda t: t != v))
    W, b = list(layer.W), list(layer.b)
    if kind == "row copied":
        W[v] = W[t]
    elif kind == "rows swapped":
        W[v], W[t] = W[t], W[v]
    else:
        b[v], b[t] = b[t], b[v]
    return replace(layer, W=tuple(W), b=tuple(b))


def _put(row: Row, i: int, value: Number) -> Row:
    return (*row[:i], value, *row[i + 1 :])


@st.composite
def mutated_certificates(draw: st.DrawFn, certificate: Certificate) -> Certificate:
    """`certificate` with one entry of one tensor changed, or the tensor left out.

    Raises
    ------
    Malformed
        If the certificate relabels no tensor.
    """
    names = sorted(n for n, e in certificate.leads.items() if e.relabelling is not None)
    if not names:
        raise Malformed("certificate", expected="a tensor that is relabelled", got="none")
    name = draw(st.sampled_from(names))
    tensors = dict(certificate.tensors)
    kind = draw(st.sampled_from(["scale", "block", "constant", "ghosts", "counterpart", "gone"]))
    fact, *others = tensors[name]
    before = fact.relabelling
    if kind == "gone" or before is None:
        del tensors[name]
    elif kind == "counterpart":
        target = draw(st.sampled_from([*names, None]))
        tensors[name] = (replace(fact, counterpart=target), *others)
    else:
        changed = replace(fact, relabelling=_relabelled(draw, before, kind))
        tensors[name] = (changed, *others)
    return replace(certificate, tensors=tensors)


def _relabelled(draw: st.DrawFn, before: Relabelling, kind: str) -> Relabelling:
    if kind == "ghosts":
        width = draw(st.integers(0, before.columns))
        return replace(before, width=width, ghosts=before.columns - width)
    if not before.units:
        return before
    v = draw(st.integers(0, before.units - 1))
    if kind == "block":
        block = before.block.copy()
        block[v] = draw(st.integers(-1, before.columns - 1))
        return replace(before, block=block)
    numbers = rationals(before.scale if kind == "scale" else before.constant).copy()
    numbers[v] = nudged(draw, numbers[v]) or ONE
    if kind == "scale":
        return replace(before, scale=compact(numbers))
    return replace(before, constant=compact(numbers))


@st.composite
def equivalents(draw: st.DrawFn, network: Network) -> Network:
    """`network` with the units of hidden layers permuted and positively rescaled.

    It computes the same function; only units of homogeneous activations are rescaled.

    Examples
    --------
    >>> from hypothesis import find
    >>> from lumpver.model.network import Network
    >>> chain = Network.from_layers([([[1], [3]], None), ([[1, 1]], None)])
    >>> find(equivalents(chain), lambda other: other.digest != chain.digest)([5])
    (20,)
    """
    found = draft(network)
    for i in found.hidden:
        layer = found.layers[i]
        order = draw(st.permutations(range(layer.units)))
        free = layer.activation.homogeneous
        scale = [_scale(draw) if free else ONE for _ in order]
        found = _reordered(found, i, order, scale)
    return found.network()


def _scale(draw: st.DrawFn) -> fmpq:
    return draw(st.sampled_from([ONE, fmpq(2), fmpq(3), fmpq(1, 3), fmpq(1, 1024)]))


def _reordered(found: Draft, i: int, order: list[int], scale: list[fmpq]) -> Draft:
    """Layer i with unit order[v] at place v, scale[v] times as large, and its readers."""
    layer = found.layers[i]
    W = tuple(tuple(s * number(w) for w in layer.W[v]) for v, s in zip(order, scale, strict=True))
    b = tuple(s * number(layer.b[v]) for v, s in zip(order, scale, strict=True))
    changes = {i: replace(layer, W=W, b=b)}
    for j in found.readers(i):
        reader = found.layers[j]
        rows = tuple(
            tuple(number(row[v]) / s for v, s in zip(order, scale, strict=True)) for row in reader.W
        )
        changes[j] = replace(reader, W=rows)
    return found.changed(changes)
