"""Tests for `lumpver.cli`: every command, its JSON, its exit code, its manners."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx_models import model, node, tensor
from planting import planted

import lumpver
from lumpver.io.files import load
from lumpver.io.json.writing import write
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.network import Network
from lumpver.reducing import filing, pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


LAYERS = [([[1], [2], [0], [-1], [-2]], [0, 0, 7, 0, 0]), ([[1, 1, 1, 2, -1]], None)]
FATES = Network.from_layers([*LAYERS])  # merged, merged, constant, unused, unused
LAYER = {"name", "activation", "units_before", "units_after", "merged", "constant", "unused",
         "kept_unrepresentable", "cancelled", "linear", "straight"}  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small ONNX file in which units have every fate."""
    path = tmp_path / "model.onnx"
    path.write_bytes(fresh(FATES))
    return path


@pytest.fixture
def reduced(tmp_path: Path, source: Path, run: Run) -> tuple[Path, Path, Path]:
    """The file, its reduction, and the certificate."""
    assert run("reduce", source, "-o", tmp_path / "r.onnx", "--json")[0] == 0
    return source, tmp_path / "r.onnx", tmp_path / "r.onnx.cert.json"


def answer(out: str) -> Any:
    """The one JSON object of an output, which holds nothing else."""
    assert out.endswith("}\n")
    assert out.count("\n") == 1
    return json.loads(out)


def test_reduce(tmp_path: Path, source: Path, run: Run) -> None:
    """The model and its certificate are there, and a table says what went."""
    code, out, err = run("reduce", source, "-o", tmp_path / "r.onnx")
    assert (code, err) == (0, "")
    assert out.startswith("5 units became 1, ")
    assert "kept" not in out
    assert f"{source.stat().st_size} bytes {(tmp_path / 'r.onnx').stat().st_size}, in " in out
    assert "The claim: equal for all inputs, in exact real arithmetic" in out
    assert "Evidence: certificate." in out
    assert "Not claimed: that both models round alike" in out
    assert load(tmp_path / "r.onnx").network.units == 1
    assert (tmp_path / "r.onnx.cert.json").exists()


def test_reduce_json(tmp_path: Path, source: Path, run: Run) -> None:
    """The document has the promised members."""
    code, out, err = run("reduce", source, "-o", tmp_path / "r.onnx", "--json")
    document = answer(out)
    assert (code, err) == (0, "")
    assert {"units", "parameters", "layers", "exact", "certificate", "evidence", "semantics",
            "seconds"} <= set(document)  # fmt: skip
    assert document["units"] == {"before": 5, "after": 1}
    assert set(document["parameters"]) == {"before", "after"}
    (layer,) = document["layers"]
    assert set(layer) == LAYER
    assert [layer[k] for k in ("merged", "constant", "unused")] == [1, 1, 2]
    assert (document["exact"], document["semantics"]) == (True, "real")
    assert document["evidence"] == "certificate"
    assert document["certificate"] == str(tmp_path / "r.onnx.cert.json")


def test_float_trial_is_no_evidence(tmp_path: Path, source: Path, run: Run) -> None:
    """Where onnxruntime is there, the difference is shown and labelled."""
    pytest.importorskip("onnxruntime")
    document = answer(run("reduce", source, "-o", tmp_path / "r.onnx", "--json")[1])
    assert document["float_trial"]["evidence"] == "none"
    assert document["float_trial"]["largest_difference"] < 1e-3
    assert "(no evidence)" in run("reduce", source, "-o", tmp_path / "r.onnx")[1]


def test_reduce_where_nothing_can_go(tmp_path: Path, run: Run) -> None:
    """Nothing to remove is a yes, too, and the bytes are the same."""
    path = tmp_path / "m.onnx"
    path.write_bytes(fresh(Network.from_layers([([[1], [-1]], None), ([[1, 1]], None)])))
    code, out, _ = run("reduce", path, "-o", tmp_path / "r.onnx")
    assert code == 0
    assert f"again, byte for byte ({path.stat().st_size} bytes)." in out
    assert (tmp_path / "r.onnx").read_bytes() == path.read_bytes()
    assert run("check", path, tmp_path / "r.onnx", tmp_path / "r.onnx.cert.json")[0] == 0


