"""Domains: what somebody gives as bounds of a network's inputs, as boxes of exact numbers.

Bounds are exact decimals, inputs are floats: unless a domain is to be exact, each bound is
widened outward to the next number of its input's type, so that what holds on the domain holds
on every input that rounds into the stated one.

given: a VNN-LIB file, a `.nnet` file with its minima and maxima, a certificate, `"[0, 1]"` for
    all entries alike, ranges by input, or boxes as they are
source: what a domain is called in answers
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.domain import Box, Boxes, Range, a_range
from lumpver.errors import Malformed, NotANumber, ShapeMismatch
from lumpver.exact.scalar import number
from lumpver.io.certificates import load_certificate
from lumpver.io.files import load
from lumpver.io.nnet.header import Header, normalization
from lumpver.io.nnet.limits import limits_of
from lumpver.io.npy import read_arrays
from lumpver.io.vnnlib.disjuncts import MOST_RANGES
from lumpver.io.vnnlib.properties import Property, known_sizes, read_property
from lumpver.io.widening import widened
from lumpver.model.slicing import input_size, one_position

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.model.network import Network

GIVEN: Final = "the given ranges"
_ALIKE: Final = re.compile(r"\s*\[([^\[\],]{1,9999}),([^\[\],]{1,9999})\]\s*")


@dataclass(frozen=True, slots=True)
class Found:
    """The boxes that somebody means, and what is to be said of them.

    `notes` are sentences: how bounds were widened, and what of a file is no part of the boxes.
    `stated` is the file that they are from, where that is VNN-LIB; `final` says that nobody is to
    widen them.
    """

    domain: Boxes
    notes: tuple[str, ...] = ()
    stated: Property | None = field(default=None, repr=False, compare=False)
    final: bool = False


@dataclass(frozen=True, slots=True)
class Arrays:
    """Files with least and largest values, as numpy writes them."""

    lower: Path
    upper: Path


def read(
    given: Any,
    network: Network,
    *,
    lower: str | os.PathLike[str] | None = None,
    upper: str | os.PathLike[str] | None = None,
    exact: bool = False,
) -> Found:
    """The boxes that somebody means, for this network's inputs.

    `given` is the path of a VNN-LIB file (version 1 or 2), of a `.nnet` file, whose minima and
    maxima count, or of a certificate that holds on boxes; `"[0, 1]"`, a range for every entry of
    every input, in decimals or as p/q; or a mapping from an input's name to its entries' (low,
    high). `lower` and `upper` are `.npy` files with an entry for each of the one input's, or `.npz`
    files with an array by the name of each input. If nothing is given, it is the limits of the
    `.nnet` file that the network was read from.

    Of a first axis of unknown length, along which positions do not meet, the boxes are about one
    position: what holds of it holds of each.

    Bounds are widened outward to the next number of the input's type, unless `exact`; those of
    inputs that are exact or integers stay as they are, and so do those beyond its largest, and all
    that are boxes already or a certificate's.

    Raises
    ------
    Malformed, ShapeMismatch, NotANumber
        If what is given is no range, says more than boxes can, or is for other inputs.
    Unreadable
        If a file cannot be read as what it should be.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1, 2]], None)])
    >>> read("[-1/2, 0.1]", network).domain.boxes[0].ranges
    (('x', ((-1/2, 1/10), (-1/2, 1/10))),)
    """
    one = one_position(network)
    found = stated(together(given, lower, upper), one)
    return found if exact or found.final else outward(found, one)


def stated(given: Any, network: Network) -> Found:
    """The same, with bounds as they are stated, and inputs as they are; files may be `Arrays`.

    Raises
    ------
    Malformed, ShapeMismatch, NotANumber, Unreadable
        As for `read`.
    """
    source = source_of(given)
    if isinstance(given, Arrays):
        return _between(given, network, source)
    if given is None:
        return _limits(network, network, "the model", source)
    if isinstance(given, Boxes):
        return Found(_as_read(given, network), final=True)
    if isinstance(given, Property):
        return Found(Boxes(given.boxes, source), given.remarks, given)
    if isinstance(given, Mapping):
        return Found(Boxes((_mapped(network, given),), source))
    if isinstance(given, str) and given.lstrip().startswith("["):
        return _alike(given, network, source)
    path = Path(given)
    if path.suffix == ".nnet":
        return _limits(load(path).network, network, str(path), source)
    if path.suffix == ".json":
        return _certified(path, network)
    found = read_property(path, network)
    return Found(Boxes(found.boxes, source), found.remarks, found)


def outward(found: Found, network: Network) -> Found:
    """The same with bounds widened to the next number of their input's type, which is noted."""
    domain, notes = widened(found.domain, {tensor.name: tensor.dtype for tensor in network.inputs})
    return replace(found, domain=domain, notes=(*found.notes, *notes))


def together(
    given: Any, lower: str | os.PathLike[str] | None, upper: str | os.PathLike[str] | None
) -> Any:
    """What is given, in one.

    Raises
    ------
    Malformed
        If it is given twice, or in half.
    """
    if lower is None and upper is None:
        return given
    if lower is None or upper is None:
        raise Malformed("bounds", expected="both --lower and --upper, or none", got="one")
    if given is not None:
        raise Malformed("bounds", expected="--box, or --lower and --upper", got="both")
    for file in (lower, upper):
        if not isinstance(file, str | os.PathLike):
            raise Malformed("bounds", expected="a .npy or .npz file", got=type(file).__name__)
    return Arrays(Path(lower), Path(upper))


