"""Pieces of clean speech -> a conversation in a hard place, of which it is known when somebody speaks.

Pieces follow each other with pauses, in a room or not; then come talkers in the background, sounds that are no speech,
noise, the telephone and an equaliser, each in a share of the conversations. Speech is where the dry pieces have some:
the reverberation of a room is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonseg.augmentation.places import equalised, mu_law, played_in, room_response, telephone
from phonseg.augmentation.sounds import coloured_noise, hum, other_sound, wavering, wind
from phonseg.timeline.grid import Samples

Stretch = tuple[float, float]  # of speech: start and end in seconds
SPEAKER_DECIBELS = 3.0  # standard deviation of the level of speakers


class Piece(NamedTuple):
    """A piece of a recording.

    Attributes:
        samples: (N,) mono, at level 1.
        speech: stretches of it in seconds, in time order.
        source: of which recording it is.
    """

    samples: Samples
    speech: Sequence[Stretch]
    source: int


class Conversation(NamedTuple):
    """A conversation.

    Attributes:
        samples: (N,) mono, none above 1.
        speech: of all speakers, in seconds, in no order; it may overlap, and begin or end outside the conversation.
    """

    samples: Samples
    speech: Sequence[Stretch]


# Returns a random piece; of the recording of this number, if one is given.
DrawPiece = Callable[[np.random.Generator, int | None], Piece]


def draw_conversation(
    draw_piece: DrawPiece, seconds: float, sample_rate: int, generator: np.random.Generator
) -> Conversation:
    """Draws a conversation.

    Args:
        draw_piece: returns what is said.
        seconds: of the conversation, at least 4.
        sample_rate: in Hz.
        generator: for all random choices.

    Returns:
        The conversation.
    """
    n = round(seconds * sample_rate)
    response = room_response(sample_rate, generator) if generator.random() < 0.5 else None
    samples, speech = _said(draw_piece, n, sample_rate, response, generator)
    spoken = _mask(speech, n, sample_rate)
    power = max(1e-3, float(np.square(samples[spoken]).mean())) if spoken.any() else 1e-3
    for sound in _background(draw_piece, n, sample_rate, response, generator):
        samples = samples + np.float32(np.sqrt(power)) * sound
    if generator.random() < 0.3:
        samples = telephone(samples, sample_rate, generator)
    elif generator.random() < 0.1:
        samples = mu_law(samples)
    if generator.random() < 0.3:
        samples = equalised(samples, generator)
    return Conversation(samples / np.float32(max(1.0, np.abs(samples).max())), speech)


def _said(
    draw_piece: DrawPiece, n: int, sample_rate: int, response: Samples | None, generator: np.random.Generator
) -> tuple[Samples, Sequence[Stretch]]:
    """What is said, by one speaker (in three of ten conversations) or by several, and when."""
    samples, speech = np.zeros(n, dtype=np.float32), list[Stretch]()
    alone, source = generator.random() < 0.3, None
    pause = generator.choice([0.15, 0.5, 1.5, 4.0])
    at = -generator.uniform(0, 1.5) if generator.random() < 0.6 else generator.exponential(pause)
    if generator.random() < 0.04:
        at = np.inf  # nobody speaks
    while at < n / sample_rate - 0.1:
        said = draw_piece(generator, source)
        if alone:
            source = said.source
        elif response is not None:
            response = room_response(sample_rate, generator)  # others speak at other places
        gain = 1.0 if alone else 10 ** (generator.normal(0, SPEAKER_DECIBELS) / 20)
        heard = said.samples if response is None else played_in(said.samples, response)
        _add(samples, gain * heard, round(at * sample_rate))
        speech += [(at + start, at + end) for start, end in said.speech]
        interrupted = generator.random() < 0.15
        gap = -generator.uniform(0, 1) if interrupted else 0.05 + min(10.0, generator.exponential(pause))
        at += max(0.3, len(said.samples) / sample_rate + gap)
    return samples, speech


def _background(
    draw_piece: DrawPiece, n: int, sample_rate: int, response: Samples | None, generator: np.random.Generator
) -> list[Samples]:
    """(n,) each: what else there is to hear, relative to the root mean square of the speech."""
    sounds = []
    if generator.random() < 0.15:
        sounds.append(_talkers(draw_piece, n, generator) * _gain(-25, -5, generator))
    if generator.random() < 0.5:
        others = np.zeros(n, dtype=np.float32)
        for _ in range(generator.integers(1, 2 + n // sample_rate)):
            other = other_sound(sample_rate, generator) * _gain(-35, 5, generator)
            heard = other if response is None else played_in(other, response)
            _add(others, heard, int(generator.integers(n)))
        sounds.append(others)
    if generator.random() < 0.25:
        sounds.append(wind(n, generator) * _gain(-35, 5, generator))
    if generator.random() < 0.95:
        noise = coloured_noise(n, generator)
        if generator.random() < 0.35:
            noise = noise * wavering(n, generator, sample_rate // 10, 2 * sample_rate, generator.uniform(1, 6))
        sounds.append(noise * (_gain(-25, 0, generator) if generator.random() < 0.5 else _gain(-50, -20, generator)))
    if generator.random() < 0.15:
        sounds.append(hum(n, sample_rate, generator) * _gain(-50, 0, generator))
    return sounds


def _talkers(draw_piece: DrawPiece, n: int, generator: np.random.Generator) -> Samples:
    """(n,) four to eight people who all talk without a pause, with a mean square of 1."""
    samples = np.zeros(n, dtype=np.float32)
    for _ in range(generator.integers(4, 9)):
        at = 0
        while at < n:
            said = draw_piece(generator, None).samples
            _add(samples, said, at)
            at += len(said)
    return samples / np.float32(np.sqrt(np.square(samples).mean()) + 1e-9)


def _gain(least: float, most: float, generator: np.random.Generator) -> np.float32:
    """A factor between two numbers of decibels."""
    return np.float32(10 ** (generator.uniform(least, most) / 20))


def _add(samples: Samples, other: Samples, first: int) -> None:
    """Adds other samples from a place on, which may lie before the first, in place."""
    before, end = max(0, -first), min(len(other), len(samples) - first)
    if end > before:
        samples[first + before : first + end] += other[before:end]


def _mask(speech: Sequence[Stretch], n: int, sample_rate: int) -> NDArray[np.bool_]:
    """(n,) which samples are speech."""
    mask = np.zeros(n, dtype=np.bool_)
    for start, end in speech:
        mask[max(0, round(start * sample_rate)) : max(0, round(end * sample_rate))] = True
    return mask
