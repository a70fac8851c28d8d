"""What makes the speech of a lesson worse than it was recorded: another room, noise, other talkers, another tempo.

All work on mel-band power, (B, T, bands) at level 1. What is left to chance is drawn from the generator that is
passed in.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# The steady noise of a good room, and the loudest that most speech is recorded in: natural logarithms of its power
# relative to the loud frames (50 and 20 dB below them).
QUIETEST, LOUDEST = -11.5, -4.5
# Frames that a pause lasts, at least and at most, and the most of a crop that it takes.
PAUSES, MOST = (20, 130), 5 / 6


def augment_spectrum(
    power: Tensor, generator: torch.Generator, *, share: float = 0.7, loudest: float = LOUDEST
) -> Tensor:
    """Mel-band power of clean speech -> as a worse room, microphone and background would have made it.

    power: (B, T, bands) at level 1. A `share` of the crops gets a smooth random equaliser (a standard deviation of 1.5
    nats at 5 places) and steady noise with a random slope, from 50 dB below the loud frames up to `loudest` (in nats),
    whose power in a band fluctuates as that of real noise does; of every crop up to 8 neighbouring bands are set to
    their mean.
    """
    crops, frames, bands = power.shape
    equaliser = torch.exp(_smooth(torch.randn(crops, 5, generator=generator) * 1.5, bands))
    slope = torch.exp(_smooth(torch.randn(crops, 2, generator=generator), bands))
    level = torch.exp(QUIETEST + (loudest - QUIETEST) * torch.rand(crops, 1, 1, generator=generator))
    # The sum of three exponential variables: the power of noise in a band of about three independent bins.
    noise = -torch.log(torch.rand(3, crops, frames, bands, generator=generator).clamp_min(1e-9)).mean(0)
    rough = power * equaliser[:, None] + level * slope[:, None] * noise
    chosen = torch.rand(crops, 1, 1, generator=generator) < share
    result = torch.where(chosen, rough, power)
    first = torch.randint(bands, (crops, 1, 1), generator=generator)
    width = torch.randint(9, (crops, 1, 1), generator=generator)
    band = torch.arange(bands)
    masked = (band >= first) & (band < first + width)
    return torch.where(masked, result.mean(dim=1, keepdim=True), result)


def mix_talkers(power: Tensor, generator: torch.Generator, *, share: float = 0.4) -> Tensor:
    """A `share` of the crops with others of the batch talking in the background.

    power: (B, T, bands) at level 1. The mean power of 3 to 6 other crops (fewer if the batch is smaller) is added, at
    25 to 0 dB below that of one. The talkers are strangers, so their powers add up.
    """
    crops = len(power)
    n_talkers = min(int(torch.randint(3, 7, (1,), generator=generator)), crops - 1)
    level = 10 ** (-2.5 * torch.rand(crops, 1, 1, generator=generator))
    chosen = torch.rand(crops, 1, 1, generator=generator) < share
    if not n_talkers:
        return power
    talkers = torch.stack([power.roll(place, 0) for place in range(1, n_talkers + 1)]).mean(0)
    return power + chosen * level * talkers


def insert_pauses(power: Tensor, generator: torch.Generator, *, share: float = 0.9) -> tuple[Tensor, Tensor]:
    """A `share` of the crops with one pause each, of 0.2 to 1.3 s at a hop of 10 ms, anywhere, also across an end.

    power: (B, T, bands), T at least 24. In short crops a pause is at most MOST of them. Returns the power, and (B, T)
    how many frames the middle of each lies beyond the nearer end of its pause: less than 0 inside, infinite without a
    pause.
    """
    crops, frames, _ = power.shape
    longest = min(PAUSES[1], int(MOST * frames))
    length = torch.randint(PAUSES[0], longest + 1, (crops, 1), generator=generator)
    middle = torch.randint(frames, (crops, 1), generator=generator)
    chosen = torch.rand(crops, 1, generator=generator) < share
    beyond = torch.where(chosen, (torch.arange(frames) - middle).abs() - length / 2, torch.inf)
    return torch.where(beyond[..., None] < 0, torch.zeros(()), power), beyond


def _smooth(knots: Tensor, bands: int) -> Tensor:
    """(B, K) values at equal distances -> (B, bands), straight lines in between."""
    return functional.interpolate(knots[:, None], size=bands, mode="linear", align_corners=True)[:, 0]
