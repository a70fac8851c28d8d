"""What a program may have set in PyTorch, NumPy and Python before it calls phonseg."""

from __future__ import annotations

import locale
import random
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import numpy as np
import torch


@contextmanager
def restored(change: Callable[[], Any], restore: Callable[[], Any]) -> Iterator[None]:
    change()
    try:
        yield
    finally:
        restore()


def default_dtype(dtype: torch.dtype) -> AbstractContextManager[None]:
    return restored(lambda: torch.set_default_dtype(dtype), lambda: torch.set_default_dtype(torch.float32))


def default_device(device: str) -> AbstractContextManager[None]:
    return restored(lambda: torch.set_default_device(device), lambda: torch.set_default_device(None))


@contextmanager
def several(*states: Callable[[], AbstractContextManager[Any]]) -> Iterator[None]:
    with ExitStack() as stack:
        for state in states:
            stack.enter_context(state())
        yield


def own_format(_: object) -> str:
    raise AssertionError("an array was printed")


STATES: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "float64": lambda: default_dtype(torch.float64),
    "float16": lambda: default_dtype(torch.float16),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "device meta": lambda: default_device("meta"),
    "device cpu": lambda: default_device("cpu"),
    "within meta": lambda: torch.device("meta"),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "autocast to float16": lambda: torch.autocast("cpu", dtype=torch.float16),
    "autocast of a graphics card": lambda: restored(
        lambda: torch.set_autocast_enabled("cuda", True), lambda: torch.set_autocast_enabled("cuda", False)
    ),
    "inference mode": torch.inference_mode,
    "no gradients": torch.no_grad,
    "gradients": torch.enable_grad,
    "deterministic": lambda: restored(
        lambda: torch.use_deterministic_algorithms(True), lambda: torch.use_deterministic_algorithms(False)
    ),
    "anomalies": lambda: torch.autograd.set_detect_anomaly(True),
    "numeric errors": lambda: np.errstate(all="raise"),
    "numeric warnings": lambda: np.errstate(all="warn"),
    "numeric calls": lambda: np.errstate(all="call", call=own_format),
    "print options": lambda: np.printoptions(precision=1, threshold=1, formatter={"all": own_format}),
    "warnings": lambda: warnings.catch_warnings(action="error"),
    "locale": lambda: restored(
        lambda: locale.setlocale(locale.LC_ALL, "C"), lambda: locale.setlocale(locale.LC_ALL, "")
    ),
    "seeds": lambda: restored(lambda: (torch.manual_seed(7), random.seed(7)), lambda: None),
    "recursion": lambda: restored(lambda: sys.setrecursionlimit(300), lambda: sys.setrecursionlimit(1_000)),
    "digits": lambda: restored(lambda: sys.set_int_max_str_digits(640), lambda: sys.set_int_max_str_digits(4_300)),
    "all at once": lambda: several(
        STATES["float64"], STATES["device meta"], STATES["autocast"], torch.inference_mode, STATES["numeric errors"]
    ),
}


def settings_of_the_process() -> list[Any]:
    """What a call might have changed."""
    return [
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.is_autocast_enabled("cpu"),
        torch.get_autocast_dtype("cpu"),
        torch.is_autocast_enabled("cuda"),
        torch.is_inference_mode_enabled(),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_num_threads(),
        torch.get_rng_state().tolist(),
        np.geterr(),
        np.random.get_state()[1].tolist(),  # noqa: NPY002  (the state that must not be touched)
        random.getstate(),
        list(warnings.filters),
        locale.setlocale(locale.LC_ALL),
        sys.getrecursionlimit(),
        threading.active_count(),
    ]
