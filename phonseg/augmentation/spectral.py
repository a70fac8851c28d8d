"""Mel-band power of speech -> the same speech in another room, in noise, among other talkers or with a pause.

All functions work on (B, T, bands) power at level 1, a batch of B crops. Everything random is drawn from the generator
that is passed in, and the power that is passed in does not change.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# The power of steady noise in a good room, and in the worst place where most speech is recorded: natural logarithms
# relative to the loud frames (50 and 20 dB below them).
QUIETEST_NOISE, LOUDEST_NOISE = -11.5, -4.5
SHORTEST_PAUSE_FRAMES, LONGEST_PAUSE = 20, 130  # frames
LARGEST_PAUSE_SHARE = 5 / 6  # of a crop


def augment_spectrum(
    power: Tensor, generator: torch.Generator, *, share: float = 0.7, loudest: float = LOUDEST_NOISE
) -> Tensor:
    """Returns clean speech as a worse room, microphone and background would have changed it.

    A share of the crops gets a smooth random equaliser (standard deviation 1.5 nats at 5 knots) and steady noise with a
    random spectral slope, whose power in a band fluctuates as that of real noise does. In every crop, up to 8
    neighbouring bands are set to their mean over time.

    Args:
        power: (B, T, bands) at level 1.
        generator: for all random choices.
        share: of the crops that get an equaliser and noise, 0 to 1.
        loudest: natural logarithm of the power of the loudest noise; the quietest is 50 dB below the loud frames.

    Returns:
        (B, T, bands) power.
    """
    crops, frames, bands = power.shape
    equaliser = torch.exp(interpolated(normal((crops, 5), generator) * 1.5, bands))
    slope = torch.exp(interpolated(normal((crops, 2), generator), bands))
    level = torch.exp(QUIETEST_NOISE + (loudest - QUIETEST_NOISE) * uniform((crops, 1, 1), generator))
    # The mean of three exponential variables: the power of noise in a band of about three independent bins.
    noise = -torch.log(uniform((3, crops, frames, bands), generator).clamp_min(1e-9)).mean(0)
    degraded = power * equaliser[:, None] + level * slope[:, None] * noise
    result = torch.where(uniform((crops, 1, 1), generator) < share, degraded, power)
    first = _whole(0, bands, (crops, 1, 1), generator)
    width = _whole(0, 9, (crops, 1, 1), generator)
    band = torch.arange(bands, device=power.device)
    masked = (band >= first) & (band < first + width)
    return torch.where(masked, result.mean(dim=1, keepdim=True), result)


def mix_talkers(power: Tensor, generator: torch.Generator, *, share: float = 0.4) -> Tensor:
    """Adds other crops of the batch as talkers in the background of a share of the crops.

    The mean power of 3 to 6 other crops (fewer if the batch is smaller) is added at 0 to 25 dB below the level of one
    crop. The signals of different talkers are independent, so their powers add up.

    Args:
        power: (B, T, bands) at level 1.
        generator: for all random choices.
        share: of the crops that get talkers, 0 to 1.

    Returns:
        (B, T, bands) power.
    """
    crops = len(power)
    n_talkers = min(int(_whole(3, 7, (1,), generator)), crops - 1)
    level = 10 ** (-2.5 * uniform((crops, 1, 1), generator))
    chosen = uniform((crops, 1, 1), generator) < share
    if not n_talkers:
        return power
    talkers = torch.stack([power.roll(shift, 0) for shift in range(1, n_talkers + 1)]).mean(0)
    return power + chosen * level * talkers


def insert_pauses(power: Tensor, generator: torch.Generator, *, share: float = 0.9) -> tuple[Tensor, Tensor]:
    """Replaces speech by one pause in a share of the crops, anywhere in the crop, also across its ends.

    A pause takes SHORTEST_PAUSE_FRAMES to LONGEST_PAUSE frames (0.2 to 1.3 s at a hop of 10 ms), and at most
    LARGEST_PAUSE_SHARE of a short crop.

    Args:
        power: (B, T, bands) power; T is at least 24.
        generator: for all random choices.
        share: of the crops that get a pause, 0 to 1.

    Returns:
        (B, T, bands) power, 0 in the pauses; and (B, T) distance in frames from the middle of each frame to the nearer
        end of the pause: below 0 inside the pause, infinite in crops without one.
    """
    crops, frames, _ = power.shape
    longest = min(LONGEST_PAUSE, int(LARGEST_PAUSE_SHARE * frames))
    length = _whole(SHORTEST_PAUSE_FRAMES, longest + 1, (crops, 1), generator)
    middle = _whole(0, frames, (crops, 1), generator)
    chosen = uniform((crops, 1), generator) < share
    places = torch.arange(frames, dtype=torch.float32, device=power.device)
    beyond = torch.where(chosen, (places - middle).abs() - length.to(torch.float32) / 2, torch.inf)
    return torch.where(beyond[..., None] < 0, power.new_zeros(()), power), beyond


def uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Draws numbers, all equally likely.

    Args:
        shape: of the result.
        generator: for the draw.

    Returns:
        float32 numbers from 0 to 1 (1 excluded).
    """
    return torch.rand(shape, generator=generator, dtype=torch.float32, device=generator.device)


def normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Draws numbers from a normal distribution.

    Args:
        shape: of the result.
        generator: for the draw.

    Returns:
        float32 numbers with the mean 0 and the standard deviation 1.
    """
    return torch.randn(shape, generator=generator, dtype=torch.float32, device=generator.device)


def _whole(lowest: int, end: int, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randint(lowest, end, shape, generator=generator, device=generator.device)


def interpolated(knots: Tensor, bands: int) -> Tensor:
    """Draws lines between values at equal distances.

    Args:
        knots: (B, K) values, from the first band to the last.
        bands: how many.

    Returns:
        (B, bands) values.
    """
    return functional.interpolate(knots[:, None], size=bands, mode="linear", align_corners=True)[:, 0]
