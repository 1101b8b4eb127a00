"""The report as one HTML file: what it says, that it is safe, accessible and deterministic."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from report_files import FATES, HOSTILE, ONE, Page, made, pair, tampered
from small_networks import ONCE, TWICE
from test_golden import PAIRS
from test_golden import files as files_of

from lumpver.errors import DigestMismatch, Malformed, Missing, Rejected, Unreadable
from lumpver.exact.array import array, zeros
from lumpver.model.network import Network
from lumpver.model.relabelling import Mixed, Relabelling
from lumpver.proving import Refuted, Unknown
from lumpver.tell.report import evidence, facts
from lumpver.tell.report.blocks import Fates, changed, fates
from lumpver.tell.report.examination import Examined, examine
from lumpver.tell.report.page import page, render

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

NUMBERS = ("units", "left", "merged", "constant", "unused")
NOT_RUN = {"verified-certificate", "smt", "replay"}


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Examined:
    """A reduction with every fate, checked."""
    return examine(*made(tmp_path_factory.mktemp("accepted")))


@pytest.fixture(scope="module")
def refuted(tmp_path_factory: pytest.TempPathFactory) -> Examined:
    """Two networks that differ, and where."""
    return examine(*pair(tmp_path_factory.mktemp("refuted")))


def answers(examined: Examined) -> dict[str, str]:
    """The answer of each kind of evidence, with its detail."""
    return {
        row.kind: f"{row.said.answer} {row.said.detail}".strip() for row in evidence.rows(examined)
    }


def test_accepted(accepted: Examined) -> None:
    """The verdict, the claim, what is not claimed, and every kind of evidence are there."""
    words = Page(render(accepted)).words
    assert "Accepted" in words
    assert "both models give the same outputs" in words
    assert "round alike" in words
    found = answers(accepted)
    assert found["certificate"] == "accepted"
    assert all(found[kind].startswith("not run") for kind in NOT_RUN)
    for model in (accepted.original, accepted.reduced):
        assert model.digest.sha256 in words
    assert accepted.proof is not None
    assert accepted.proof.sha256 in words
    assert "Why it was rejected" not in words
    assert "counterexample" not in words


def test_layers_add_up(accepted: Examined) -> None:
    """The table of layers says where the units went, and its totals are their sum."""
    table = facts.layers(accepted)
    assert [name for name, _ in table.columns][3:] == [*NUMBERS]
    assert table.rows == (("1", "h1.pre", "Relu", "5", "1", "1", "1", "2"),)
    assert table.totals[3:] == ("5", "1", "1", "1", "2")


def test_rejected(tmp_path: Path) -> None:
    """Rule, layer, unit, expected and got, in words; the claims are shown as claims."""
    examined = examine(*tampered(made(tmp_path)))
    assert evidence.failure(examined) == evidence.Failure(
        "The checker stopped at unit 1 of h1.pre: a weight or bias of the reduced model is not"
        " what the certificate makes of it.",
        "affine",
        "h1.pre",
        "1",
        "weight 3 in column 0",
        "2",
    )
    words = Page(render(examined)).words
    assert "Rejected" in words
    assert "not all of them are right" in words
    assert evidence.supporting(examined) == "certificate"
    both = examine(*tampered(made(tmp_path)), prove=True)
    assert (both.verdict, answers(both)["joint"]) == ("rejected", "proved by joint lumping")
    assert "it is proved from the two models" in evidence.verdict(both).sentence


ONE_ROW = {"column": [1], "length": [0, 1]}


@pytest.mark.parametrize(
    "fact",
    [
        {"counterpart": "h1.pre", "rule": "relabelling", "held": 0, "rows": {"column": []}},
        {"counterpart": None, "rule": "relabelling", "held": 2, "rows": ONE_ROW},
        {"counterpart": "nowhere", "rule": "derived"},
    ],
)
def test_absurd_certificates_are_shown(tmp_path: Path, fact: dict[str, Any]) -> None:
    """Claims that fit no layer are rejected, and there is a page all the same."""
    wrong = tampered(made(tmp_path), tensors={"h1.pre": [fact], "no such": [fact]})
    examined = examine(*wrong)
    assert examined.verdict == "rejected"
    assert Page(render(examined)).balanced


def test_refuted(refuted: Examined) -> None:
    """Every number of the counterexample is exact; decimals are labelled as an aid."""
    assert isinstance(refuted.answer, Refuted)
    found = page(refuted).counterexample
    assert found is not None
    (given,) = found.inputs
    first = given.entries[0][1]
    assert given.zeros + len(given.entries) == 2
    place, ours, theirs, difference, _, differs = found.outputs[0].entries[0]
    assert (place, differs) == ("[0]", True)
    assert found.outputs[0].entries[1][-1] is False
    words = Page(render(refuted)).words
    assert {"about (an aid)", first, ours, theirs, difference} <= set(words.split()) | {
        "about (an aid)"
    }
    assert "Refuted" in words
    assert evidence.supporting(refuted) == "replay"
    assert answers(refuted)["certificate"].startswith("not run")


def test_numbers_of_any_length_are_shown(tmp_path: Path) -> None:
    """More digits than Python likes to write out."""
    tiny, none = (Network.from_layers([([[w]], None)]) for w in (f"1/{'7' * 5000}", 0))
    found = page(examine(*pair(tmp_path, tiny, none))).counterexample
    assert found is not None
    (_, ours, theirs, difference, _, _) = found.outputs[0].entries[0]
    assert (len(ours) > 5000, ours == difference, theirs) == (True, True, "0")


def test_unknown_is_never_proved(tmp_path: Path) -> None:
    """Where the solver gives up, that is the verdict."""
    ours = pair(tmp_path, TWICE, ONCE)
    examined = examine(*ours, timeout=0)
    assert isinstance(examined.answer, Unknown)
    assert evidence.verdict(examined).tone == evidence.OPEN
    assert evidence.supporting(examined) == "none"
    assert "Proved" not in Page(render(examined)).words


def test_a_contradiction_is_said(accepted: Examined, refuted: Examined) -> None:
    """An input that refutes what was accepted wins, and is called a bug."""
    both = Examined(accepted.original, accepted.reduced, checked=accepted.checked,
                    answer=refuted.answer)  # fmt: skip
    assert (both.verdict, both.contradicted) == ("refuted", True)
    assert "that is a bug" in evidence.verdict(both).sentence


def test_refuted_claims_are_not_stated_as_facts(tmp_path: Path) -> None:
    """A certificate that was rejected keeps its caveat where an input refutes it as well."""
    files = made(tmp_path)
    wrong = files.reduced.read_bytes().replace(b'[["3"]]', b'[["4"]]')
    files.reduced.write_bytes(wrong)
    document = json.loads(files.certificate.read_bytes())
    document["reduced"]["sha256"] = hashlib.sha256(wrong).hexdigest()
    files.certificate.write_text(json.dumps(document))
    both = examine(*files, prove=True)
    assert both.verdict == "refuted"
    assert isinstance(both.checked, Rejected)
    text = render(both)
    assert "not all of them are right" in text
    assert "reduced to" not in text
    assert 'data-claimed="As claimed: "' in text


def test_what_cannot_be_answered(tmp_path: Path) -> None:
    """Other files, no files, no certificate to verify, no program: errors, no report."""
    files = made(tmp_path)
    model, other = pair(tmp_path)
    with pytest.raises(DigestMismatch):
        examine(model, files.reduced, files.certificate)
    with pytest.raises(Unreadable):
        examine(files.model, tmp_path / "none.json", files.certificate)
    with pytest.raises(Malformed):
        examine(model, other, files.model)
    with pytest.raises(Malformed):
        examine(model, other, verified=True)
    with pytest.raises(Missing):
        examine(*files, verified=True, lumpcheck=tmp_path / "none")
    with pytest.raises(Malformed):
        examine(*files, prove=True, timeout=-1)


def test_models_of_another_interface(tmp_path: Path) -> None:
    """They are refuted without a point, with a certificate and without; no solver is asked."""
    files = tampered(made(tmp_path))
    document = json.loads(files.certificate.read_bytes())
    files.reduced.write_bytes(pair(tmp_path)[0].read_bytes())
    document["reduced"]["sha256"] = hashlib.sha256(files.reduced.read_bytes()).hexdigest()
    files.certificate.write_text(json.dumps(document))
    for examined in (examine(*files, prove=True), examine(files.model, files.reduced)):
        assert examined.verdict == "refuted"
        assert isinstance(examined.answer, Refuted)
        assert evidence.supporting(examined) == "interface"
        assert "input x has shape" in answers(examined)["interface"]
        assert "no input is needed" in answers(examined)["replay"]
        assert "Counterexample" not in Page(render(examined)).words


def test_same_answers_same_bytes(tmp_path: Path) -> None:
    """Neither the folder nor the time is in the page."""
    one, two = (render(examine(*made(tmp_path / name))) for name in ("one", "two"))
    assert one == two
    assert str(tmp_path) not in one
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", one)


def test_two_files_of_one_name(tmp_path: Path) -> None:
    """They get a folder each, in the commands as well."""
    found = facts.names_of("m.onnx", "M.onnx", "original")
    assert found == facts.Names("original/m.onnx", "reduced/M.onnx", "original")
    assert facts.names_of("a.json", "b.json", "A.json").certificate == "certificate/A.json"
    files = made(tmp_path)
    (tmp_path / "deep").mkdir()
    again = tmp_path / "deep" / "model.json"
    again.write_bytes(files.reduced.read_bytes())
    examined = examine(files.model, again, files.certificate)
    assert "lumpver prove original/model.json reduced/model.json" in render(examined)


HOSTILE_PLACES = ["layer", "provenance", "tensor", "file"]


@pytest.mark.parametrize("place", HOSTILE_PLACES)
def test_names_are_never_markup(tmp_path: Path, place: str) -> None:
    """A name that is HTML shows as it is, in text and in the data that scripts read."""
    plain = Page(render(examine(*tampered(made(tmp_path / "plain")))))
    files = tampered(made(tmp_path / "hostile", rename=HOSTILE if place == "layer" else ""))
    document = json.loads(files.certificate.read_bytes())
    if place == "provenance":
        document["provenance"] = {"tool": HOSTILE, "options": {HOSTILE: [HOSTILE, "\ud800"]}}
    if place == "tensor":
        document["tensors"] = {HOSTILE + "\ud800": next(iter(document["tensors"].values()))}
    files.certificate.write_text(json.dumps(document))
    if place == "file":
        hostile = tmp_path / "hostile" / (HOSTILE.replace("/", "") + ".json")
        files = files._replace(model=files.model.rename(hostile))
    text = render(examine(*files))
    found = Page(text)
    text.encode()  # no lone surrogate is left
    assert found.balanced
    assert "alert(1)" in found.words
    assert "\u202e" not in text
    assert "<script>alert" not in text
    scripts = [given for given in found.all("script") if given.get("type") is None]
    assert len(scripts) == len([g for g in plain.all("script") if g.get("type") is None]) == 1


def test_nothing_is_loaded(accepted: Examined, refuted: Examined) -> None:
    """No element names another resource, and the policy allows none."""
    for examined in (accepted, refuted):
        found = Page(render(examined))
        for tag, given in found.elements:
            assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
            assert not {"src", "srcset", "style", "action", "xlink:href"} & set(given), tag
            assert not any(name.startswith("on") for name in given), tag
            assert (given.get("href") or "#").startswith("#")


def test_the_policy_allows_what_is_there_and_no_more(accepted: Examined) -> None:
    """Style and script run by their digests, nothing by being inline."""
    found = Page(render(accepted))
    meta = [g for g in found.all("meta") if g.get("http-equiv") == "Content-Security-Policy"]
    policy = str(meta[0]["content"])
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for text in {*found.inside("style"), *found.inside("script")} - {*_data(found)}:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy, text[:60]


def _data(found: Page) -> list[str]:
    return [text for text in found.inside("script") if text.startswith("{")]


def test_accessible_structure(accepted: Examined, refuted: Examined) -> None:
    """Language, one h1, headings without gaps, landmarks, captions, scopes, labels, ids."""
    for examined in (accepted, refuted):
        found = Page(render(examined))
        assert found.all("html") == [{"lang": "en"}]
        levels = [int(e.tag[1]) for e in found.elements if re.fullmatch(r"h[1-6]", e.tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b <= a + 1 for a, b in pairwise(levels))
        for landmark in ("header", "nav", "main", "footer"):
            assert len(found.all(landmark)) == 1
        assert found.all("a")[0]["href"] == "#main"
        assert len(found.all("caption")) == len(found.all("table")) > 0
        assert all(given.get("scope") in {"row", "col"} for given in found.all("th"))
        identifiers = [e.given["id"] for e in found.elements if "id" in e.given]
        assert len(identifiers) == len(set(identifiers))
        for element in found.elements:
            for name in str(element.given.get("aria-labelledby") or "").split():
                assert name in identifiers
        for given in found.all("svg"):
            assert given.get("aria-hidden") == "true" or given.get("aria-labelledby")


def palette(dark: bool) -> dict[str, str]:
    """The colours of one theme, from the style that the page has."""
    css = (files("lumpver.tell.report") / "templates" / "report.css.j2").read_text(encoding="utf-8")
    first, _, rest = css.partition("{% endset %}")
    block = first if dark else rest[: rest.index("}")]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("dark", [False, True])
def test_contrast(dark: bool) -> None:
    """Every colour of text reads on every ground it stands on: at least 4.5 to 1."""
    found = palette(dark)
    pairs = [(ink, ground) for ink in ("ink", "muted", "accent", "no", "open")
             for ground in ("paper", "surface")]  # fmt: skip
    for tone, ink in (("yes", "accent"), ("no", "no"), ("open", "open"), ("none", "muted")):
        pairs += [(ink, f"{tone}-soft"), ("ink", f"{tone}-soft")]
    for ink, ground in pairs:
        light, deep = sorted((luminance(found[ink]), luminance(found[ground])), reverse=True)
        assert (light + 0.05) / (deep + 0.05) >= 4.5, (ink, ground)


def test_units_are_data(accepted: Examined) -> None:
    """What is unfolded on demand: blocks, scales other than 1, constants other than 0."""
    assert accepted.proof is not None
    (tensor,) = changed(accepted.proof.claim)
    assert tensor.fates == Fates(1, 1, 0, 1, 0, 2)
    assert json.loads(tensor.data) == {
        "block": [0, 0, -1, 1, 1],
        "constant": {"2": "7"},
        "mixed": {},
        "off": [],
        "scale": {"1": "2", "4": "2"},
        "width": 1,
    }


def test_combined_units() -> None:
    """Rows with several entries are counted and kept entry by entry; ghosts may be off."""
    blocks: npt.NDArray[Any] = array([0, 1, -1, 2, -1]).astype("int64")
    mixed = Mixed(array([2, 2]).astype("int64"), array([0, 1]).astype("int64"), array(["1/2", 3]))
    found = Relabelling(blocks, array([1] * 5), zeros(5), 2, 1, mixed, array([2]).astype("int64"))
    assert fates(found) == Fates(2, 0, 1, 1, 1, 0)


def test_proved_without_certificate(tmp_path: Path) -> None:
    """The two models alone: nothing is called a reduction."""
    examined = examine(*pair(tmp_path, ONE, ONE))
    words = Page(render(examined)).words
    assert "Proved" in words
    assert "First model" in words
    assert "lumpver check " not in words
    assert facts.layers(examined).totals[-1] == "1 and 1"


@pytest.mark.parametrize("name", PAIRS)
def test_golden_pairs_have_reports(name: str) -> None:
    """Every format and everything that a certificate can say; the numbers agree."""
    examined = examine(*files_of(name))
    assert examined.verdict == "accepted"
    assert Page(render(examined)).balanced
    before, after, *went = (int(cell) for cell in facts.layers(examined).totals[3:])
    assert before == examined.original.network.units == after + sum(went)


def test_no_layers(tmp_path: Path) -> None:
    """A network without units, whose certificate says nothing."""
    affine = Network.from_layers([([[1, 2]], [3])])
    words = Page(render(examine(*made(tmp_path, affine)))).words
    assert "There are no layers with units." in words
    assert FATES.units == 5
