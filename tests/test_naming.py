"""What a reduced file says of itself: for which inputs it is what model; nobody believes it."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
import pytest
from onnx_models import tensor, whole

import lumpver
from lumpver import Network, load, reduce_file
from lumpver.claim.closeness import Within
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.statement import Claim, claim_from
from lumpver.errors import Malformed
from lumpver.io.naming import (
    CLAIM,
    EARLIER,
    MOST,
    MOST_EARLIER,
    MOST_WORDS,
    ORIGINAL,
    named,
    names_of,
    rename,
    told,
)

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

DIGEST: Final = "0123456789abcdef" * 4
W: Final = (
    np.array([[1, 1], [-1, -1], [1, 2]] * 20, "f4")
    + np.arange(120, dtype="f4").reshape(60, 2) / 2048
)
b: Final = np.array([1, -1, -1.75] * 20, "f4")
V: Final = np.arange(120, dtype="f4").reshape(2, 60)


def model_at(path: Path, **metadata: str) -> Path:
    """Twenty units are on between 0 and 1, twenty off, and twenty off between 0 and 1/2."""
    layers = "Gemm x W b h transB=1; Relu h a; Gemm a V c y transB=1"
    stored = [tensor("W", W), tensor("b", b), tensor("V", V), tensor("c", [0.5, 0.25])]
    made = whole(layers, *stored, x=("N", 2))
    for key, value in metadata.items():
        made.metadata_props.add(key=key, value=value)
    path.write_bytes(made.SerializeToString())
    return path


def said(path: Path) -> dict[str, str]:
    """The metadata of a file."""
    return {prop.key: prop.value for prop in onnx.load(path).metadata_props}


def boxed(model: Path, target: Path, box: str = "[0, 1]") -> Any:
    """What `reduce --box` makes of the model."""
    from lumpver.io.domains import read

    return reduce_file(model, target, box=lambda network: read(box, network))


def test_a_file_says_on_which_box(tmp_path: Path) -> None:
    """The claim is the certificate's, word for word; what was there stays."""
    model = model_at(tmp_path / "m.onnx", author="somebody")
    outcome = boxed(model, tmp_path / "r.onnx")
    found, certificate = said(tmp_path / "r.onnx"), outcome.reduction.certificate
    assert found["author"] == "somebody"
    assert found[ORIGINAL] == certificate.original.sha256 == load(model).digest.sha256
    assert json.loads(found[CLAIM]) == certificate.claim.as_document()
    assert claim_from(json.loads(found[CLAIM])) == certificate.claim
    assert set(found) == {"author", CLAIM, ORIGINAL}
    onnx.checker.check_model(onnx.load(tmp_path / "r.onnx"))


@pytest.mark.parametrize("suffix", [".onnx", ".onnx.gz"])
def test_a_file_says_that_it_holds_for_all(tmp_path: Path, suffix: str) -> None:
    """Whichever way it is packed, and wherever its model came from."""
    network = Network.from_layers(
        [(np.repeat(W, 9, axis=0), np.repeat(b, 9)), (np.ones((3, 540)), None)]
    )
    for name in ("m.nnet", "m.onnx"):
        lumpver.save(network, tmp_path / name)
        target = tmp_path / f"{name}-r{suffix}"
        reduce_file(tmp_path / name, target)
        data = target.read_bytes()
        model = onnx.load_from_string(gzip.decompress(data) if suffix.endswith("gz") else data)
        found = {prop.key: prop.value for prop in model.metadata_props}
        assert json.loads(found[CLAIM]) == Claim().as_document()
        assert found[ORIGINAL] == load(tmp_path / name).digest.sha256


def test_what_did_not_change_says_nothing(tmp_path: Path) -> None:
    """It is the model, byte for byte; reduced once more, it is itself."""
    model = model_at(tmp_path / "m.onnx")
    boxed(model, tmp_path / "r.onnx")
    outcome = boxed(tmp_path / "r.onnx", tmp_path / "rr.onnx")
    assert outcome.is_copy
    assert (tmp_path / "rr.onnx").read_bytes() == (tmp_path / "r.onnx").read_bytes()
    plain = boxed(model, tmp_path / "same.onnx", "[-9, 9]")
    assert plain.is_copy
    assert said(tmp_path / "same.onnx") == {}


