"""Limits of NNet files: part of what the file's programs compute, so they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flint import fmpq

from lumpver import check, reduce, save
from lumpver.errors import Malformed, Rejected, ShapeMismatch
from lumpver.io.nnet.header import Header
from lumpver.io.nnet.limits import export_note, limits_note, limits_of, stated_limits
from lumpver.io.nnet.reading import read as read_nnet
from lumpver.model.network import Network
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.verification import check_files

if TYPE_CHECKING:
    from pathlib import Path


def clipping(minima: str, maxima: str, *, means: str = "0,0,0,", ranges: str = "1,1,1,") -> bytes:
    """A file of two inputs and the sum of two equal neurons, with these lines in front."""
    front = f"2,2,1,2,\n2,2,1,\n0,\n{minima}\n{maxima}\n{means}\n{ranges}\n"
    return f"{front}1,2,\n1,2,\n0,\n0,\n1,1,\n0,\n".encode()


def clipped(minima: str, maxima: str) -> Network:
    """The network of such a file."""
    return read_nnet(clipping(minima, maxima), where="f")


@pytest.mark.parametrize(
    ("minima", "maxima", "found"),
    [
        ("-1,0,", "1,0.5,", ((fmpq(-1), fmpq(1)), (fmpq(0), fmpq(1, 2)))),
        ("-1e1,-inf", "Infinity,+7e0,", ((fmpq(-10), None), (None, fmpq(7)))),
        ("-1,0,5,6,", "1,0,1,1,", ((fmpq(-1), fmpq(1)), (fmpq(0), fmpq(0)))),
    ],
)
def test_limits(minima: str, maxima: str, found: object) -> None:
    """They are exact; infinities are no limits; superfluous values are none of an input's."""
    assert limits_of(clipped(minima, maxima)) == found


@pytest.mark.parametrize(
    ("minima", "maxima"),
    [
        ("0,1,", "0,0,"),
        ("nan,0,", "1,1,"),
        ("inf,0,", "inf,1,"),
        ("0,0,", "1,-inf,"),
        ("- 1,0", "1,1"),
    ],
)
def test_limits_that_are_none(minima: str, maxima: str) -> None:
    """What programs would do with these is not known; they are kept, and nothing rests on them."""
    network = clipped(minima, maxima)
    assert stated_limits(network) is not None
    with pytest.raises(Malformed, match="limits of x"):
        limits_of(network)


def test_networks_from_elsewhere_have_none() -> None:
    """Only NNet files state limits; a header by hand must have enough of them."""
    plain = Network.from_layers([([[1, 2]], None)])
    assert stated_limits(plain) is None
    assert limits_of(plain) is None
    short = Network(plain.inputs, plain.outputs, plain.nodes, plain.tensors, source=Header.plain(1))
    with pytest.raises(ShapeMismatch):
        stated_limits(short)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("-1,0,", "1,0,"), ("-1.0,-0e5,", "+1,0,")),
        (("-inf,0,", "1,inf,"), ("-Infinity,0,", "1,+inf,")),
        (("-1,0,7,", "1,1,8,"), ("-1,0,", "1,1,")),
        (("some,words,", "here,too,"), ("some,words,", "here,too,")),
    ],
)
def test_equal_limits_are_accepted(ours: tuple[str, str], theirs: tuple[str, str]) -> None:
    """Limits are compared as numbers, and only those of inputs; a claim needs no note then."""
    found = reduce(clipped(*ours))
    other = reduce(clipped(*theirs))
    assert check(clipped(*ours), other.network, found.certificate).notes == ()


@pytest.mark.parametrize(
    ("ours", "theirs", "unit"),
    [
        (("-1,0,", "1,1,"), ("-1,0,", "1,2,"), 1),
        (("-1,0,", "1,1,"), ("-1.0000000001,0,", "1,1,"), 0),
        (("-1e30,-1e30,", "1e30,1e30,"), ("0,0,", "0,0,"), 0),
        (("-1,0,", "1,1,"), ("-inf,0,", "1,1,"), 0),
        (("-1,zero,", "1,1,"), ("-1,0,", "1,1,"), 1),
    ],
)
def test_other_limits_are_rejected(
    ours: tuple[str, str], theirs: tuple[str, str], unit: int
) -> None:
    """Files that clip elsewhere are not the same function, either way round."""
    for one, other in ((ours, theirs), (theirs, ours)):
        found = reduce(clipped(*one))
        with pytest.raises(Rejected) as caught:
            check(clipped(*one), reduce(clipped(*other)).network, found.certificate)
        assert (caught.value.rule, caught.value.unit) == ("limits", unit)


@pytest.mark.parametrize("target", ["r.onnx", "r.json", "r.nnet"])
def test_what_does_not_clip(tmp_path: Path, target: str) -> None:
    """Against a format without limits the claim holds within them, and says so."""
    model = tmp_path / "m.nnet"
    model.write_bytes(clipping("-1,0,", "1,1e40,"))
    outcome = reduce_file(model, tmp_path / target)
    checked = check_files(model, tmp_path / target, outcome.certificate)
    assert outcome.checked.notes == checked.notes
    assert bool(checked.notes) == (target != "r.nnet")
    assert checked.claim.limits == (None if target == "r.nnet" else "the original")
    if checked.notes:
        assert "x[0] from -1 to 1, x[1] from 0 to about 1e+40" in checked.notes[0]


def test_other_means_are_other_functions(tmp_path: Path) -> None:
    """Means and ranges are nodes of the network: other ones are rejected by their own rule."""
    found = reduce(clipped("0,0,", "1,1,"))
    for other in ({"means": "0,1,0,"}, {"ranges": "1,1,2,"}, {"means": "0,0,1,"}):
        moved = reduce(read_nnet(clipping("0,0,", "1,1,", **other), where="f"))
        with pytest.raises(Rejected):
            check(clipped("0,0,", "1,1,"), moved.network, found.certificate)


def test_many_limits_are_told_in_part() -> None:
    """A note about many inputs stays a sentence."""
    wide = Network.from_layers([([[1] * 99], None)])
    header = Header.plain(99)
    file = Network(wide.inputs, wide.outputs, wide.nodes, wide.tensors, source=header)
    (note,) = limits_note(wide, file)
    assert "and 96 more" in note
    assert len(note) < 400


def test_a_saved_network_has_its_limits(tmp_path: Path) -> None:
    """Writing keeps the limits that were read."""
    save(clipped("-3,0,", "4,9,"), tmp_path / "s.nnet")
    again = read_nnet((tmp_path / "s.nnet").read_bytes(), where="s")
    assert limits_of(again) == limits_of(clipped("-3,0,", "4,9,"))


def test_an_export_says_who_clips() -> None:
    """A format without limits loses them, the other way round there are new ones."""
    file, plain = clipped("-3,0,", "4,9,"), Network.from_layers([([[1, 2]], None)])
    assert "x[0] from -3 to 4" in export_note(file, nnet=False)[0]
    assert "1e30" in export_note(plain, nnet=True)[0]
    assert export_note(file, nnet=True) == export_note(plain, nnet=False) == ()
