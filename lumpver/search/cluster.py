"""A Dask cluster as an executor: its workers weigh parts, each with this package installed."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed, Missing, Unreadable
from lumpver.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

_SECONDS: Final = 10


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of the scheduler at an address, such as tcp://host:8786.

    Raises
    ------
    Missing
        If the package distributed is not installed here.
    Unreadable
        If nobody answers there, or no worker is there.
    Malformed
        If a worker has another version of this package.
    """
    try:
        from distributed import Client  # noqa: PLC0415 only where a cluster is asked for
    except ImportError as error:
        raise Missing("--scheduler", expected="the package distributed", got="none") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # others' versions, which do not matter here
        client = _client(Client, address)
    try:
        _require_same(client, address)
        executor: Executor = client.get_executor()
        yield executor
    finally:
        client.close()


def _client(opened: Any, address: str) -> Any:
    """A client of a scheduler that has workers."""
    try:
        client = opened(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        got = f"{type(error).__name__}: {error}"[:80]
        raise Unreadable(address, expected="a Dask scheduler", got=got) from error
    try:
        client.wait_for_workers(1, timeout=_SECONDS)
    except OSError as error:
        client.close()
        raise Unreadable(address, expected="a scheduler with workers", got="none") from error
    return client


def _require_same(client: Any, address: str) -> None:
    """Each worker has this package, of this version."""
    for worker, found in sorted(client.run(version).items()):
        if found != __version__:
            expected = f"lumpver {__version__} on {worker}"
            raise Malformed(address, expected=expected, got=str(found)[:40])


def version() -> str:
    """Which version of this package a process has.

    Examples
    --------
    >>> version() == __version__
    True
    """
    return __version__
