"""Who weighs parts: threads, processes, a cluster; the tree is the same for all of them."""

from __future__ import annotations

import json
import warnings
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest
from test_near_partial import BOX, NEAR, ONE, OTHER, files, same

from lumpver.errors import LumpverError, Malformed, Missing
from lumpver.proving import Proved, Unknown, prove
from lumpver.proving.partial import Course, Partial
from lumpver.search import splitting
from lumpver.search.cluster import cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Run


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few parts at once that there are several batches."""
    monkeypatch.setattr(splitting, "AT_ONCE", 2)


class AtOnce(Executor):
    """An executor that does what it is asked for when it is asked, and counts."""

    def __init__(self) -> None:
        self.asked = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """What is asked, done."""
        self.asked += 1
        found: Future[Any] = Future()
        found.set_result(fn(*args, **kwargs))
        return found


def kept(hands: Any, parts: int | None = 9) -> Partial:
    """What is left after so many parts."""
    found: list[Partial] = []
    answer = prove(
        ONE,
        OTHER,
        box=BOX,
        closeness=NEAR,
        course=Course(parts, keep=found.append),
        processes=hands,
    )
    assert isinstance(answer, Unknown)
    return found[0]


def alike(hands: Any) -> None:
    """The same tree and the same open parts as in this process alone, and the same proof."""
    one, other = kept(1), kept(hands)
    assert same(one.covering, other.covering)
    assert one.open == other.open
    answers = [prove(ONE, OTHER, box=BOX, closeness=NEAR, processes=some) for some in (1, hands)]
    for found in answers:
        assert isinstance(found, Proved)
    assert same(answers[0].covering, answers[1].covering)  # type: ignore[union-attr]


def test_an_executor_of_ones_own() -> None:
    """It is asked for batches, and the answer is the same."""
    own = AtOnce()
    alike(own)
    assert own.asked > 4


@pytest.mark.parametrize("count", [1, 3])
def test_threads(count: int) -> None:
    """As many as there are; they are left running."""
    with ThreadPoolExecutor(count) as pool:
        alike(pool)
        assert pool.submit(len, "left").result() == 4


def test_processes() -> None:
    """Of somebody else's pool."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        alike(pool)


@pytest.mark.parametrize("hands", [None, "two", object()], ids=["none", "text", "object"])
def test_what_is_no_executor(hands: Any) -> None:
    """It is said, and nothing is searched."""
    with pytest.raises(Malformed, match="Executor"):
        prove(ONE, OTHER, box=BOX, closeness=NEAR, processes=hands)


def test_an_executor_that_fails() -> None:
    """Its error is not swallowed, and what was shown so far is kept."""

    class Broken(AtOnce):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            if self.asked > 2:
                raise ConnectionError
            return super().submit(fn, *args, **kwargs)

    left: list[Partial] = []
    with pytest.raises(ConnectionError):
        prove(
            *(ONE, OTHER),
            box=BOX,
            closeness=NEAR,
            course=Course(keep=left.append),
            processes=Broken(),
        )
    again = prove(ONE, OTHER, box=BOX, closeness=NEAR, course=Course(begun=left[0]))
    assert isinstance(again, Proved)


@pytest.fixture
def scheduler() -> Iterator[str]:
    """The address of a cluster in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        distributed = pytest.importorskip("distributed")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as found:
            yield found.scheduler_address


@pytest.mark.filterwarnings("ignore")
def test_a_cluster(scheduler: str, run: Run, tmp_path: Path) -> None:
    """In Python and on the command line: the same bytes of what is left."""
    with cluster(scheduler) as executor:
        alike(executor)
    paths, cert, some = files(run, tmp_path)
    left = []
    for who in (("--workers", 1), ("--scheduler", scheduler)):
        assert run("prove", *paths, *some, "--parts", "9", *who)[0] == 3
        left.append(cert.read_bytes())
    assert left[0] == left[1]
    assert json.loads(left[0])["open"] != [[]]


def test_no_cluster(run: Run, tmp_path: Path) -> None:
    """Nobody there, or no package; or two ways at once."""
    paths, _, some = files(run, tmp_path)
    code, _, err = run("prove", *paths, *some, "--scheduler", "tcp://127.0.0.1:1", "--workers", 2)
    assert (code, "--workers" in err) == (2, True)
    try:
        import distributed  # noqa: F401
    except ImportError:
        with pytest.raises(Missing, match="distributed"), cluster("tcp://127.0.0.1:1"):
            pass
    else:
        with pytest.raises(LumpverError), cluster("nowhere://at.all"):
            pass
