"""The models and properties that `verifiers.py` asks about, by name, in the folder of nets."""

from __future__ import annotations

from typing import Final

_TLL: Final = "vnncomp2022/tllverifybench"
_ACAS: Final = "vnncomp2021/acasxu"
_MNIST: Final = "vnncomp2021/mnistfc"
_CORA: Final = "vnncomp2024/cora"
_TEXT: Final = "vnncomp2024/safenlp"
_GAMES: Final = "vnncomp2022/rl_benchmarks"
_REACH: Final = "vnncomp2022/reach_prob_density"
_INDEX: Final = "vnncomp2022/nn4sys"
_BUG: Final = "nnenum/examples/bug_issue7"
_DIFF: Final = "verydiff/test/examples/nets"


def _tll(n: int, which: str, zipped: str = "", *, of: int = 0) -> tuple[str, str, str]:
    """With its own property, or that of another size."""
    model = f"{_TLL}/onnx/tllBench_n=2_N=M={n}_m=1_instance_{which}.onnx{zipped}"
    name = f"TLL {n}, {which}" + (f", property of {of}" if of else "")
    return name, model, f"{_TLL}/vnnlib/property_N={of or n}_0.vnnlib"


def _acas(net: str, number: int) -> tuple[str, str, str]:
    model = f"{_ACAS}/ACASXU_run2a_{net}_batch_2000.onnx"
    return f"ACAS Xu {net}, property {number}", model, f"{_ACAS}/prop_{number}.vnnlib"


def _pruned(number: int) -> tuple[str, str, str]:
    model = f"{_DIFF}/ACASXU_run2a_1_1_batch_2000_pruned5.onnx"
    return f"ACAS Xu 1_1 pruned, property {number}", model, f"{_ACAS}/prop_{number}.vnnlib"


def _mnist(depth: int, image: int, eps: str) -> tuple[str, str, str]:
    model = f"{_MNIST}/mnist-net_256x{depth}.onnx"
    return f"MNIST 256x{depth}, {image}, {eps}", model, f"{_MNIST}/prop_{image}_{eps}.vnnlib"


def _cora(image: int) -> tuple[str, str, str]:
    model = f"{_CORA}/onnx/mnist-set.onnx"
    return f"cora mnist-set, {image}", model, f"{_CORA}/vnnlib/mnist-img{image}.vnnlib"


def _text(number: int) -> tuple[str, str, str]:
    model = f"{_TEXT}/onnx/medical/perturbations_0.onnx"
    return f"safeNLP, {number}", model, f"{_TEXT}/vnnlib/medical/hyperrectangle_{number}.vnnlib"


def _game(net: str, case: str) -> tuple[str, str, str]:
    return (
        f"{net}, {case}",
        f"{_GAMES}/onnx/{net}.onnx",
        f"{_GAMES}/vnnlib/{net}_case_{case}.vnnlib",
    )


def _reach(net: str) -> tuple[str, str, str]:
    return net, f"{_REACH}/onnx/{net}.onnx", f"{_REACH}/vnnlib/{net}_0.vnnlib"


INSTANCES: Final = (
    _tll(8, "0_0"),
    _tll(8, "0_1"),
    _tll(16, "1_0"),
    _tll(16, "1_1"),
    _tll(24, "2_0", ".gz"),
    _tll(24, "2_0", ".gz", of=16),
    _tll(32, "3_0", ".gz"),
    _tll(32, "3_0", ".gz", of=24),
    ("nnenum bug_issue7", f"{_BUG}/net.onnx", f"{_BUG}/p2_acaxurange.vnnlib"),
    _pruned(3),
    _pruned(4),
    _acas("1_1", 1),
    _acas("1_1", 2),
    _acas("1_1", 3),
    _acas("1_1", 4),
    _acas("3_3", 3),
    _acas("3_3", 4),
    _mnist(2, 0, "0.03"),
    _mnist(2, 1, "0.03"),
    _mnist(2, 2, "0.05"),
    _mnist(4, 0, "0.03"),
    _cora(0),
    _cora(1),
    _text(1),
    _game("cartpole", "safe_50"),
    _game("cartpole", "unsafe_0"),
    _game("lunarlander", "safe_50"),
    _game("lunarlander", "unsafe_51"),
    (
        "lindex, 1",
        "vnncomp2022/nn4sys/onnx/lindex.onnx",
        "vnncomp2022/nn4sys/vnnlib/lindex_1.vnnlib",
    ),
    _reach("vdp"),
    _reach("gcas"),
)
