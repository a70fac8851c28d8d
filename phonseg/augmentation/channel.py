"""Mel-band power of speech -> the same in another room, over another microphone or telephone, and in noise.

Unlike in `phonseg.augmentation.spectral`, several stretches of speech share one channel, as those of a conversation
do. Everything random is drawn from the generator that is passed in.
"""

from __future__ import annotations

import torch
from torch import Tensor

from phonseg.augmentation.spectral import interpolated, normal, uniform

# Seconds in which a room's sound falls by 60 dB, and decibels of the reverberation relative to the direct sound.
SHORTEST_ROOM, LONGEST_ROOM = 0.2, 0.7
FAINTEST_TAIL, LOUDEST_TAIL = -6.0, 6.0
ROOM_FRAMES = 60  # frames after which nothing of a room is left
# Natural logarithms of the power of noise, relative to the loud frames.
QUIETEST_NOISE, LOUDEST_NOISE = -9.0, -2.5
LEVELS = 3.0  # decibels by which a speaker may be louder or fainter
# Shares of the groups that are in a room, in noise, and on the telephone.
IN_ROOM, IN_NOISE, ON_TELEPHONE = 0.5, 0.75, 0.25
TELEPHONE_BANDS = 4, 30  # the first that a telephone passes, and the first that it does not
TELEPHONE_LOSS = 1e-5  # what is left of the power of the other bands
QUIETEST_CODEC, LOUDEST_CODEC = -4.5, -3.0  # powers of ten, of the noise of the telephone itself


def change_channel(power: Tensor, generator: torch.Generator, *, own: float = 0.0, hop: float = 0.01) -> Tensor:
    """Returns groups of stretches of speech as other channels would have changed them. A group shares its channel.

    Args:
        power: (G, N, T, bands) at level 1: G groups of N stretches.
        generator: for all random choices.
        own: standard deviation, in nats, of an equaliser that each stretch has of its own.
        hop: seconds from one frame to the next.

    Returns:
        (G, N, T, bands) power.
    """
    groups, stretches, _, bands = power.shape
    power = power * 10 ** (LEVELS / 10 * (2 * uniform((groups, stretches, 1, 1), generator) - 1))
    power = power + _reverberation(power, generator, hop)
    knots = normal((groups, 5), generator)
    equaliser = interpolated(knots, bands)[:, None]
    if own:
        own_knots = own * normal((groups * stretches, 4), generator)
        equaliser = equaliser + interpolated(own_knots, bands).reshape(groups, stretches, bands)
    power = power * torch.exp(equaliser)[:, :, None]
    level = QUIETEST_NOISE + (LOUDEST_NOISE - QUIETEST_NOISE) * uniform((groups, 1, 1, 1), generator)
    slope = interpolated(normal((groups, 2), generator), bands)[:, None, None]
    noisy = uniform((groups, 1, 1, 1), generator) < IN_NOISE
    power = power + noisy * torch.exp(level + slope) * _fluctuation(power.shape, generator)
    first, end = TELEPHONE_BANDS
    band = torch.arange(bands, device=power.device)
    within = ((band >= first) & (band < end)).to(power.dtype)
    passed = within + TELEPHONE_LOSS * (1 - within)
    codec = 10 ** (QUIETEST_CODEC + (LOUDEST_CODEC - QUIETEST_CODEC) * uniform((groups, 1, 1, 1), generator))
    over_telephone = power * passed + codec * _fluctuation(power.shape, generator)
    return torch.where(uniform((groups, 1, 1, 1), generator) < ON_TELEPHONE, over_telephone, power)


def _reverberation(power: Tensor, generator: torch.Generator, hop: float) -> Tensor:
    """(G, N, T, bands) what a room adds: the power of earlier frames, falling exponentially."""
    groups, stretches, frames, _ = power.shape
    seconds = SHORTEST_ROOM + (LONGEST_ROOM - SHORTEST_ROOM) * uniform((groups, 1), generator)
    kept = 10 ** (-6 * hop / seconds)
    reach = min(ROOM_FRAMES, frames)
    decay = (1 - kept) * kept ** torch.arange(reach, dtype=torch.float32, device=power.device)
    decay[:, 0] = 0.0
    decibels = FAINTEST_TAIL + (LOUDEST_TAIL - FAINTEST_TAIL) * uniform((groups, 1, 1, 1), generator)
    places = 10 ** (LEVELS / 10 * (2 * uniform((groups, stretches, 1, 1), generator) - 1))
    present = uniform((groups, 1, 1, 1), generator) < IN_ROOM
    spectrum = torch.fft.rfft(decay, n=2 * frames)[:, None, :, None]
    tail = torch.fft.irfft(torch.fft.rfft(power, n=2 * frames, dim=2) * spectrum, n=2 * frames, dim=2)
    added: Tensor = present * 10 ** (decibels / 10) * places * tail[:, :, :frames].clamp_min(0)
    return added


def _fluctuation(shape: torch.Size, generator: torch.Generator) -> Tensor:
    """The power of steady noise, with the mean 1: the mean of three exponential variables."""
    return -torch.log(uniform((3, *shape), generator).clamp_min(1e-9)).mean(0)
