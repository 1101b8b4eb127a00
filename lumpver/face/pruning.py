"""`prune`: what the package offers of pruning, of files and networks alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumpver.face.given import network_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.face.given import Given
    from lumpver.pruning import Pruned


def prune(  # noqa: PLR0913 each is an option of its own
    network: Given,
    ratio: Any,
    *,
    method: str = "ecp",
    data: Any = None,
    targets: Any = None,
    loss: str = "squares",
    box: Any = None,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Pruned:
    """The network without that share of its dense layers' weights, those that count least.

    By `method`: see `lumpver.pruning.METHODS`. `data` are samples, a row each (a path, an array,
    or arrays by the inputs' names), `targets` what is wanted of them, `box` anything that
    `io.domains.read` takes. Where the method says so, biases make up for what goes. The result
    is another function: `prove(network, found.network, box=..., closeness=Within(...))` says how
    far it is from the first, `reduce` takes out what is left over.

    Raises
    ------
    TypeError
        If `network` is no path, Model or Network.
    Malformed, ShapeMismatch, NotANumber, Unreadable
        If a file cannot be read, or an option is none or does not fit; see `pruning.prune`.

    Examples
    --------
    >>> import numpy as np
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1, 3], [2, 1]], [0, 0]), ([[1, 1]], [0])])
    >>> found = prune(network, "1/6", data=np.array([[5.0, 1.0], [5.0, 2.0]]))  # x[0] is constant
    >>> found, found.network.nodes[0].W.tolist(), found.network.nodes[0].b.tolist()
    (<Pruned: 1 of 6 weights by ecp>, [[0.0, 3.0], [2.0, 1.0]], [5.0, 0.0])
    >>> found.network([5, 7]) == network([5, 7])
    True
    """
    from lumpver.io.samples import read_samples, read_targets  # noqa: PLC0415 only what is needed
    from lumpver.pruning import pruning  # noqa: PLC0415

    whole = network_of(network, "network")
    domain = None
    if box is not None:
        from lumpver.io.domains import read  # noqa: PLC0415 only where needed

        domain = read(box, whole).domain
    samples = None if data is None else read_samples(data, whole.inputs)
    wanted = None
    if targets is not None:
        count = 0 if samples is None else next(iter(samples.values())).shape[0]
        wanted = read_targets(targets, count)
    asked = pruning.Asked(
        method=method, data=samples, targets=wanted, loss=loss, box=domain, seed=seed
    )
    return pruning.prune(whole, ratio, asked, progress)
