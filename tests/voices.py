"""Made voices, conversations of them, and a small model of speakers that was learnt from such voices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
import soundfile
import torch
from conftest import FORMANTS, RATE, Samples, hiss, noise, vowel

from phonseg.audio.recording import open_recording
from phonseg.diarization.embedding.window_network import WindowNetwork
from phonseg.diarization.learning import closed_forms
from phonseg.diarization.learning.stretches import Stretch
from phonseg.diarization.speaker_file import model_of, tensors_of
from phonseg.diarization.speaker_model import SpeakerModel
from phonseg.diarization.speech_frames import SpeechFrames, read_speech_frames
from phonseg.model.speech import level_and_speech

PAUSE = 0.6  # seconds between turns


def voice(speaker: int, seconds: float, seed: int = 0) -> Samples:
    """Vowels and hisses in turn, without pauses, by a made speaker: each has a pitch and a vocal tract of its own."""
    own = np.random.default_rng([speaker, 77])
    pitch, tract = 90 * 1.22 ** (speaker % 6) * own.uniform(0.97, 1.03), 0.82 + 0.12 * (speaker * 3 % 5)
    width = own.uniform(1500, 3500)
    generator = np.random.default_rng([speaker, seed])
    parts: list[Samples] = []
    while sum(map(len, parts)) < seconds * RATE:
        n = int(generator.integers(RATE * 8 // 100, RATE * 16 // 100))
        if len(parts) % 3 == 2:
            low = 1200 * tract * generator.uniform(1, 2)
            parts.append(hiss(n, low, low + width, seed=int(generator.integers(2**30))))
        else:
            first, second = FORMANTS[generator.integers(len(FORMANTS))]
            formants = round(first * tract), round(second * tract)
            parts.append(vowel(n, formants, pitch=pitch * generator.uniform(0.95, 1.05)))
    return np.concatenate(parts)[: round(seconds * RATE)]


def talk(turns: Sequence[tuple[int, float]], seed: int = 0) -> Samples:
    """Turns of (speaker, seconds) between pauses, in faint noise, at `RATE`."""
    pause = np.zeros(round(PAUSE * RATE), np.float32)
    parts = [pause]
    for i, (speaker, seconds) in enumerate(turns):
        parts += [voice(speaker, seconds, seed=100 * seed + i), pause]
    samples = np.concatenate(parts)
    return samples + noise(len(samples), seed, level=1e-3)


def two_voices() -> Samples:
    """A conversation of 20 s."""
    return talk([(0, 4.0), (3, 4.5), (0, 3.5), (3, 4.5)])


def spoken_part(samples: Samples) -> SpeechFrames:
    """The frames of a recording, and the speech that loudness shows."""
    recording = open_recording((samples, RATE))
    level, speech, _ = level_and_speech(recording.blocks(RATE), recording.length(RATE), RATE)
    return read_speech_frames(recording, level, speech)


def stretches(speakers: int, seconds: float = 3.0) -> list[list[Stretch]]:
    """A stretch of each of several made speakers, as training holds it."""
    found = []
    for speaker in range(speakers):
        spoken = spoken_part(talk([(speaker, seconds)], seed=9))
        power = np.maximum(np.exp(spoken.frames) - 1e-4, 0).astype(np.float16)
        found.append([Stretch(power, spoken.is_speech)])
    return found


@cache
def speaker_model() -> SpeakerModel:
    """A model with a random network of few weights, beside closed forms that were learnt from made voices."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = WindowNetwork(width=8, dimensions=4).eval()
    few = {"GAUSSIANS": 6, "RANK": 5, "MIXTURE_CONVERSATIONS": 8, "CONVERSATIONS": 20}
    with patch.multiple(closed_forms, **few):
        learnt = closed_forms.learn_closed_forms(network, stretches(10), 0, progress=False)
    embedder, plda = model_of(tensors_of(*learnt), network)
    return SpeakerModel("small", embedder, plda, {"recordings": 10})


def write_recordings(folder: Path, count: int, seconds: float = 1.6) -> Path:
    """Writes so many recordings of one made speaker each."""
    folder.mkdir(parents=True, exist_ok=True)
    for speaker in range(count):
        soundfile.write(folder / f"{speaker:02}.wav", talk([(speaker, seconds)], seed=speaker), RATE)
    return folder