def test_reduce_says_what_it_kept(tmp_path: Path, run: Run) -> None:
    """What no float64 holds is kept, counted in JSON, and said in words; .json keeps nothing."""
    layers = [(np.array([[1.0], [1.0]]), None), (np.array([[2.0**53, 1.0]]), None)]
    (tmp_path / "m.onnx").write_bytes(fresh(Network.from_layers(layers)))
    for target, kept in (("r.onnx", 1), ("r.json", 0)):
        out = run("reduce", tmp_path / "m.onnx", "-o", tmp_path / target, "--json")[1]
        assert answer(out)["layers"][0]["kept_unrepresentable"] == kept
    assert (
        "their type cannot hold" in run("reduce", tmp_path / "m.onnx", "-o", tmp_path / "r.onnx")[1]
    )


@pytest.mark.parametrize(
    ("options", "after"),
    [
        ((), 1),
        (("--rules", "merges"), 3),
        (("--rules", "merges, constants ,"), 2),
        (("--rules", ""), 5),
        (("--keep", "h1[0]"), 2),
        (("--keep", "h1[1],h1.pre[3]"), 4),
        (("--keep", "h1"), 5),
        (("--keep", " , "), 1),
    ],
)
def test_rules_and_keep(
    tmp_path: Path, source: Path, run: Run, options: tuple[str, ...], after: int
) -> None:
    """Rules are chosen and units protected, and the result is still checked."""
    code, out, _ = run("reduce", source, "-o", tmp_path / "r.json", "--json", *options)
    assert code == 0
    assert answer(out)["units"]["after"] == after


def test_certificate_elsewhere(tmp_path: Path, source: Path, run: Run) -> None:
    """`--certificate` puts it somewhere else."""
    proof = tmp_path / "proof"
    assert run("reduce", source, "-o", tmp_path / "r.onnx", "--certificate", proof)[0] == 0
    assert not (tmp_path / "r.onnx.cert.json").exists()
    assert run("check", source, tmp_path / "r.onnx", proof)[0] == 0


def test_check(reduced: tuple[Path, ...], run: Run) -> None:
    """A right certificate: exit 0, and what is claimed."""
    code, out, err = run("check", *reduced)
    assert (code, err) == (0, "")
    assert out.startswith("valid: 5 units and 1 compute the same function.")
    document = answer(run("check", *reduced, "--json")[1])
    assert document["valid"] is True
    assert (document["evidence"], document["semantics"]) == ("certificate", "real")
    assert document["claim"] == {"domain": "all inputs", "closeness": "equal", "semantics": "real"}


def test_check_rejects(reduced: tuple[Path, ...], run: Run) -> None:
    """A wrong one: exit 1, with rule, layer, unit, expected and got."""
    document = json.loads(reduced[2].read_bytes())
    ((fact,),) = document["tensors"].values()
    fact["rows"]["entry"][1] = "3"
    reduced[2].write_text(json.dumps(document))
    code, out, err = run("check", *reduced)
    assert (code, err) == (1, "")
    first, *rest = out.splitlines()
    assert first == "rejected: affine: h1.pre[1]: expected weight 3 in column 0, got 2"
    assert rest[0].startswith("The claim, which this does not show: equal for all inputs")
    code, out, _ = run("check", *reduced, "--json")
    assert code == 1
    found = answer(out)
    assert (found["valid"], found["rule"], found["layer"], found["unit"]) == (
        False, "affine", "h1.pre", 1,
    )  # fmt: skip
    assert (found["expected"], found["got"]) == ("weight 3 in column 0", "2")
    assert found["claim"]["domain"] == "all inputs"


