"""Resemblyzer and spectralcluster as a process: a question a line comes in, who speaks when goes out, as JSON.

It is run by a Python that has both, and needs no phonseg: python resemblyzer_peer.py. `diarizers.py` asks and explains.
The first line out tells the versions and the size of the network. A question has the path of a recording and `speech`,
the stretches in which somebody speaks: (start, end) in seconds, or null to find them as Resemblyzer does. The answer
has the turns (start, end, speaker) and the seconds of processor time from the file to them.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import resemblyzer
import soundfile
import torch
import webrtcvad
from numpy.typing import NDArray
from resemblyzer.audio import normalize_volume
from resemblyzer.hparams import (
    audio_norm_target_dBFS,
    sampling_rate,
    vad_max_silence_length,
    vad_moving_average_width,
    vad_window_length,
)
from scipy.ndimage import binary_dilation, uniform_filter1d
from spectralcluster import SpectralClusterer, configs

WINDOWS = 4  # a second; each is 1.6 s long, as in its training
FRAME = 160  # samples, 10 ms: the step of its spectra
SECONDS = FRAME / sampling_rate

Region = tuple[float, float]
Turn = tuple[float, float, str]


def main() -> None:
    """Answer until the input ends."""
    torch.set_num_threads(1)
    encoder = resemblyzer.VoiceEncoder("cpu", verbose=False)
    weights = Path(resemblyzer.__file__).with_name("pretrained.pt")
    names = ("resemblyzer", "spectralcluster")
    tell(versions=[f"{name} {version(name)}" for name in names], megabytes=weights.stat().st_size / 1e6)
    for line in sys.stdin:
        question = json.loads(line)
        begin = time.process_time()
        found = turns(encoder, read(question["recording"]), question["speech"])
        tell(turns=found, seconds=time.process_time() - begin)


def tell(**answer: object) -> None:
    """One line of JSON."""
    print(json.dumps(answer), flush=True)


def read(path: str) -> NDArray[np.float32]:
    """The samples as Resemblyzer prepares them, but with the silences still there."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = librosa.resample(samples.mean(axis=1), orig_sr=rate, target_sr=sampling_rate)
    return np.asarray(normalize_volume(mono, audio_norm_target_dBFS, increase_only=True), dtype=np.float32)


def turns(encoder: Any, samples: NDArray[np.float32], speech: Sequence[Region] | None) -> list[Turn]:
    """Every 10 ms of speech get the speaker of the window whose middle is nearest."""
    regions = voiced(samples) if speech is None else speech
    spans = [(round(start / SECONDS), min(round(end / SECONDS), len(samples) // FRAME)) for start, end in regions]
    spoken = np.zeros(len(samples) // FRAME, dtype=np.bool_)
    for first, last in spans:
        spoken[first:last] = True
    if not spoken.any():
        return []
    speakers = nearest_speakers(encoder, samples, spoken)
    found: list[Turn] = []
    for (start, end), (first, last) in zip(regions, spans, strict=True):
        changes = 1 + np.flatnonzero(np.diff(speakers[first:last]))
        edges = [start, *(SECONDS * (first + changes)).tolist(), end]
        names = [f"speaker {1 + speakers[first + i]}" for i in (0, *changes)] if last > first else []
        found += [turn for turn in zip(edges[:-1], edges[1:], names, strict=False) if turn[0] < turn[1]]
    return found


def nearest_speakers(encoder: Any, samples: NDArray[np.float32], spoken: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(n,) the number of a speaker for each 10 ms. spoken: (n,) where somebody speaks; only there it is meant."""
    _, embeddings, windows = encoder.embed_utterance(samples, return_partials=True, rate=WINDOWS)
    middles = np.array([(window.start + window.stop) / 2 for window in windows]) / FRAME
    inside = spoken[np.minimum(middles.astype(int), len(spoken) - 1)]
    if inside.any():  # windows in silence are no speaker's
        middles, embeddings = middles[inside], embeddings[inside]
    labels = clusterer().predict(embeddings) if len(embeddings) > 1 else np.zeros(1, int)
    return np.asarray(labels)[np.searchsorted((middles[:-1] + middles[1:]) / 2, np.arange(len(spoken)) + 0.5)]


def clusterer() -> SpectralClusterer:
    """The clusterer of ICASSP 2018 in spectralcluster, whose first two values are those that score best, not its own.

    With its own (0.95 and 1) it finds too few speakers; and so does its other clusterer, of Turn-to-Diarize, in noise.
    """
    refinement = copy.copy(configs.icassp2018_refinement_options)
    refinement.p_percentile, refinement.gaussian_blur_sigma = 0.9, 0.7
    return SpectralClusterer(min_clusters=2, max_clusters=7, refinement_options=refinement, custom_dist="cosine")


def voiced(samples: NDArray[np.float32]) -> list[Region]:
    """Where somebody speaks, by the rules of `resemblyzer.audio.trim_long_silences`, which removes the rest."""
    window = vad_window_length * sampling_rate // 1000
    whole = np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2")
    windows = whole[: len(whole) // window * window].reshape(-1, window)
    detector = webrtcvad.Vad(mode=3)
    flags = np.array([detector.is_speech(one.tobytes(), sampling_rate) for one in windows], dtype=np.float64)
    smooth = np.round(uniform_filter1d(flags, vad_moving_average_width, mode="constant", origin=-1))
    kept = binary_dilation(smooth, np.ones(vad_max_silence_length + 1))
    edges = np.flatnonzero(np.diff(np.pad(kept.astype(int), 1))) * vad_window_length / 1000
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


if __name__ == "__main__":
    main()
