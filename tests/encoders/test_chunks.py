"""A recording in endless silence, cut into overlapping chunks on the frame grid."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pytest
from conftest import Samples, noise
from hypothesis import given, settings, strategies as st

from phonseg.detection.dissimilarity import LeftRightContrast, euclidean
from phonseg.encoders import chunks as module
from phonseg.encoders.chunks import chunk_grid, chunks, frame_count, silence_around
from phonseg.encoders.contrastive_encoders import RawWaveformEncoder
from phonseg.encoders.log_mel import LogMel
from phonseg.timeline.grid import FrameGrid, Frames

# How many frames a chunk holds here, so that short recordings have several.
FEW = 7


def blocks_of(samples: Samples, sizes: list[int]) -> Iterator[Samples]:
    """The samples in blocks of these sizes in turn, which may be 0; the rest in one."""
    for size in sizes:
        yield samples[:size]
        samples = samples[size:]
    yield samples


def starts_of_frames(samples: Samples, grid: FrameGrid, margin: int) -> np.ndarray:
    """The first sample of every frame that is kept."""
    kept = []
    for chunk in chunks(iter([samples]), grid, margin):
        frames = [chunk[i * grid.hop] for i in range(grid.count(len(chunk)))]
        kept += frames[margin : len(frames) - margin]
    return np.array(kept)


grids = st.builds(FrameGrid, sample_rate=st.just(1000), hop=st.integers(1, 12), window=st.integers(1, 40))


@given(n=st.integers(0, 400), grid=grids, margin=st.integers(0, 4))
def test_kept_frames_tile_the_recording_in_its_silence(n, grid, margin):
    samples = np.arange(1, n + 1, dtype=np.float32)  # each sample is its own place
    with patch.object(module, "CHUNK_FRAMES", FEW):
        starts = starts_of_frames(samples, grid, margin)
    kept_grid = chunk_grid(grid, margin)
    assert len(starts) == frame_count(grid, margin, n)
    places = kept_grid.origin + np.arange(len(starts)) * grid.hop
    inside = (places >= 0) & (places < n)
    np.testing.assert_array_equal(starts, np.where(inside, places + 1, 0))
    # From before the first sample until after the last.
    assert places[0] + grid.window <= 0
    assert places[-1] >= n


@pytest.mark.parametrize("encoder", [LogMel(window=256), RawWaveformEncoder(channels=4, dimensions=3, projection=0)])
@given(
    n=st.integers(0, 6000),
    sizes=st.lists(st.integers(0, 2500), max_size=8),
    margin=st.integers(0, 4),
    seed=st.integers(0, 99),
)
@settings(max_examples=25)
def test_frames_do_not_depend_on_the_blocks_and_are_those_of_the_whole(encoder, n, sizes, margin, seed):
    samples, grid = noise(n, seed), encoder.grid

    def kept(blocks: Iterator[Samples]) -> np.ndarray:
        encoded = [encoder.encode(chunk) for chunk in chunks(blocks, grid, margin)]
        return np.concatenate([frames[margin : len(frames) - margin] for frames in encoded])

    with patch.object(module, "CHUNK_FRAMES", FEW):
        at_once = kept(iter([samples]))
        np.testing.assert_array_equal(kept(blocks_of(samples, sizes)), at_once)
    silence = np.zeros(silence_around(grid, margin), np.float32)
    whole = encoder.encode(np.concatenate([silence, samples, silence]))
    np.testing.assert_allclose(at_once, whole[margin : len(whole) - margin], rtol=1e-4, atol=1e-5)


@given(n=st.integers(1, 3000), lag=st.integers(1, 4), seed=st.integers(0, 99))
@settings(max_examples=50)
def test_the_first_and_the_last_kept_value_see_nothing_but_silence(n, lag, seed):
    # Otherwise silence that is added to a recording would change the valleys beside its first and last peaks.
    encoder, contrast = LogMel(window=512), LeftRightContrast(euclidean, (lag,))
    samples = noise(n, seed)
    curve = [
        contrast(Frames(encoder.encode(chunk), encoder.grid)).values[lag:-lag]
        for chunk in chunks(iter([samples]), encoder.grid, lag)
    ]
    assert curve[0][0] == curve[-1][-1] == 0


@given(n=st.integers(0, 400), margin=st.integers(0, 3))
def test_chunks_hold_so_many_frames_and_the_last_at_least_one(n, margin):
    grid = FrameGrid(1000, hop=10, window=25)
    with patch.object(module, "CHUNK_FRAMES", FEW):
        lengths = [len(chunk) for chunk in chunks(iter([noise(n)]), grid, margin)]
    assert lengths[:-1] == [grid.n_samples(FEW + 2 * margin)] * (len(lengths) - 1)
    assert 2 * margin < grid.count(lengths[-1]) <= FEW + 2 * margin
