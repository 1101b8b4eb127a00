"""The verified checker: what is exported, what it answers, and that both checkers agree.

Tests that run the program are skipped where it has not been built.
"""

from __future__ import annotations

import random
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Malformed, Missing, Rejected, Unrepresentable
from lumpver.exact.array import array, zeros
from lumpver.exact.scalar import number
from lumpver.model.activations import leaky
from lumpver.model.network import Linear, Network, Pointwise, Rearrange, Tensor
from lumpver.model.relabelling import Relabelling, identity
from lumpver.model.weights import Identity, weights_of
from lumpver.reducing.reduction import reduce
from lumpver.theory import lumpcheck
from lumpver.theory.examples import EXAMPLES
from lumpver.theory.lumpcheck import (
    Disagreement,
    check_both,
    export,
    export_certificate,
    find,
    verify,
)

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.reducing.reduction import Reduction


TWINS: Final = [([[2], [6]], [1, 3]), ([[5, 7]], [-1])]
GHOSTS: Final = [([[0], [2], [3], [6]], [5, 1, 0, 0]), ([[2, 1, 0, 0]], None)]
HIDDEN: Final = [([[1], [0]], [0, 5]), ([[0, 1], [0, 0]], None), ([[1, "1/3"]], ["2/7"])]
THIRDS: Final = [([["1/3", 2], [1, 6]], ["1/7", "3/7"]), ([[3, "1/5"]], None)]

PAIRED: Final = [([[1], [-1], [2]], [0, 0, 1]), ([[1, -1, 1]], None)]
STABLE: Final = [([[1, -1]], None), ([[1], [2], [-1]], [0, 1, 0]), ([[1, 1, 1]], None)]
SUMMED: Final = [
    ([[1, 0], [0, 1], [1, 1]], None), ([[-1, -1, 1], [1, 0, 0]], None), ([[1, 2]], None)
]  # fmt: skip


def chains() -> dict[str, Network]:
    """Dense chains by name: degenerate ones first."""
    wide = [([[1.0, 2.0**-40]], [2.0**70]), ([[2.0**-1074]], [1e308])]
    made = {
        "one unit": Network.from_layers([([[1]], None)]),
        "zero": Network.from_layers([([[0, 0]], [0]), ([[0]], [0])]),
        "no unit": Network.from_layers([(np.zeros((0, 2)), None), (np.zeros((1, 0)), [3])]),
        "huge and tiny": Network.from_layers(wide),
        "twins": Network.from_layers(TWINS),
        "leaky": Network.from_layers(TWINS, activation=leaky("-1/3")),
        "ghosts": Network.from_layers(GHOSTS),
        "vanished": Network.from_layers(HIDDEN),
        "thirds": Network.from_layers(THIRDS),
        "paired": Network.from_layers(PAIRED),
        "stable": Network.from_layers(STABLE),
        "summed": Network.from_layers(SUMMED),
        "steep": Network.from_layers(PAIRED, activation=leaky(3)),
        "magnitudes": Network.from_layers(PAIRED, activation=leaky(-1)),
    }
    names = ("d1", "d2_live", "cancelling", "constant_network", "leaky_twins", "output_relu")
    return made | {name: EXAMPLES[name].network for name in names}


def reduced(name: str) -> Reduction:
    """What `reduce` makes of a chain."""
    return reduce((chains() | {"composed": composed()})[name])


def composed() -> Network:
    """Segments of two and three affine nodes, a diagonal among them, a Flatten between."""
    shapes: dict[str, Any] = {"x": (1, 1, 2), "a": (1, 1, 2), "f": (1, 2), "b": (1, 3),
                              "c": (1, 3), "h": (1, 3), "d": (1, 2), "y": (1, 2)}  # fmt: skip
    nodes = (
        Linear("scale", "x", "a", weights_of(array([2, "1/3"])), array([1, 0])),
        Rearrange("flat", "a", "f", "Flatten", (1,)),
        Linear("first", "f", "b", weights_of(array([[1, 2], [2, 4], [0, 0]])), None),
        Linear("shift", "b", "c", Identity(), array([1, 2, 3])),
        Pointwise("relu", "c", "h", leaky(0)),
        Linear("second", "h", "d", weights_of(array([[1, 1, 1], [0, "1/2", 2]])), None),
        Linear("last", "d", "y", weights_of(array([2, -1])), array([0, 1])),
    )
    tensors = {name: Tensor(name, "real", shape) for name, shape in shapes.items()}
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