def test_float64_is_no_copy(tmp_path: Path) -> None:
    """A model in another type says what it is, where no unit went, too."""
    network = Network.from_layers([([[1.0]], None), ([[1.0]], None)])
    lumpver.save(network, tmp_path / "m.onnx")
    reduce_file(tmp_path / "m.onnx", tmp_path / "r.onnx", dtype="float64")
    assert said(tmp_path / "r.onnx")[ORIGINAL] == load(tmp_path / "m.onnx").digest.sha256
    assert said(tmp_path / "m.onnx") == {}


def test_a_small_file_does_not_grow_for_it(tmp_path: Path) -> None:
    """For all inputs the name gives way; on a box it does not, and the units go all the same."""
    layers = [([[1, 1], [2, 2]], [1, 2]), ([[1, 1]], None)]
    lumpver.save(Network.from_layers(layers), tmp_path / "m.onnx")
    outcome = reduce_file(tmp_path / "m.onnx", tmp_path / "r.onnx")
    assert outcome.reduction.network.units == 1
    assert outcome.bytes_after <= outcome.bytes_before
    assert said(tmp_path / "r.onnx") == {}
    other = [([[1, 1], [-1, -1]], [1, -1]), ([[1, 1]], None)]
    lumpver.save(Network.from_layers(other), tmp_path / "n.onnx")
    found = boxed(tmp_path / "n.onnx", tmp_path / "s.onnx")
    assert found.reduction.network.units < 2
    assert said(tmp_path / "s.onnx")[ORIGINAL] == load(tmp_path / "n.onnx").digest.sha256
    name = named(found.reduction.certificate.claim, DIGEST)
    assert found.bytes_after <= found.bytes_before + name.size


def test_the_same_bytes_wherever_the_box_is(tmp_path: Path) -> None:
    """Neither the name of the box's file nor a folder is in it."""
    made = []
    for folder, box in (("a", "[0, 1]"), ("b", "[0.0, 1.0]")):
        (tmp_path / folder).mkdir()
        boxed(model_at(tmp_path / folder / f"{folder}.onnx"), tmp_path / folder / "r.onnx", box)
        made.append((tmp_path / folder / "r.onnx").read_bytes())
    assert made[0] == made[1]


@pytest.mark.parametrize("box", ["[0, 1/2]", None])
def test_what_it_was_made_from_stays_named(tmp_path: Path, box: str | None) -> None:
    """Reduced on another box, or only written anew, it still says that it holds on the first."""
    boxed(model_at(tmp_path / "m.onnx"), tmp_path / "r.onnx")
    first = names_of(load(tmp_path / "r.onnx").network).own
    if box is None:
        reduce_file(tmp_path / "r.onnx", tmp_path / "s.onnx", dtype="float64")
    else:
        boxed(tmp_path / "r.onnx", tmp_path / "s.onnx", box)
    second = names_of(load(tmp_path / "s.onnx").network)
    assert first is not None
    assert second.own is not None
    assert second.own.limited is (box is not None)
    assert second.own.original == load(tmp_path / "r.onnx").digest.sha256
    assert [(n.original, n.words) for n in second.earlier] == [(first.original, first.words)]
    notes = told(load(tmp_path / "s.onnx"))
    assert notes[-1].startswith("what s.onnx was made from was reduced for some inputs only")
    assert len(notes) == 1 + (box is not None)
    reduce_file(tmp_path / "s.onnx", tmp_path / "t.onnx", types="widen", dtype="float64")
    third = names_of(load(tmp_path / "t.onnx").network)
    assert third.earlier[-1].words == first.words
    assert len(third.earlier) == len(notes)


def test_saving_what_changed_is_not_named_so(tmp_path: Path) -> None:
    """A network that somebody changes and saves does not go by its file's own name."""
    boxed(model_at(tmp_path / "m.onnx"), tmp_path / "r.onnx")
    network = load(tmp_path / "r.onnx").network
    lumpver.save(network, tmp_path / "same.onnx")
    assert said(tmp_path / "same.onnx") == said(tmp_path / "r.onnx")
    changed = lumpver.reduce(network, box="[0, 1/2]", floats_only=True).network
    assert changed.units < network.units
    lumpver.save(changed, tmp_path / "other.onnx")
    assert set(said(tmp_path / "other.onnx")) == {EARLIER}


def test_many_bounds_are_a_digest_and_words() -> None:
    """Where the numbers are many the name stays short, tells domains apart, and can be read."""
    claims = [
        Claim(Boxes((Box.of({"x": [(0, f"{i}/{n}") for i in range(1, 785)]}),))) for n in (3, 7)
    ]
    names = [named(claim, DIGEST) for claim in claims]
    assert all(len(name.claim) < MOST for name in names)
    assert names[0].claim != names[1].claim
    domain = json.loads(names[0].claim)["domain"]
    assert domain["boxes"] == 1
    assert "and 781 more" in domain["words"]
    model = onnx.ModelProto()
    for _ in range(MOST_EARLIER + 3):  # a model that is reduced again and again
        rename(model, names[0])
    assert model.ByteSize() < (MOST_EARLIER + 1) * MOST
    assert {prop.key for prop in model.metadata_props} == {CLAIM, ORIGINAL, EARLIER}


