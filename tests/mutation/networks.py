"""The pairs that are right: original, reduced model and certificate, in every format.

Each network comes with several of them: other rules, other representatives, blocks split.

case: one network, with the pairs made from it
pair: the bytes of both models and the certificate's document
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from older_certificates import encode
from several_facts import STAYS, smaller, told_twice, twins

from lumpver.claim import certificate
from lumpver.claim.certificate import Digest, decode
from lumpver.claim.facts import Fact
from lumpver.errors import Unrepresentable
from lumpver.exact.scalar import number, text
from lumpver.io.files import Model, format_of, parsed
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.writing import write as write_json
from lumpver.io.nnet.reading import read as read_nnet
from lumpver.io.nnet.writing import write as write_nnet
from lumpver.io.onnx.read import read as read_onnx
from lumpver.io.saving import stored
from lumpver.model.activations import RELU, leaky
from lumpver.model.network import Join, Linear, Network, Pointwise, Rearrange, Tensor, linear
from lumpver.reducing.reduction import reduce
from lumpver.reducing.verification import check_models
from lumpver.search.lumping import ALL, LUMPING, RULES
from lumpver.theory import examples
from mutation.bends import BENT, joined, parted
from mutation.graphs import MODELS
from mutation.steady import STEADIES, steady_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAMED: Final = (
    "d1", "d2_live", "constant_network", "identity_hidden", "thirds", "deep_chain", "cancelling",
    "leaky_twins", "hardtanh_equals", "sigmoid_half", "output_relu", "huge_and_tiny", "d4_four",
    "d4_six",
)  # fmt: skip
READERS: Final[dict[str, Callable[..., Network]]] = {
    ".onnx": read_onnx,
    ".json": read_json,
    ".nnet": read_nnet,
}
REAL: Final = (
    "nnenum/examples/bug_issue7/net.onnx",
    "hls4ml-example-models/keras/KERAS_3layer_95pruned_retrained_weights.onnx",
    "vnncomp2022/tllverifybench/onnx/tllBench_n=2_N=M=8_m=1_instance_0_0.onnx",
    "dnnv-benchmarks/PLNN-TwinStream/onnx/twin_ladder-5_inp-4_layers-5_width-1_margin.onnx",
    "marabou/resources/nnet/twin/twin_ladder-5_inp-2_layers-5_width-1_margin.nnet",
    "vnncomp2021/test/test_small.onnx",
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two models as files are stored, and the certificate as parsed JSON."""

    original: bytes
    reduced: bytes
    document: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A network's name, the formats of both files, and its right pairs."""

    name: str
    suffix: str
    target: str
    pairs: tuple[Pair, ...]
    weight: float = 1.0

    @property
    def places(self) -> tuple[Path, Path]:
        """Names for the two files, which need not exist."""
        return Path(f"original{self.suffix}"), Path(f"reduced{self.target}")


def case(
    name: str,
    suffix: str,
    data: bytes,
    target: str,
    *,
    weight: float = 1.0,
    many: bool = True,
    anew: bool = False,
) -> Case:
    """The case of a model's bytes; every pair was accepted by the checker.

    In some pairs regions are made `anew`.
    """
    original = opened(Path(f"original{suffix}"), data)
    rng = random.Random(name)
    choices: list[dict[str, Any]] = [{"rules": LUMPING}]
    if many:
        some: tuple[tuple[str, ...], ...] = (
            ("merges",), ("stable",), ("constants", "unused"), (),
        )  # fmt: skip
        choices += [{"rules": rules} for rules in some]
        choices += [_kept(rng, original.network) | {"rules": LUMPING} for _ in range(3)]
    if anew:
        others = (RULES, ALL, ("reflect",), ("kinks",), ("merges", "skip"))
        choices += [{"rules": rules} for rules in others]
    found: dict[bytes, Pair] = {}
    for choice in choices:
        pair = _pair(original, Path(f"reduced{target}"), choice)
        if pair is not None:
            found.setdefault(pair.reduced, pair)
    pairs = list(found.values())
    joins = any(isinstance(node, Join) for node in original.network.nodes)
    if many and pairs and not joins:  # of which each tensor has one fact
        pairs.append(_told_twice(original, Path(f"reduced{target}"), pairs[0]))
    return Case(name, suffix, target, tuple(pairs), weight)


def _kept(rng: random.Random, network: Network) -> dict[str, Any]:
    units = [(name, v) for name in network.layers for v in range(network.width.get(name, 0))]
    return {
        "keep": frozenset(unit for unit in units if rng.random() < 0.4),
        "rules": tuple(rule for rule in RULES if rng.random() < 0.8),
    }


