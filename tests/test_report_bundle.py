"""The bundle: one zip that holds all evidence, the same bytes everywhere."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import stat
import subprocess
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import onnx
import pytest
from onnx_models import tensor, whole
from report_files import HOSTILE, made, pair, tampered

from lumpver.errors import Malformed, Unreadable
from lumpver.io.json.writing import write
from lumpver.model.activations import activation
from lumpver.model.network import Network
from lumpver.proving import Unknown
from lumpver.proving.smt import ask
from lumpver.reducing.pipeline import reduce_file
from lumpver.tell.report.bundle import bundle, plain
from lumpver.tell.report.examination import examine
from lumpver.tell.report.query import query

if TYPE_CHECKING:
    from pathlib import Path

ALWAYS = ["README.txt", "report.html", "small.json.cert.json", "answers.json",
          "equivalence.smt2", "SHA256SUMS"]  # fmt: skip


def unpacked(data: bytes) -> dict[str, bytes]:
    """The entries in order, no name twice."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))
        return {name: archive.read(name) for name in names}


def sums(entries: dict[str, bytes]) -> dict[str, str]:
    """The digests that the archive lists, by name."""
    lines = entries["SHA256SUMS"].decode().splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def test_what_is_in_it(tmp_path: Path) -> None:
    """Everything in its order, the certificate byte for byte, every digest right."""
    files = made(tmp_path)
    found = unpacked(bundle(examine(*files, prove=True)))
    assert list(found) == ALWAYS
    assert found["small.json.cert.json"] == files.certificate.read_bytes()
    digests = sums(found)
    assert set(digests) == {*ALWAYS, "model.json", "small.json"} - {"SHA256SUMS"}
    for name, digest in digests.items():
        place = tmp_path / name
        data = found[name] if name in found else place.read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest
    answers = json.loads(found["answers.json"])
    assert (answers["check"]["valid"], answers["prove"]["answer"]) == (True, "proved")
    assert found["README.txt"].startswith(b"ACCEPTED: model.json and small.json")
    assert b"The models are not in the archive." in found["README.txt"]


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """No time, no place, no compression; every entry a plain file."""
    one, two = (bundle(examine(*made(tmp_path / n)), models=True) for n in ("one", "two"))
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.external_attr >> 16 == stat.S_IFREG | 0o644
            assert info.create_system == 3
            assert not info.extra


def test_with_models_it_stands_alone(tmp_path: Path) -> None:
    """Unpacked, the digests agree and the answer is the same."""
    files = made(tmp_path)
    found = unpacked(bundle(examine(*files), models=True))
    assert [name for name in found if name not in ALWAYS] == ["model.json", "small.json"]
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name, data in found.items():
        (folder / name).write_bytes(data)
    assert b"not in the archive" not in found["README.txt"]
    if shutil.which("sha256sum"):
        command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
        subprocess.run(command, cwd=folder, check=True)
    again = examine(*(folder / place.name for place in files))
    assert bundle(again, models=True) == bundle(examine(*files), models=True)


def test_rejected(tmp_path: Path) -> None:
    """Evidence that something is wrong is evidence as well, and says so first."""
    found = unpacked(bundle(examine(*tampered(made(tmp_path)))))
    assert found["README.txt"].startswith(b"REJECTED")
    assert b"at unit 1 of h1.pre" in found["README.txt"]
    assert json.loads(found["answers.json"])["check"]["rule"] == "affine"
    assert b"(set-info :status" not in found["equivalence.smt2"]


def test_unknown_keeps_the_open_question(tmp_path: Path) -> None:
    """What the solver could not answer is in it, beside the accepted certificate."""
    found = examine(*made(tmp_path))
    both = replace(found, answer=Unknown("monolithic", "too long", "(check-sat)\n"))
    assert both.verdict == "accepted"
    entries = unpacked(bundle(both))
    assert entries["unknown.smt2"] == b"(check-sat)\n"
    assert json.loads(entries["answers.json"])["prove"]["answer"] == "unknown"
    assert "unknown.smt2" not in unpacked(bundle(found))


def test_without_certificate_there_is_no_bundle(tmp_path: Path) -> None:
    """There would be nothing to keep."""
    with pytest.raises(Malformed):
        bundle(examine(*pair(tmp_path)))


@pytest.mark.parametrize(("change", "status"), [(0, "unsat"), (1, "sat")])
def test_the_query_is_the_question(tmp_path: Path, change: int, status: str) -> None:
    """A solver that knows nothing of lumpver says the same as lumpver."""
    one = Network.from_layers([([[1], [2], [-1]], [1, 2, 0]), ([[1, 1, 5]], [0])])
    two = Network.from_layers([([[1], [-1]], [1, 0]), ([[3, 5]], [change])])
    examined = examine(*pair(tmp_path, one, two))
    text, reason = query(examined)
    assert reason == ""
    assert f"(set-info :status {status})" in text
    assert text.count("declare-const") == 2
    for solver in ("z3", "cvc5"):
        assert ask(text, solver=solver, effort=10**6).status == status