def test_long_names_of_inputs_do_not_make_it_long() -> None:
    """Words are cut."""
    claim = Claim(Boxes((Box.of({"x" * 9999: [(0, 1)]}),)))
    found = named(claim, DIGEST)
    assert len(json.loads(found.claim)["domain"]["words"]) == MOST_WORDS
    assert found.limited


def test_what_is_not_equal_is_said() -> None:
    """A claim that is less in another way is limited, too."""
    found = named(Claim(closeness=Within("1/10")), DIGEST)
    assert found.limited
    assert found.words == "within 1/10 of each other for all inputs"
    assert not named(Claim(), DIGEST).limited


FULL: Final = '{"closeness":"equal","domain":"all inputs","semantics":"real"}'
BRIEF: Final = FULL.replace('"all inputs"', '{"boxes":1,"sha256":"D","words":"a box"}').replace(
    "D", DIGEST
)
EARLIER_ONE: Final = '{"names":[{"claim":C,"original":"D"}]}'.replace("C", BRIEF).replace(
    '"D"', f'"{DIGEST}"'
)
BAD: Final = {
    "no original": {CLAIM: FULL},
    "no claim": {ORIGINAL: DIGEST},
    "no digest": {CLAIM: FULL, ORIGINAL: "ABC"},
    "no JSON": {CLAIM: "equal", ORIGINAL: DIGEST},
    "a list": {CLAIM: "[]", ORIGINAL: DIGEST},
    "a member too few": {CLAIM: '{"closeness":"equal","domain":"all inputs"}', ORIGINAL: DIGEST},
    "a member too many": {CLAIM: FULL.replace("{", '{"a":"b",'), ORIGINAL: DIGEST},
    "another arithmetic": {CLAIM: FULL.replace("real", "exact"), ORIGINAL: DIGEST},
    "a number": {CLAIM: FULL.replace('"real"', "1.5"), ORIGINAL: DIGEST},
    "an empty box": {
        CLAIM: FULL.replace('"all inputs"', '{"boxes":[{"x":{"low":["1"],"high":["0"]}}]}'),
        ORIGINAL: DIGEST,
    },
    "too long": {CLAIM: FULL.replace("equal", "e" * 99999), ORIGINAL: DIGEST},
    "too deep": {CLAIM: "[" * 9999, ORIGINAL: DIGEST},
    "many words": {CLAIM: BRIEF.replace("a box", "a" * (MOST_WORDS + 1)), ORIGINAL: DIGEST},
    "no words": {CLAIM: BRIEF.replace("a box", ""), ORIGINAL: DIGEST},
    "no boxes": {CLAIM: BRIEF.replace(":1", ":0"), ORIGINAL: DIGEST},
    "no digest of boxes": {CLAIM: BRIEF.replace(DIGEST, "12"), ORIGINAL: DIGEST},
    "too many before": {EARLIER: json.dumps({"names": [{}] * (MOST_EARLIER + 1)})},
    "no names before": {EARLIER: "{}"},
    "half a name before": {EARLIER: EARLIER_ONE.replace("original", "of")},
}  # fmt: skip


