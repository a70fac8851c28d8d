"""A block of code -> the same block in a state of its own: numeric settings, and random numbers from a seed.

The caller's settings and random numbers stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from phonseg.errors import TrainingError
from phonseg.model.numeric_state import own_numeric_state


@contextmanager
def own_state(seed: int, device: torch.device) -> Iterator[None]:
    """Runs the block with numeric settings and random numbers of its own.

    Args:
        seed: of the random numbers.
        device: on which the block computes, besides the processor.

    Yields:
        Nothing.

    Raises:
        TrainingError: if the memory of the device is full.
    """
    mps_state = torch.mps.get_rng_state() if device.type == "mps" else None
    try:
        forked = torch.random.fork_rng([device] if device.type == "cuda" else [], device_type="cuda")
        # Networks are made on the processor, and so are the counts of steps of an optimiser.
        with own_numeric_state(), forked, torch.device("cpu"):
            seed_random_numbers(seed, device)
            yield
    except torch.OutOfMemoryError as error:
        what = "Lower crops, self_training_crops or crop_seconds, or set device to cpu"
        raise TrainingError(f"training: the memory of {device} is full. {what}.") from error
    finally:
        if mps_state is not None:
            torch.mps.set_rng_state(mps_state)


def seed_random_numbers(seed: int, device: torch.device) -> None:
    """Seeds the random numbers of the processor and of one device, but of no other.

    Args:
        seed: of both.
        device: on which something is computed; it may be the processor.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)