def bent(**entry: Any) -> tuple[Network, Network, Certificate]:
    """The twins and their reduction, with another claim about the hidden units."""
    found = reduce(Network.from_layers(TWINS))
    right = found.certificate.leads["h1.pre"]
    old = right.relabelling
    assert old is not None
    fields = {"block": old.block, "scale": old.scale, "constant": old.constant, "width": old.width}
    counterpart = entry.pop("counterpart", right.counterpart)
    claim = (Fact(counterpart, Relabelling(**(fields | entry))),)
    return found.original, found.network, Certificate({"h1.pre": claim})


def accepts(found: Reduction, program: Path) -> bool:
    """Whether both checkers accept a reduction; they may not disagree."""
    check_both(found.original, found.network, found.certificate, program)
    return True


class TestExport:
    """The text of networks, which needs no program."""

    def test_text(self) -> None:
        """Rows are integers over one denominator, biases last."""
        text = export(Network.from_layers([([["1/2", -1]], ["1/3"])]))
        assert text.splitlines()[2:] == ["inputs 2", "dense 1 2 over 6", "3 -6 2", "end"]

    def test_storage_does_not_matter(self) -> None:
        """Floats of any width and rationals give the same text."""
        W = [[0.5, -3.0, 2.0**-20], [0.0, -0.0, 7.0]]
        exact = np.array([[number(w) for w in row] for row in W], dtype=object)
        stored = (np.float64(W), np.float32(W), np.float16(W), exact)
        assert len({export(Network.from_layers([(weights, None)])) for weights in stored}) == 1

    @pytest.mark.parametrize("weight", [1e308, 5e-324, 2.0**61, 2.0**63, -(2.0**62), 1 + 2.0**-52])
    def test_extreme_floats(self, weight: float) -> None:
        """Floats beyond machine integers are written out in full."""
        top, bottom = weight.as_integer_ratio()
        assert f"\ndense 1 1 over {bottom}\n{top} 0\n" in export(
            Network.from_layers([([[weight]], None)])
        )

    @pytest.mark.parametrize(
        ("name", "where"),
        [("sigmoid_half", "activation 1"), ("hardtanh_equals", "activation 1")],
    )
    def test_other_activations_are_refused(self, name: str, where: str) -> None:
        """An activation without two slopes is no item, and is named."""
        with pytest.raises(Unrepresentable, match=where):
            export(EXAMPLES[name].network)

    def test_branches_are_refused(self) -> None:
        """A tensor with two readers makes no chain; the second reader is named."""
        x = Tensor("x", shape=(1,))
        nodes = (
            Linear("a", "x", "p", weights_of(array([[1]]))),
            Linear("b", "x", "y", weights_of(array([[1]]))),
        )
        network = Network((x,), (Tensor("y"),), nodes, {"x": x})
        with pytest.raises(Unrepresentable, match="node b"):
            export(network)

    def test_other_axes_are_refused(self) -> None:
        """Units along another axis than the last make no dense chain."""
        x = Tensor("x", shape=(2, 3))
        nodes = (Linear("a", "x", "y", weights_of(array([[1, 1]])), None, -2),)
        with pytest.raises(Unrepresentable, match="node a"):
            export(Network((x,), (Tensor("y"),), nodes, {"x": x}))

    def test_mixed_units_are_refused(self) -> None:
        """A rearrangement between items that moves units is named."""
        x = Tensor("x", shape=(2, 2))
        nodes = (Pointwise("r", "x", "h", leaky(0)), Rearrange("t", "h", "y", "Transpose", (1, 0)))
        with pytest.raises(Unrepresentable, match="node t"):
            export(Network((x,), (Tensor("y"),), nodes, {"x": x}))

    def test_claims_about_nothing_are_rejected(self) -> None:
        """A claim about a tensor that is not there, or not the end of a segment."""
        found = reduce(Network.from_layers(TWINS))
        for name in ("nowhere", "x", "h1"):
            wrong = Certificate({name: (Fact(name, identity(2)),)})
            with pytest.raises(Rejected, match=name):
                export_certificate(found.original, found.network, wrong)