@pytest.mark.parametrize("metadata", BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_said_and_harms_nothing(
    metadata: dict[str, str], tmp_path: Path, run: Run
) -> None:
    """A note says so; the model is read, reduced and checked as if it said nothing."""
    model = model_at(tmp_path / "m.onnx", **metadata)
    with pytest.raises(Malformed):
        names_of(load(model).network)
    code, out, _ = run("inspect", model)
    assert code == 0
    assert "what m.onnx says of itself cannot be read" in out
    assert "unclear" in json.loads(run("inspect", model, "--json")[1])["named"]
    code, out, _ = run("reduce", model, "-o", tmp_path / "r.onnx", "--box", "[0, 1]")
    assert code == 0, out
    assert set(said(tmp_path / "r.onnx")) == {CLAIM, ORIGINAL}


@pytest.mark.parametrize(
    "metadata",
    [{}, {CLAIM: FULL, ORIGINAL: DIGEST}, {CLAIM: BRIEF, ORIGINAL: DIGEST}, {EARLIER: EARLIER_ONE}],
)
def test_what_can_be_read(metadata: dict[str, str], tmp_path: Path) -> None:
    """The file's own name, and earlier ones that are limited."""
    found = names_of(load(model_at(tmp_path / "m.onnx", **metadata)).network)
    assert (found.own is not None) == (CLAIM in metadata)
    assert len(found.earlier) == (EARLIER in metadata)
    assert len(found.limited) == (metadata.get(CLAIM) == BRIEF or EARLIER in metadata)


def test_wherever_it_is_read(tmp_path: Path, run: Run) -> None:
    """inspect begins with it; reduce, check, prove, export and report have it among their notes."""
    model = model_at(tmp_path / "m.onnx")
    boxed(model, tmp_path / "r.onnx")
    sentence = "r.onnx was reduced for some inputs only: by its own words, it and the model with"
    on_box = "are equal on the box with x[0] from 0 to 1, x[1] from 0 to 1"
    short = load(model).digest.sha256[:12]
    code, out, _ = run("inspect", tmp_path / "r.onnx")
    assert code == 0
    assert out.startswith(f"{sentence} SHA-256 {short}… {on_box}")
    found = json.loads(run("inspect", tmp_path / "r.onnx", "--json")[1])["named"]
    assert found["original"] == load(model).digest.sha256
    copied = tmp_path / "s.onnx", tmp_path / "s.onnx.cert.json"
    for command in (
        ("reduce", tmp_path / "r.onnx", "-o", copied[0]),
        ("check", tmp_path / "r.onnx", *copied),
        ("prove", tmp_path / "r.onnx", copied[0]),
        ("export", tmp_path / "r.onnx", "-o", tmp_path / "r.json"),
        ("report", tmp_path / "r.onnx", *copied, "-o", tmp_path / "r.html"),
    ):
        code, out, _ = run(*command)
        assert code == 0, out
        assert sentence in out, command
    assert sentence in (tmp_path / "r.html").read_text(encoding="utf-8")
    notes = json.loads(run("prove", model, tmp_path / "r.onnx", "--json")[1])["notes"]
    assert any(note.startswith(sentence) for note in notes)


def test_an_answer_about_the_pair_needs_no_such_note(tmp_path: Path, run: Run) -> None:
    """reduce and check say the domain themselves."""
    model = model_at(tmp_path / "m.onnx")
    code, out, _ = run("reduce", model, "-o", tmp_path / "r.onnx", "--box", "[0, 1]")
    assert code == 0
    assert "by its own words" not in out
    files = model, tmp_path / "r.onnx", tmp_path / "r.onnx.cert.json"
    code, out, _ = run("check", *files, "--box", "[0, 1]")
    assert code == 0
    assert "by its own words" not in out
    assert lumpver.check(*files, claim=load_claim(files[2])).notes == ()


def load_claim(path: Path) -> Claim:
    """What a certificate claims."""
    from lumpver.io.certificates import load_certificate

    return load_certificate(path).claim


def test_nobody_believes_it(tmp_path: Path, run: Run) -> None:
    """A file that calls itself equal for all inputs is checked, and rejected, as any other."""
    model = model_at(tmp_path / "m.onnx")
    boxed(model, tmp_path / "r.onnx")
    proof = tmp_path / "r.onnx.cert.json"
    lying = onnx.load(tmp_path / "r.onnx")
    for prop in lying.metadata_props:
        if prop.key == CLAIM:
            prop.value = FULL
    (tmp_path / "r.onnx").write_bytes(lying.SerializeToString())
    document = json.loads(proof.read_text())
    document["reduced"]["sha256"] = load(tmp_path / "r.onnx").digest.sha256
    proof.write_text(json.dumps(document, sort_keys=True))
    assert run("check", model, tmp_path / "r.onnx", proof)[0] == 1
    assert run("check", model, tmp_path / "r.onnx", proof, "--box", "[0, 1]")[0] == 0
    assert "equal for all inputs" in run("inspect", tmp_path / "r.onnx")[1]


def test_names_in_it_are_made_visible(tmp_path: Path, run: Run) -> None:
    """What somebody wrote there cannot write on a terminal."""
    hostile = BRIEF.replace("a box", r"a [red]box\u001b[2J\u202e")
    model = model_at(tmp_path / "m.onnx", **{CLAIM: hostile, ORIGINAL: DIGEST})
    for command in (("inspect", model), ("prove", model, model)):
        out = run(*command)[1]
        assert r"a [red]box\u{1b}[2J\u{202e}" in out
        assert "\x1b" not in out
