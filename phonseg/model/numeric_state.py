"""A block of code -> the same block in phonseg's own numeric state, so that it computes the same in every program.

PyTorch and NumPy have settings that belong to a thread: what numeric errors do, whether gradients are kept, whether
matrices are multiplied in half precision. They are set here, and restored afterwards. The default type of PyTorch's
numbers belongs to the whole process, and a default device slows PyTorch down. So these are left alone: every tensor of
phonseg is made with a type and a device of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

KINDS = "cpu", "cuda", "mps"  # of devices


@contextmanager
def own_numeric_state() -> Iterator[None]:
    """Runs the block with the settings that a new Python process has.

    Yields:
        Nothing.
    """
    reduced = [kind for kind in KINDS if torch.is_autocast_enabled(kind)]
    errors = np.errstate(divide="warn", over="warn", under="ignore", invalid="warn")
    try:
        for kind in reduced:
            torch.set_autocast_enabled(kind, False)
        with errors, torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        for kind in reduced:
            torch.set_autocast_enabled(kind, True)
