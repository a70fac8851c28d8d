from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import noise
from hypothesis import given, settings, strategies as st

from phonseg.audio.envelope import LEAST_COLUMNS, envelope_of, read_envelope
from phonseg.audio.excerpt import read_excerpt
from phonseg.audio.recording import open_recording

RATE = 8_000


@settings(max_examples=40)
@given(st.floats(0, 40), st.floats(0.02, 41), st.sampled_from([1_000, 8_000, 11_025]))
def test_each_column_reaches_from_its_lowest_to_its_highest_sample(start: float, length: float, rate: int) -> None:
    """Against the samples read at once; the blocks of 10 s begin anywhere in the columns."""
    samples = noise(41 * rate, seed=1)
    end = min(41.0, start + length)
    recording = open_recording((samples, rate))
    found = read_envelope(recording, start, end)
    first, last = round(start * rate), round(end * rate)
    size = max(1, (last - first) // LEAST_COLUMNS)
    together = [samples[i : min(i + size, last)] for i in range(first, last, size)]
    assert found.lowest.tolist() == [float(column.min()) for column in together]
    assert found.highest.tolist() == [float(column.max()) for column in together]
    assert found.times == pytest.approx([i / rate for i in range(first, last, size)])
    assert len(found.times) <= 2 * LEAST_COLUMNS
    excerpt = read_excerpt(recording, start, end, margin=0.0)
    assert all(np.array_equal(one, other) for one, other in zip(found[1:], envelope_of(*excerpt)[1:], strict=True))


def test_a_window_at_the_very_end_has_its_last_sample() -> None:
    recording = open_recording((noise(RATE + 1), RATE))
    assert len(read_envelope(recording, 1.0, recording.duration).times) == 1


@pytest.mark.parametrize("rate", [96_000, 44_100])
def test_samples_are_those_of_the_recording_at_any_rate(rate: int) -> None:
    samples = noise(rate)
    found = read_envelope(open_recording((samples, rate)), 0.0, 1.0)
    assert found.lowest.min() == samples.min()
    assert found.highest.max() == samples.max()


def test_of_a_long_recording_only_the_columns_are_held(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.resize(noise(RATE), 600 * RATE), RATE)  # 19 MB as float32
    recording = open_recording(path)
    tracemalloc.start()
    read_envelope(recording, 0.0, 600.0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4_000_000