def test_inspect(tmp_path: Path, source: Path, run: Run) -> None:
    """What is in a model, and that nothing was written."""
    code, out, err = run("inspect", source)
    assert (code, err) == (0, "")
    assert "4 units can be removed exactly" in out
    document = answer(run("inspect", source, "--json")[1])
    assert (document["units"], document["removable"]) == (5, 4)
    assert {"rank", "multiples", "constants", "antiparallel", "removable"} <= set(
        document["segments"][0]
    )
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    assert "unused" in out
    assert "rank" in answer(run("inspect", source, "--rank", "--json")[1])["segments"][0]


def test_tables_in_a_pipe(tmp_path: Path, source: Path, run: Run) -> None:
    """Where nobody looks nothing is wrapped: every row is one line."""
    for out in (
        run("inspect", source)[1],
        run("reduce", source, "-o", tmp_path / "r.json")[1].partition("\n")[2],
    ):
        head, row, *_ = out.splitlines()
        assert "activation" in head
        assert row.startswith("h1.pre ")


@pytest.mark.parametrize("name", ["[/red]", ":smile:", "[bold]x", "é", "100%", "{0}"])
def test_names_are_shown_as_they_are(tmp_path: Path, run: Run, name: str) -> None:
    """Nothing in a model's names is taken for markup."""
    nodes = [node("Foo", "x", "f", domain="my.domain"), node("Gemm", "x W", "t", transB=1)]
    nodes[0].op_type = name
    nodes += [node("Relu", "t", "r"), node("Gemm", "r V", "y")]
    nodes[1].output[0] = nodes[2].input[0] = name
    made = model(nodes, [tensor("W", [[1, 0], [2, 0]]), tensor("V", [[1], [1]])],
                 outputs=[("y", None), ("f", None)])  # fmt: skip
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    code, out, err = run("inspect", tmp_path / "m.onnx")
    assert (code, err) == (0, "")
    assert name in out
    code, out, _ = run("reduce", tmp_path / "m.onnx", "-o", tmp_path / "r.onnx")
    assert code == 0
    assert name in out


@pytest.mark.parametrize(
    ("unit", "fate"),
    [(0, "merged"), (1, "merged"), (2, "constant"), (3, "unused"), (4, "unused")],
)
def test_explain(reduced: tuple[Path, ...], run: Run, unit: int, fate: str) -> None:
    """Every fate is told, in a sentence and in JSON."""
    code, out, err = run("explain", reduced[2], "--unit", f"h1.pre[{unit}]")
    assert (code, err) == (0, "")
    assert f"h1.pre[{unit}]" in out
    document = answer(run("explain", reduced[2], "--unit", f"h1.pre[{unit}]", "--json")[1])
    assert document["fate"] == fate
    assert document["sentence"] + "\n" == out


def test_explain_a_kept_unit(tmp_path: Path, source: Path, run: Run) -> None:
    """A unit that stayed in a layer that changed is explained as well."""
    run("reduce", source, "-o", tmp_path / "r.onnx", "--keep", "h1[0]")
    out = run("explain", tmp_path / "r.onnx.cert.json", "--unit", "h1.pre[0]", "--json")[1]
    assert answer(out)["fate"] == "kept"


def test_export_round_trips(tmp_path: Path, run: Run) -> None:
    """From format to format the network computes the same; to its own format the bytes stay."""
    network = planted(1, (3, 4, 2), dtype="f4").network
    point = {"x": [1, "1/3", 2]}
    expected = network.evaluate(point)["y"].tolist()
    (tmp_path / "a.onnx").write_bytes(fresh(network))
    steps = ["a.onnx", "b.json", "c.json", "d.onnx", "e.onnx", "f.onnx.gz", "g.json"]
    for before, after in pairwise(steps):
        code, out, err = run("export", tmp_path / before, "-o", tmp_path / after, "--json")
        assert (code, err) == (0, "")
        assert answer(out) == {"written": str(tmp_path / after), "exact": True, "semantics": "real"}
        assert load(tmp_path / after).network.evaluate(point)["y"].tolist() == expected
    for one, two in (("b.json", "c.json"), ("d.onnx", "e.onnx")):
        assert (tmp_path / one).read_bytes() == (tmp_path / two).read_bytes()


