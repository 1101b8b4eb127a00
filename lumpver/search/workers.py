"""Who weighs parts: this process, as many as there are cores, or any executor that is given.

What a part weighs does not depend on who weighs it, nor on how many do.

hands: how many processes, once there is enough to do, or an executor, which is left running
"""

from __future__ import annotations

import pickle
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from lumpver.errors import Malformed
from lumpver.search.splitting import weighed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

    from lumpver.nearness.questions import Question
    from lumpver.nearness.trees import Part
    from lumpver.nearness.twin import Twin
    from lumpver.search.splitting import Weighed

    Weigh = Callable[[list[Part]], Iterable[Weighed]]
    Hands = int | Executor

_ALONE: Final = 4  # batches, before others are started: they take about as long to start


@contextmanager
def workers(twin: Twin, asked: Question, *, hands: Hands = 1) -> Iterator[Weigh]:
    """What weighs lists of parts, in so many processes, or by an executor.

    Raises
    ------
    Malformed
        If it is neither.
    """
    given = None if isinstance(hands, int) else hands
    if not isinstance(hands, int) and not callable(getattr(hands, "map", None)):
        expected = "a number of processes, or an Executor"
        raise Malformed("processes", expected=expected, got=repr(hands)[:60])
    data = pickle.dumps((twin, asked), protocol=pickle.HIGHEST_PROTOCOL)
    started: list[Executor] = []

    def weigh(parts: list[Part]) -> Iterable[Weighed]:
        if given is not None and len(parts) > 1:
            return given.map(one_by_one, [data] * len(parts), parts)
        if isinstance(hands, int) and hands > 1 and len(parts) > _ALONE and not started:
            started.append(_processes(hands))
        if not started:
            return (one_by_one(data, part) for part in parts)
        return started[0].map(one_by_one, [data] * len(parts), parts)

    try:
        yield weigh
    finally:
        for pool in started:
            pool.shutdown(wait=False, cancel_futures=True)


def one_by_one(data: bytes, part: Part) -> Weighed:
    """What a part weighs, for the networks and the question that `data` holds."""
    twin, asked = _loaded(data)
    with alone():
        return weighed(twin, asked, part)


def alone() -> AbstractContextManager[object]:
    """One thread for products of matrices: these are small, and threads would wait for others."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 only where parts are weighed

    return cast("AbstractContextManager[object]", threadpool_limits(1, "blas"))


@lru_cache(maxsize=1)
def _loaded(data: bytes) -> tuple[Any, Any]:
    twin, asked = pickle.loads(data)  # noqa: S301 ours, a moment ago
    return twin, asked


def _processes(count: int) -> Executor:
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 only where many are
    from multiprocessing import get_context  # noqa: PLC0415

    return ProcessPoolExecutor(count, mp_context=get_context("spawn"))
