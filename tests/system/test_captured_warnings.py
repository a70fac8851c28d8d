from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from phonseg.errors import PhonsegWarning
from phonseg.system.captured_warnings import captured_warnings


def test_every_warning_of_the_block_is_captured() -> None:
    with captured_warnings() as messages:
        for text in ("a", "b", "a"):
            warnings.warn(text, PhonsegWarning, stacklevel=1)
    assert messages == ["a", "b", "a"]


def test_each_thread_captures_its_own() -> None:
    n = 4
    together = Barrier(n)

    def work(i: int) -> list[str]:
        with captured_warnings() as messages:
            for k in range(5):
                together.wait(10)
                warnings.warn(f"{i}: {k}", PhonsegWarning, stacklevel=1)
        return messages

    with ThreadPoolExecutor(n) as pool:
        messages = list(pool.map(work, range(n)))
    assert messages == [[f"{i}: {k}" for k in range(5)] for i in range(n)]


def test_afterwards_all_is_as_before() -> None:
    before = warnings.showwarning, list(warnings.filters)
    here, there = captured_warnings(), captured_warnings()
    with ThreadPoolExecutor(1) as pool:
        here.__enter__()
        pool.submit(there.__enter__).result()
        here.__exit__(None, None, None)  # the first to come is not the last to go
        assert warnings.showwarning is not before[0]
        pool.submit(there.__exit__, None, None, None).result()
    assert (warnings.showwarning, warnings.filters) == before


def test_other_warnings_go_where_they_went() -> None:
    with warnings.catch_warnings(record=True) as others:
        warnings.simplefilter("always")
        with captured_warnings() as messages:
            warnings.warn("ours", PhonsegWarning, stacklevel=1)
            warnings.warn("theirs", DeprecationWarning, stacklevel=1)
    assert messages == ["ours"]
    assert [str(other.message) for other in others] == ["theirs"]
