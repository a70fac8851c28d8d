"""The units that segments of unlabelled recordings fall into."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from scipy.fft import dct

from phonseg.augmentation.spectral import insert_pauses
from phonseg.detection.speech_activity import Region
from phonseg.objectives.unit_discovery import (
    COEFFICIENTS,
    EDGE,
    LONGEST,
    NOT_ASKED,
    UNIT_UNSURE_ZONE,
    UNSURE_FRAMES,
    UnitAlignment,
    cluster_segments,
    segment_embeddings,
    unit_loss,
    unit_supervision,
)
from phonseg.timeline.grid import FrameGrid, Frames

GRID = FrameGrid(16_000, 160, 512)
CENTRES = GRID.centre(np.arange(200))

boundaries = st.lists(st.integers(0, 2000), unique=True, max_size=20).map(lambda ms: np.array(sorted(ms)) / 1000)
regions = st.lists(st.integers(0, 9), unique=True, min_size=2, max_size=8).map(
    lambda edges: [Region(a / 5, b / 5) for a, b in zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)]
)


def aligned(times: np.ndarray, speech: list[Region]) -> UnitAlignment:
    units = np.arange(max(0, len(times) - 1)) % 4
    units[1::5] = NOT_ASKED
    return UnitAlignment(times, units, speech)


def frames(seed: int = 0) -> Frames:
    return Frames(np.random.default_rng(seed).normal(size=(200, 40)).astype(np.float32), GRID)


# What is asked


@given(boundaries, regions, st.floats(0, 0.01))
def test_a_frame_is_of_the_unit_of_its_segment(times, speech, shift):
    alignment, moments = aligned(times, speech), CENTRES + shift
    for moment, unit in zip(moments, alignment.at(moments, silence=9), strict=True):
        segments = [i for i in range(len(times) - 1) if times[i] <= moment < times[i + 1]]
        near = min((abs(moment - time) for time in times), default=math.inf)
        if not any(start <= moment <= end for start, end in speech):
            expected = 9
        elif near < UNIT_UNSURE_ZONE or not segments:
            expected = NOT_ASKED
        else:
            expected = alignment.units[segments[0]]
        assert unit == expected


def test_a_batch_of_the_supervision_holds_the_units_of_each_crop():
    alignments = {Path(name): aligned(np.arange(n) / 10, [Region(0.0, 1.0)]) for name, n in (("a", 9), ("b", 5))}
    paths, times = [Path("b"), Path("a"), Path("b")], [CENTRES, CENTRES + 0.3, CENTRES + 0.2]
    (targets,) = unit_supervision(alignments, 4).batch(paths, times)
    for found, path, moments in zip(targets, paths, times, strict=True):
        np.testing.assert_array_equal(found, alignments[path].at(moments, silence=4))


@pytest.mark.parametrize("reach", [0, 22])
def test_a_pause_is_silence_but_for_its_edges(reach):
    power = torch.ones(200, 150, 6)
    units = torch.zeros(200, 150 - 2 * reach, dtype=torch.int64)
    given_power, given_units = power.clone(), units.clone()
    augmented, (targets,) = unit_supervision({}, 4).augment(power, [units], torch.Generator().manual_seed(0))
    assert torch.equal(power, given_power)
    assert torch.equal(units, given_units)
    assert augmented.shape == power.shape
    _, beyond = insert_pauses(power, torch.Generator().manual_seed(0))
    inner = beyond[:, reach : 150 - reach]
    expected = torch.where(inner.abs() <= UNSURE_FRAMES, NOT_ASKED, torch.where(inner < 0, 4, 0))
    assert torch.equal(targets, expected)
    assert set(targets.unique().tolist()) == {NOT_ASKED, 0, 4}


@given(seed=st.integers(0, 999))
@settings(max_examples=30)
def test_the_loss_is_the_mean_cross_entropy_over_what_is_asked(seed):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(2, 5, 4, generator=generator)
    targets = torch.randint(-1, 4, (2, 5), generator=generator)
    losses = [
        math.log(sum(math.exp(score) for score in row)) - row[unit].item()
        for row, unit in zip(scores.flatten(0, 1), targets.flatten().tolist(), strict=True)
        if unit != NOT_ASKED
    ]
    expected = sum(losses) / len(losses) if losses else 0.0
    assert unit_loss(scores, targets).item() == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_where_nothing_is_asked_nothing_is_lost():
    assert unit_loss(torch.rand(2, 3, 4), torch.full((2, 3), NOT_ASKED)).item() == 0


# Embeddings


@given(boundaries, regions)
@settings(max_examples=40)
def test_segments_are_described_by_the_cepstra_of_their_halves_less_the_mean_of_the_speech(times, speech):
    found = segment_embeddings(frames(), times, speech)
    is_speech = np.array([any(start <= at <= end for start, end in speech) for at in CENTRES])
    assert found.shape == (max(0, len(times) - 1), 2 * COEFFICIENTS)
    for row, start, end in zip(found, times[:-1], times[1:], strict=True):
        edge = EDGE * (end - start)
        inside = frames().values[(CENTRES >= start + edge) & (CENTRES < end - edge) & is_speech]
        if len(inside) < 2 or end - start >= LONGEST:
            assert np.isnan(row).all()
            continue
        inside = inside - frames().values[is_speech].mean(axis=0)
        n = len(inside)
        halves = inside[: (n + 1) // 2].mean(axis=0), inside[n // 2 :].mean(axis=0)
        expected = [dct(half, norm="ortho")[:COEFFICIENTS] for half in halves]
        np.testing.assert_allclose(row, np.concatenate(expected), rtol=1e-3, atol=1e-4)


def test_a_microphone_plays_no_part():
    times, speech = np.arange(1, 20) / 10, [Region(0.1, 1.9)]
    coloured = Frames(frames().values + np.linspace(-3, 2, 40, dtype=np.float32), GRID)
    expected = segment_embeddings(frames(), times, speech)
    np.testing.assert_allclose(segment_embeddings(coloured, times, speech), expected, atol=1e-4)


# Clusters


def sounds(n: int, seed: int) -> np.ndarray:
    """n embeddings near four places far apart, in turn, with every seventh unknown."""
    generator = np.random.default_rng(seed)
    places = np.eye(4, 2 * COEFFICIENTS) * 9
    found = places[np.arange(n) % 4] + generator.normal(scale=0.1, size=(n, 2 * COEFFICIENTS))
    found[3::7] = np.nan
    return found.astype(np.float32)


@pytest.mark.parametrize("seed", range(3))
def test_segments_that_are_alike_are_one_unit_in_all_recordings(seed):
    lengths = (60, 0, 41, 80)
    found, n_units = cluster_segments([sounds(n, i) for i, n in enumerate(lengths)], 4, seed)
    assert n_units == 4
    assert [len(one) for one in found] == list(lengths)
    units_of_kinds: list[set[int]] = [set(), set(), set(), set()]
    for units in found:
        assert (units[3::7] == NOT_ASKED).all()
        for place, unit in enumerate(units):
            if unit != NOT_ASKED:
                units_of_kinds[place % 4].add(unit)
    assert sorted(map(sorted, units_of_kinds)) == [[0], [1], [2], [3]]


def test_there_are_no_more_units_than_there_are_segments_for():
    assert cluster_segments([sounds(35, 0)], 100, 0)[1] == 3
    for few in ([sounds(0, 0)], [sounds(8, 0), sounds(1, 0)]):
        found, n_units = cluster_segments(few, 100, 0)
        assert n_units == 0
        assert all((one == NOT_ASKED).all() for one in found)


def test_the_same_seed_gives_the_same_units():
    embeddings = [np.random.default_rng(0).normal(size=(500, 2 * COEFFICIENTS)).astype(np.float32)]
    for seed in (0, 1):
        np.testing.assert_array_equal(
            cluster_segments(embeddings, 20, seed)[0], cluster_segments(embeddings, 20, seed)[0]
        )