def test_what_sat_means(tmp_path: Path) -> None:
    """An input, but where Sigmoid stands for any function: there sat says nothing."""
    curve = activation("sigmoid")
    odd = Network.from_layers([([[1], [-1]], None, curve), ([[1, 1]], None)])
    even = Network.from_layers([([[1], [-1]], None, curve), ([[1, -1]], [1])])
    text, _ = query(examine(*pair(tmp_path, odd, even)))
    assert "sat: nothing, for Sigmoid" in text
    text, _ = query(examine(*pair(tmp_path)))
    assert "sat: the model is such an input" in text


def test_names_do_not_meet_in_the_query(tmp_path: Path) -> None:
    """An input named like the other model's variables stays an input of its own."""
    networks = [Network.from_layers([([[1, w]], None)]) for w in (2, 3)]
    places = pair(tmp_path, *networks)
    for place in places:
        place.write_bytes(place.read_bytes().replace(b'"x"', b'"reduced.x"'))
    text, _ = query(examine(*places))
    assert text.count("declare-const") == 4


def test_why_there_is_no_query(tmp_path: Path) -> None:
    """Nodes that are not modelled, open lengths, sheer size: README says which."""
    place = tmp_path / "soft.onnx"
    soft = whole("Gemm x W h; Softmax h y", tensor("W", [[1.0, 2.0]]), x=("N", 1))
    place.write_bytes(soft.SerializeToString())
    reduce_file(place, tmp_path / "r.onnx")
    examined = examine(place, tmp_path / "r.onnx", tmp_path / "r.onnx.cert.json")
    found = unpacked(bundle(examined))
    assert "equivalence.smt2" not in found
    assert b"There is no equivalence.smt2" in found["README.txt"]
    assert b"Softmax" in found["README.txt"]
    wide = Network.from_layers([([[1] * 10_001], None)])
    assert "is the limit" in query(examine(*pair(tmp_path, wide, wide)))[1]


@pytest.mark.parametrize("name", ["README.txt", "report.HTML", "sha256sums", "original"])
def test_a_certificate_takes_no_place(tmp_path: Path, name: str) -> None:
    """One with the name of another entry gets a folder of its own."""
    files = made(tmp_path)
    moved = files.certificate.rename(tmp_path / name)
    found = unpacked(bundle(examine(files.model, files.reduced, moved)))
    assert found[f"certificate/{name}"] == moved.read_bytes()
    assert f"lumpver check model.json small.json certificate/{name}".encode() in found["README.txt"]


def test_models_take_no_place(tmp_path: Path) -> None:
    """Models of one name, or with the name of an entry, get a folder each."""
    files = made(tmp_path)
    for ours, theirs in (("answers.json", "small.json"), ("a.json", "A.json")):
        folders = [tmp_path / ours / side for side in ("1", "2")]
        for folder in folders:
            folder.mkdir(parents=True)
        first, second = folders[0] / ours, folders[1] / theirs
        first.write_bytes(files.model.read_bytes())
        second.write_bytes(files.reduced.read_bytes())
        found = unpacked(bundle(examine(first, second, files.certificate), models=True))
        assert found[f"original/{ours}"] == first.read_bytes()
        assert found[f"reduced/{theirs}"] == second.read_bytes()


def test_names_that_do_not_print(tmp_path: Path) -> None:
    """Entries have plain names; the certificate is the same."""
    files = made(tmp_path)
    moved = files.certificate.rename(tmp_path / (HOSTILE.replace("/", "") + "\n\udcff\\"))
    found = unpacked(bundle(examine(files.model, files.reduced, moved)))
    (name,) = set(found) - set(ALWAYS)
    assert name.isprintable()
    assert not set(name) & set('<>:"\\/|?*')
    assert found[name] == moved.read_bytes()
    assert plain("...") == "___"


def external(folder: Path, location: str) -> Path:
    """A model whose weights are in another file."""
    folder.mkdir(exist_ok=True)
    weights = tensor("W", [[1.0, 2.0]]), tensor("V", [[1.0], [1.0]])
    made_of = whole("Gemm x W h; Relu h r; Gemm r V y", *weights, x=(1, 1))
    onnx.save_model(
        made_of, folder / "m.onnx", save_as_external_data=True, location=location, size_threshold=0
    )
    return folder / "m.onnx"


def test_external_data_goes_with_its_model(tmp_path: Path) -> None:
    """It is listed, and packed with `--models`; other bytes than were read are refused."""
    place = external(tmp_path / "m", "weights.bin")
    reduce_file(place, tmp_path / "m" / "r.onnx")
    examined = examine(place, tmp_path / "m" / "r.onnx", tmp_path / "m" / "r.onnx.cert.json")
    found = unpacked(bundle(examined, models=True))
    data = (tmp_path / "m" / "weights.bin").read_bytes()
    assert found["original/weights.bin"] == data
    assert sums(found)["original/weights.bin"] == hashlib.sha256(data).hexdigest()
    assert "weights.bin" in found["report.html"].decode()
    (tmp_path / "m" / "weights.bin").write_bytes(data[::-1])
    with pytest.raises(Unreadable):
        bundle(examined, models=True)


def test_a_model_in_the_way_is_no_certificate(tmp_path: Path) -> None:
    """A network written as exact JSON is no certificate."""
    model_, other = pair(tmp_path)
    other.write_bytes(write(Network.from_layers([([[1]], None)])))
    with pytest.raises(Malformed):
        bundle(examine(model_, other, other))