def _pair(original: Model, target: Path, choice: dict[str, Any]) -> Pair | None:
    floats = format_of(target) == ".onnx"
    found = reduce(original.network, floats_only=floats, **choice)
    try:
        data = stored(found.network, original, target)
    except Unrepresentable:
        return None
    reduced = opened(target, data)
    claim = replace(found.certificate, original=original.digest, reduced=reduced.digest)
    check_models(original, reduced, claim)
    forms = any(fact.since is not None for facts in claim.tensors.values() for fact in facts)
    text = certificate.encode(claim) if claim.signs or forms else encode(claim)  # as older ones may
    return Pair(original.data, data, json.loads(text))


def _told_twice(original: Model, target: Path, pair: Pair) -> Pair:
    """The pair with a certificate of version 3 that says everything twice."""
    claim = decode(json.dumps(pair.document).encode())
    claim = replace(claim, tensors=told_twice(original.network, claim))
    check_models(original, opened(target, pair.reduced), claim)
    return replace(pair, document=json.loads(certificate.encode(claim)))


def needing_both() -> Case:
    """Units that are merged for one reader, and stay for another."""
    data = [write_json(made) for made in (twins(), smaller())]
    digests = [Digest(hashlib.sha256(one).hexdigest()) for one in data]
    claim = certificate.Certificate(STAYS, *digests)
    pair = Pair(*data, json.loads(certificate.encode(claim)))
    return Case("needing both", ".json", ".json", (pair,))


def compared() -> Case:
    """Branches of two activations, and the one that they are together."""
    data = [write_json(made()) for made in (joined, parted, joined)]
    digests = [Digest(hashlib.sha256(one).hexdigest()) for one in data]
    pairs = []
    for other, digest in zip(data[1:], digests[1:], strict=True):
        claim = certificate.Certificate({"y": (Fact("y", since="x"),)}, digests[0], digest)
        pairs.append(Pair(data[0], other, json.loads(certificate.encode(claim))))
    return Case("joined", ".json", ".json", tuple(pairs))


def random_chain(seed: int, *, fractions: bool) -> Network:
    """A chain in which multiples, constants and unread units are planted."""
    rng = random.Random(seed)
    widths = [rng.randint(1, 3), *(rng.randint(2, 6) for _ in range(rng.randint(1, 3))), 2]
    layers = []
    for columns, rows in pairwise(widths):
        W = [[rng.choice((-2, -1, 0, 0, 1, 2, 3)) for _ in range(columns)] for _ in range(rows)]
        b = [rng.choice((-1, 0, 0, 1)) for _ in range(rows)]
        for v in range(1, rows):
            if rng.random() < 0.5:
                factor = rng.choice((1, 2, 3, 0) if not fractions else ("1/3", "5/7", 2, 0))
                scale = number(factor)
                W[v] = [text(scale * entry) for entry in W[0]]
                b[v] = text(scale * b[0]) if factor else rng.randint(-1, 1)
        layers.append(([[number(e) for e in row] for row in W],
                       [number(e) for e in b]))  # fmt: skip
    return Network.from_layers(
        layers, activation=rng.choice(("relu", "abs")) if fractions else "relu"
    )


def shaped() -> Network:
    """Rearrangements and two axes with unequal lengths, exact numbers."""
    shapes = {"x": ("N", 3), "t": ("N", 4), "h": ("N", 4), "q": ("N", 4, 1), "g": ("N", 4, 1),
              "s": ("N", 2, 1), "r": ("N", 2, 1), "y": ("N", 2)}  # fmt: skip
    W = [["1/3", 1, -1], [1, 3, -3], [0, 0, 0], [2, 0, 1]]
    V = [[1, "1/2", 1, 0], [3, "3/2", 5, "1/7"]]
    relu = RELU
    nodes = (
        _affine("a", "x", "t", W, [1, 3, "2/5", 0]),
        Pointwise("A", "t", "h", relu),
        Rearrange("R", "h", "q", "Reshape", (-1, 4, 1)),
        Pointwise("B", "q", "g", leaky("1/9")),
        _affine("b", "g", "s", V, [0, 1], axis=-2),
        Pointwise("C", "s", "r", relu),
        Rearrange("S", "r", "y", "Squeeze", (-1,)),
    )
    return _network(shapes, nodes, ("y",))


def crossed() -> Network:
    """Units along one axis, then along the other, of square tensors."""
    square = [[1, 2, 0], [2, 4, 0], [0, 1, "1/2"]]
    names = ("x", "z", "t", "h", "s", "r", "y")
    shapes = dict.fromkeys(names, (3, 3)) | {"y": (3, 1)}
    nodes = (
        _affine("z", "x", "z", None, ["1/2", 0, 1], axis=-2),
        _affine("a", "x", "t", square, [0, 0, 1]),
        Pointwise("A", "t", "h", RELU),
        _affine("b", "h", "s", square, None, axis=-2),
        Pointwise("B", "s", "r", RELU),
        _affine("c", "r", "y", [[1, 1, 3]], ["1/3"]),
    )
    return _network(shapes, nodes, ("y", "z"))