class TestFind:
    """Where the program is looked for."""

    def test_named_and_absent(self, tmp_path: Path) -> None:
        """A path that holds no program is an error that says how to get one."""
        with pytest.raises(Missing, match="make proofs"):
            find(tmp_path / "lumpcheck")

    def test_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """`LUMPCHECK` is taken before the build folder; an argument before that."""
        for name in ("one", "two"):
            (tmp_path / name).write_text("#!/bin/sh\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("LUMPCHECK", str(tmp_path / "one"))
        assert find() == tmp_path / "one"
        assert find(tmp_path / "two") == tmp_path / "two"

    def test_inside(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What a wheel brought along comes before the build folder."""
        (tmp_path / "lumpcheck").write_text("#!/bin/sh\n")
        (tmp_path / "lumpcheck").chmod(0o755)
        monkeypatch.delenv("LUMPCHECK", raising=False)
        monkeypatch.setattr(lumpcheck.program, "INSIDE", tmp_path / "lumpcheck")
        assert find() == tmp_path / "lumpcheck"

    def test_nowhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without any of them the error says how to get the program."""
        monkeypatch.delenv("LUMPCHECK", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(lumpcheck.program, "BUILT", tmp_path / "absent")
        monkeypatch.setattr(lumpcheck.program, "INSIDE", tmp_path / "absent")
        with pytest.raises(Missing, match="make proofs"):
            find()


class TestProgram:
    """What the program prints, refuses, accepts and rejects."""

    def run(self, program: Path, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        command = [str(program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    @pytest.mark.parametrize("name", [*chains(), "composed"])
    def test_prints_what_it_read(self, program: Path, tmp_path: Path, name: str) -> None:
        """The text form is canonical: network and certificate come back byte for byte."""
        found = reduced(name)
        network = found.original
        texts = (export(network), export(found.network),
                 export_certificate(network, found.network, found.certificate))  # fmt: skip
        for text in texts:
            (tmp_path / "text").write_text(text)
            assert self.run(program, "--print", str(tmp_path / "text")) == (0, text, "")

    @pytest.mark.parametrize("name", [*chains(), "composed"])
    def test_accepts(self, program: Path, name: str) -> None:
        """Every reduction of the table is accepted by both."""
        assert accepts(reduced(name), program)

    @pytest.mark.parametrize(
        "entry",
        [
            {"scale": array([1, 2])},
            {"scale": array([-1, -3])},
            {"block": np.array([0, -1]), "scale": array([1, 1])},
            {"block": np.array([0]), "scale": array([1]), "constant": zeros(1)},
            {"block": np.array([0, 1]), "width": 2},
            {"counterpart": "h1"},
            {"counterpart": "nowhere"},
            {"counterpart": None},
        ],
    )
    def test_rejects(self, program: Path, entry: dict[str, Any]) -> None:
        """Every wrong claim about the twins is rejected by both."""
        with pytest.raises(Rejected):
            check_both(*bent(**entry), program)

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("new\non 1", "new\nnew", 1),  # another column than the other network's
            ("new\non 1\n", "on 1\nnew\n", 1),  # a column that is not there yet
            ("on 1\nnew", "on 0\nnew", 1),  # a column that has no kink
            ("on 1\nnew", "on 1\non 1", 1),  # not on that hyperplane
            ("new\non 1\nnew", "up\nadds 0\non 1\nnew", 1),  # a unit that switches
            ("new\non 1\nnew", "up\nadds 1 1 0 1 1\non 1\nnew", 1),  # by a column to come
            ("new\non 1\nnew", "new\nup\nadds 1 1 0 -1 1\nnew", 1),  # a factor below 0
            ("units 3\nnew\non 1", "units 2\nnew", 1),  # a unit without a hint
            ("original\nunits 3\nnew\non 1\nnew\n", "original\n", 1),  # a layer without hints
            ("reduced\n", "reduced\nunits 0\n", 1),  # a layer too many
            ("on 1", "on -1", 2),
            ("on 1", "on  1", 2),
            ("units 3", "units 4", 2),
            ("new", "New", 2),
            ("end\n", "end", 2),
            ("reduced\n", "", 2),
        ],
    )
    def test_forged_hints(
        self, program: Path, tmp_path: Path, old: str, new: str, code: int
    ) -> None:
        """A hint that is wrong, or of other columns, is rejected; another spelling malformed."""
        found = reduce(Network.from_layers(PAIRED))
        texts = [export(found.original), export(found.network)]
        texts += [export_certificate(found.original, found.network, found.certificate)]
        assert old in texts[2]
        for name, text in zip("ab", texts, strict=False):
            (tmp_path / name).write_text(text)
        for change, expected in ((texts[2], 0), (texts[2].replace(old, new, 1), code)):
            (tmp_path / "c").write_text(change)
            assert self.run(program, *(str(tmp_path / name) for name in "abc"))[0] == expected

    def test_forged_signs(self, program: Path, tmp_path: Path) -> None:
        """Multipliers that are others, of other sides, or missing show nothing."""
        found = reduce(Network.from_layers(SUMMED))
        texts = [export(found.original), export(found.network)]
        claim = export_certificate(found.original, found.network, found.certificate)
        line = next(line for line in claim.splitlines() if line.startswith("adds ") and "1" in line)
        sides = line.split()[2:]
        swaps = ((0, "9"), (1, str(1 - int(sides[1]))), (2, "2"), (2, f"-{sides[2]}"), (3, "7"))
        others = [[*sides[:i], change, *sides[i + 1 :]] for i, change in swaps]
        for name, text in zip("ab", texts, strict=False):
            (tmp_path / name).write_text(text)
        for change, code in (
            (["2", "0", "0", "1", *sides], 0),
            *((change, 1) for change in others),
        ):
            forged = f"adds {len(change) // 4} {' '.join(change)}"
            (tmp_path / "c").write_text(claim.replace(line, forged, 1))
            places = [str(tmp_path / name) for name in "abc"]
            assert self.run(program, *places)[0] == code

    def test_signs_that_begin_elsewhere(self) -> None:
        """Columns that are not of the input have no numbers here, and that is said."""
        found = reduce(Network.from_layers(SUMMED))
        signs = {k: replace(v, since="h1") for k, v in found.certificate.signs.items()}
        moved = replace(found.certificate, signs=signs)
        with pytest.raises(Unrepresentable, match="begin with h1"):
            export_certificate(found.original, found.network, moved)

    def test_signatures_differ(self, program: Path) -> None:
        """Another name of the input is rejected by both."""
        ours = Network.from_layers([([[1]], None)])
        x = Tensor("z", shape=(1,))
        nodes = (Linear("a", "z", "y", weights_of(array([[1]]))),)
        theirs = Network((x,), ours.outputs, nodes, {"z": x})
        with pytest.raises(Rejected):
            verify(ours, theirs, Certificate({}), program)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("", None),
            ("lumpver-network 1", "lumpver-network 2"),
            ("lumpver-network 1\n", "lumpver-network 1\r\n"),
            ("inputs 1", "inputs 01"),
            ("inputs 1", "inputs -1"),
            ("inputs 1", "inputs 2"),
            ("inputs 1", "inputs 99999999999999999999"),
            ("over 1", "over 0"),
            ("over 1", "over -1"),
            ("2 1\n", "+2 1\n"),
            ("2 1\n", "-0 1\n"),
            ("2 1\n", "2.0 1\n"),
            ("2 1\n", "2 1 \n"),
            ("2 1\n", "2  1\n"),
            ("2 1\n", "2 1 1\n"),
            ("2 1\n", "2\n"),
            ("dense 2 1", "dense 3 1"),
            ("dense 2 1", "dense 1000000 1"),
            ("dense 2 1", "dense 2 2"),
            ("slope 0 over", "slope 0/1 over"),
            ("end\n", "end"),
            ("end\n", "end\n\n"),
            ("end\n", "end\nend\n"),
        ],
    )
    def test_malformed(self, program: Path, tmp_path: Path, old: str, new: str | None) -> None:
        """Any other spelling of a network is malformed, with file, line and expectation."""
        text = export(Network.from_layers(TWINS))
        assert old in text
        changed = "" if new is None else text.replace(old, new, 1)
        (tmp_path / "text").write_bytes(changed.encode())
        code, said, complaint = self.run(program, "--print", str(tmp_path / "text"))
        assert (code, said) == (2, "")
        assert complaint.startswith(str(tmp_path / "text"))
        assert complaint.count("\n") == 1

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("units 2", "units 3"),
            ("blocks 1", "blocks 3"),
            ("unobserved 0", "unobserved 1000000000"),
            ("segment 1", "segment -2"),
            ("0 1 0", "-1 1 0"),
            ("0 1 0", "0 0 0"),
            ("0 1 0", "-2 1 0"),
            ("slope 2", "slope"),
            ("end", "segment 4 same\nend"),
        ],
    )
    def test_malformed_certificate(self, program: Path, tmp_path: Path, old: str, new: str) -> None:
        """Any other spelling of a certificate is malformed too."""
        found = reduce(Network.from_layers([([[1], [3]], None), ([[1, 1]], None)]))
        text = export_certificate(found.original, found.network, found.certificate)
        text = text.replace("0 2 0", "0 1 0", 1)
        assert old in text
        (tmp_path / "text").write_text(text.replace(old, new, 1))
        code, said, _ = self.run(program, "--print", str(tmp_path / "text"))
        assert (code, said) == (2, "")

    def test_scrambled(self, program: Path, tmp_path: Path) -> None:
        """A byte changed, left out or added: malformed, or read and printed as it stands."""
        rng = random.Random(0)
        found = reduce(Network.from_layers(GHOSTS))
        claims = export_certificate(found.original, found.network, found.certificate)
        texts = [export(found.original).encode(), claims.encode()]
        codes = set()
        for _ in range(300):
            text, byte = rng.choice(texts), bytes([rng.choice(b"0129- \n\r+asdlu\0\xff")])
            i, kind = rng.randrange(len(text)), rng.randrange(3)
            changed = text[:i] + (byte if kind else b"") + text[i + (kind != 2) :]
            (tmp_path / "text").write_bytes(changed)
            command = [str(program), "--print", str(tmp_path / "text")]
            done = subprocess.run(command, capture_output=True, check=False)
            assert done.returncode in (0, 2)
            assert done.stdout == (b"" if done.returncode else changed)
            codes.add(done.returncode)
        assert codes == {0, 2}

    def test_usage(self, program: Path, tmp_path: Path) -> None:
        """No arguments, no file, a folder: exit 2 and one line."""
        for arguments in ((), ("--print",), ("--print", str(tmp_path / "no")),
                          ("--print", str(tmp_path)), ("a", "b", "c", "d")):  # fmt: skip
            code, said, complaint = self.run(program, *arguments)
            assert (code, said, complaint.count("\n")) == (2, "", 1)

    def test_another_program(self, tmp_path: Path) -> None:
        """A program that fails is malformed, never an answer."""
        for name, line in (("silent", "exit 0"), ("lying", "echo valid; exit 1")):
            (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
            (tmp_path / name).chmod(0o755)
            found = reduce(Network.from_layers(TWINS))
            with pytest.raises(Malformed, match=name):
                verify(found.original, found.network, found.certificate, tmp_path / name)

    def test_disagreement(self, tmp_path: Path) -> None:
        """Where the program says otherwise, that is an error of its own, either way."""
        found = reduce(Network.from_layers(TWINS))
        for answer, code in (("valid", 0), ("rejected", 1)):
            (tmp_path / answer).write_text(f"#!/bin/sh\necho {answer}; exit {code}\n")
            (tmp_path / answer).chmod(0o755)
        with pytest.raises(Disagreement):
            accepts(found, tmp_path / "rejected")
        with pytest.raises(Disagreement):
            check_both(*bent(scale=array([1, 2])), tmp_path / "valid")


def test_check_alone_is_kept(program: Path) -> None:
    """`check_both` answers what `check` does."""
    found = reduce(Network.from_layers(GHOSTS))
    arguments = found.original, found.network, found.certificate
    assert check_both(*arguments, program) == check(*arguments)
    assert verify(*arguments, program) == lumpcheck.EVIDENCE