def test_export_of_what_does_not_fit(tmp_path: Path, run: Run) -> None:
    """Thirds are no floats: exit 2, naming the other formats, and nothing is written."""
    (tmp_path / "m.json").write_bytes(write(Network.from_layers([([["1/3"]], None)])))
    code, out, err = run("export", tmp_path / "m.json", "-o", tmp_path / "m.onnx")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert ".json" in err
    assert ".nnet" in err
    assert [path.name for path in tmp_path.iterdir()] == ["m.json"]


def test_same_input_same_bytes(tmp_path: Path, source: Path, run: Run) -> None:
    """Twice the same command gives twice the same files."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        run("reduce", source, "-o", tmp_path / folder / "r.onnx")
    for name in ("r.onnx", "r.onnx.cert.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("step", ["load", "reduce", "laid_out", "check_models", "encode"])
def test_interrupt(
    tmp_path: Path,
    source: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    as_json: bool,
) -> None:
    """Ctrl-C: exit 2, one line or one object, no traceback, no new file."""

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(filing if hasattr(filing, step) else pipeline, step, interrupt)
    arguments = ["reduce", source, "-o", tmp_path / "r.onnx", *["--json"] * as_json]
    code, out, err = run(*arguments)
    assert code == 2
    if as_json:
        assert answer(out)["error"]["kind"] == "interrupted"
    else:
        assert out == ""
        assert err.strip() == "lumpver: interrupted"
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.usefixtures("rejecting")
def test_a_failing_self_check(tmp_path: Path, source: Path, run: Run) -> None:
    """If the checker rejects what the reducer made, `reduce` does not report success."""
    code, out, err = run("reduce", source, "-o", tmp_path / "r.onnx")
    assert code != 0
    assert (out, err.count("\n")) == ("", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_help_loads_nothing_heavy() -> None:
    """`lumpver --help` loads none of the heavy packages, so that it is quick."""
    heavy = {"numpy", "onnx", "z3", "sympy", "flint", "hypothesis", "rich", "onnxruntime", "torch"}
    code = (
        "import sys\nfrom lumpver.cli import main\n"
        "try:\n    main(['--help'])\n"
        f"except SystemExit:\n    print('LOADED', *sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("LOADED\n")
    for name in ("reduce", "check", "inspect", "explain", "export", "demo"):
        assert name in done.stdout


def test_help_and_version(run: Run) -> None:
    """No arguments give the help; every command has its own."""
    assert run() == run("--help") == run("-h")
    assert run()[0] == 0
    assert run("--version")[1] == f"lumpver, version {lumpver.__version__}\n"
    for name in ("reduce", "check", "inspect", "explain", "export", "demo"):
        code, out, err = run(name, "--help")
        assert (code, err) == (0, "")
        assert out.startswith(f"Usage: lumpver {name}")


def test_debug_shows_a_traceback(tmp_path: Path, run: Run) -> None:
    """`--debug` shows one before the line; the code is the same."""
    code, out, err = run("--debug", "inspect", tmp_path / "no.onnx")
    assert (code, out) == (2, "")
    assert err.startswith("Traceback")
    code, out, said = run("inspect", tmp_path / "no.onnx")
    assert (code, out, said) == (2, "", err.splitlines(keepends=True)[-1])


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_any_terminal(tmp_path: Path, encoding: str) -> None:
    """Names that a terminal or a file system cannot spell are no reason to stop."""
    path = os.fsencode(tmp_path) + b"/m\xff\xc3\xa9.onnx"
    with open(path, "wb") as file:  # noqa: PTH123 a name that is no text
        file.write(fresh(FATES))
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    start = [sys.executable, "-c", "from lumpver.cli import main; main()"]
    command = [*start, "reduce", path, "-o", path + b".r.json"]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