def source_of(given: Any) -> str:
    """What a domain is called, that is given so.

    Raises
    ------
    Malformed
        If it is nothing that can be given.
    """
    if given is None:
        return "the model's limits"
    if isinstance(given, Arrays):
        return f"{given.lower} and {given.upper}"
    if isinstance(given, Property):
        return given.source
    if isinstance(given, Mapping):
        return GIVEN
    if isinstance(given, Boxes):
        return given.source or GIVEN
    if not isinstance(given, str | os.PathLike):
        expected = "a mapping, a file or a range such as '[0, 1]'"
        raise Malformed("box", expected=expected, got=type(given).__name__)
    if isinstance(given, str) and given.lstrip().startswith("["):
        return f"{' '.join(given.split())[:80]} in every entry"
    return str(given)


def _as_read(given: Boxes, network: Network) -> Boxes:
    """The same boxes, which are for this network."""
    return Boxes(tuple(_mapped(network, dict(box.ranges)) for box in given.boxes), given.source)


def _certified(path: Path, network: Network) -> Found:
    """The boxes that a certificate is about, by their bounds and not by its name."""
    domain = load_certificate(path).claim.domain
    if not isinstance(domain, Boxes):
        raise Malformed(
            str(path), expected="a certificate that holds on a box", got="one without a bound"
        )
    return Found(_as_read(domain, network), final=True)


def _alike(given: str, network: Network, source: str) -> Found:
    """One range for every entry."""
    found = _ALIKE.fullmatch(given)
    if found is None:
        raise Malformed("box", expected="a range such as '[0, 1]'", got=repr(given[:40]))
    try:
        ends = a_range((number(found[1]), number(found[2])), where="box")
    except NotANumber as error:
        raise NotANumber("box", expected="two numbers, as '[-1/2, 0.5]'", got=error.got) from error
    return Found(Boxes((_each(network, lambda _, size: (ends,) * size),), source))


def _each(network: Network, ranges: Callable[[str, int], tuple[Range, ...]]) -> Box:
    """The box with these ranges for each input, of which there are not too many."""
    sizes = known_sizes(network, "box")
    total = sum(size for _, size in sizes)
    if total > MOST_RANGES:
        raise Malformed("box", expected=f"at most {MOST_RANGES} ranges", got=str(total))
    return Box(tuple(sorted((name, ranges(name, size)) for name, size in sizes)))


def _between(given: Arrays, network: Network, source: str) -> Found:
    """The entries of one array below, those of another above."""
    known_sizes(network, "box")
    lows, highs = (read_arrays(path, network.inputs) for path in (given.lower, given.upper))
    box = _each(network, lambda name, _: tuple(zip(lows[name], highs[name], strict=True)))
    return Found(Boxes((box,), source))


def _limits(file: Network, network: Network, where: str, source: str) -> Found:
    """The minima and maxima of a `.nnet` file, for a network of as many inputs."""
    found = limits_of(file)
    if found is None:
        raise Malformed("box", expected="bounds, or a .nnet model, which has some", got="none")
    sizes = known_sizes(network, where)
    if [size for _, size in sizes] != [len(found)]:
        got = f"limits of {len(found)} inputs"
        raise ShapeMismatch(where, expected=f"limits of {sum(n for _, n in sizes)}", got=got)
    box = Box(((sizes[0][0], found),))
    return Found(Boxes((box,), source), _raw(file, network, where))


def _raw(file: Network, network: Network, where: str) -> tuple[str, ...]:
    """What is to be said of the limits of a file that normalizes, for a model of another kind."""
    header = file.source
    if isinstance(network.source, Header) or not isinstance(header, Header):
        return ()
    means, ranges = normalization(header, len(header.minima), where=where)
    if all(mean == 0 for mean in means[:-1]) and all(size == 1 for size in ranges[:-1]):
        return ()
    return (f"the limits of {where} are those of its inputs before it normalizes them",)


def _mapped(network: Network, box: Mapping[str, Any]) -> Box:
    names = {tensor.name for tensor in network.inputs}
    unknown = [name for name in box if name not in names]
    if unknown:
        expected = f"inputs {', '.join(sorted(names))}"
        raise Malformed("box", expected=expected, got=repr(unknown[0])[:40])
    found = {}
    for name, given in box.items():
        where = f"box for {name}"
        if not hasattr(given, "__len__") or isinstance(
            given, str | bytes | Mapping | set | frozenset
        ):
            got = type(given).__name__
            raise Malformed(where, expected="a sequence of (low, high)", got=got)
        size, length = input_size(network, name), len(given)
        if size is not None and size != length:
            raise ShapeMismatch(where, expected=f"{size} ranges", got=str(length))
        found[name] = tuple(a_range(item, where=f"{where}[{i}]") for i, item in enumerate(given))
    return Box(tuple(sorted(found.items())))