def stirred() -> Network:
    """A reshape that mixes units, so that they must stay, and one that does not."""
    shapes = {"x": (2, 3), "t": (2, 4), "h": (2, 4), "q": (4, 2), "s": (4, 2), "r": (4, 2),
              "v": (4, 1, 2), "y": (4, 1, 1)}  # fmt: skip
    W = [[1, 2, 0], [2, 4, 0], [0, 1, "1/2"], [1, 0, 1]]
    nodes = (
        _affine("a", "x", "t", W, [0, 0, 1, -1]),
        Pointwise("A", "t", "h", RELU),
        Rearrange("R", "h", "q", "Reshape", (4, 2)),
        _affine("b", "q", "s", [[1, 2], ["1/2", 1]], None),
        Pointwise("B", "s", "r", RELU),
        Rearrange("S", "r", "v", "Unsqueeze", (1,)),
        _affine("c", "v", "y", [[1, 3]], ["1/3"]),
    )
    return _network(shapes, nodes, ("y",))


def _affine(name: str, source: str, target: str, W: Any, b: Any, axis: int = -1) -> Linear:
    return linear(name, source, target, W, b, axis=axis)


def _network(shapes: dict[str, Any], nodes: Any, outputs: Sequence[str]) -> Network:
    tensors = {name: Tensor(name, "real", shape) for name, shape in shapes.items()}
    return Network((tensors["x"],), tuple(tensors[y] for y in outputs), nodes, tensors)


@cache
def small() -> tuple[Case, ...]:
    """The cases that need no file: ONNX, exact JSON and NNet."""
    found = [
        case(made.__name__, ".onnx", made().SerializeToString(), ".onnx")
        for made in (*MODELS, *STEADIES)
    ]
    for name in NAMED:
        data = write_json(examples.EXAMPLES[name].network)
        found.append(case(name, ".json", data, ".json"))
    for seed in range(4):
        chain = random_chain(seed, fractions=seed % 2 == 1)
        found.append(case(f"chain {seed}", ".json", write_json(chain), ".json"))
        if seed % 2 == 0:
            found.append(case(f"nnet {seed}", ".nnet", write_nnet(chain), ".nnet"))
    found += [
        case(made.__name__, ".json", write_json(made()), ".json")
        for made in (shaped, crossed, stirred)
    ]
    for seed in range(3):
        data = write_json(steady_chain(seed))
        found.append(case(f"steady chain {seed}", ".json", data, ".json"))
    found += [case(made.__name__, ".json", write_json(made()), ".json", anew=True) for made in BENT]
    found += [needing_both(), compared()]
    mixed = MODELS[0]().SerializeToString()
    found.append(case("gemm_chain as JSON", ".onnx", mixed, ".json"))
    return tuple(found)


@cache
def real(folder: Path) -> tuple[Case, ...]:
    """A few public networks, where the folder has them; they are drawn rarely."""
    paths = [folder / name for name in REAL]
    return tuple(
        case(path.name, format_of(path), path.read_bytes(), format_of(path), weight=0.1, many=False)
        for path in paths
        if path.is_file()
    )


def opened(place: Path, data: bytes) -> Model:
    """As `files.parsed`, without its thread, which takes longer than a small model."""
    if not data or format_of(place) not in READERS:
        return parsed(place, data)
    network = READERS[format_of(place)](data, where=str(place))
    external = getattr(network.source, "external", {})
    return Model(place, network, Digest(hashlib.sha256(data).hexdigest(), external), data)


def shapes_of(network: Network, size: int) -> dict[str, tuple[int, ...]]:
    """A shape for every input, with `size` for the axes that are not fixed."""
    found = {}
    for tensor in network.inputs:
        shape = tensor.shape if tensor.shape is not None else (None, None)
        sizes = [s if isinstance(s, int) else size for s in shape]
        for reader in _affine_readers(network, tensor.name):
            W = reader.W if reader.W is not None else reader.b
            if W is not None and not isinstance(shape[reader.axis], int):
                sizes[reader.axis] = int(W.shape[-1])
        found[tensor.name] = tuple(sizes)
    return found


def _affine_readers(network: Network, name: str) -> list[Linear]:
    found: list[Linear] = []
    for reader in network.readers.get(name, []):
        if isinstance(reader, Linear):
            through = reader.W is None and reader.b is None
            found += _affine_readers(network, reader.output) if through else [reader]
    return found


def numbers(rng: random.Random, shape: tuple[int, ...], kind: str) -> Any:
    """An array of small whole or rational numbers, for evaluation."""
    flat = np.empty(int(np.prod(shape)), dtype=object)
    for i in range(flat.size):
        value = rng.randint(-9, 9) if kind == "whole" else rng.randint(-40, 40)
        flat[i] = number(value if kind == "whole" else f"{value}/7")
    return flat.reshape(shape)
