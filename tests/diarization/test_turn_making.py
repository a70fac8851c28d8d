"""Windows -> the parts of the speech that are nearest to them; who speaks in each -> turns."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from phonseg.detection.speech_activity import Region
from phonseg.diarization.embedding.windows import FEATURES, windows_in
from phonseg.diarization.evidence import Evidence
from phonseg.diarization.speech_frames import SpeechFrames
from phonseg.diarization.turn_making import nearest_speech, turns_of

GRID = FEATURES.grid


@st.composite
def spoken(draw: st.DrawFn) -> SpeechFrames:
    """Regions of speech, each of which holds a frame."""
    lengths = draw(st.lists(st.tuples(st.floats(0.005, 2), st.floats(0.012, 7)), max_size=5))
    regions, last = [], 0.0
    for gap, length in lengths:
        regions.append(Region(last + gap, last + gap + length))
        last += gap + length
    frames = np.zeros((int(last * 100) + 60, 1), np.float32)
    kept = [one for one in regions if len(SpeechFrames(frames, GRID, (one,)).runs) == 1]
    return SpeechFrames(frames, GRID, tuple(kept))


def evidence_of(one: SpeechFrames) -> Evidence:
    windows = windows_in(one.runs)
    starts, ends = nearest_speech(one, windows)
    return Evidence("talk.wav", starts, ends, np.zeros((len(windows), 1)), np.ones(1))


def joined(parts: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same times without the places where one part follows another."""
    found: list[tuple[float, float]] = []
    for start, end in parts:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


@given(spoken())
@settings(max_examples=60)
def test_the_parts_nearest_to_windows_are_together_the_speech(one):
    known, windows = evidence_of(one), windows_in(one.runs)
    assert len(known.starts) == len(windows)
    assert (known.starts < known.ends).all()
    assert joined(list(zip(known.starts.tolist(), known.ends.tolist(), strict=True))) == [
        (region.start, region.end) for region in one.speech
    ]
    middles = GRID.boundary(windows.mean(axis=1))
    for start, end, middle in zip(known.starts, known.ends, middles, strict=True):
        assert start - 0.011 <= middle <= end + 0.011  # a region may reach a little beyond its frames
    inner = known.starts[1:] == known.ends[:-1]
    np.testing.assert_allclose(known.starts[1:][inner], ((middles[1:] + middles[:-1]) / 2)[inner], atol=1e-9)


@given(spoken(), st.data())
@settings(max_examples=60)
def test_turns_tile_the_speech_and_are_named_in_the_order_in_which_they_come(one, data):
    known = evidence_of(one)
    n, speakers = len(known.starts), data.draw(st.integers(1, 4))
    raw = data.draw(arrays(np.float64, (n, speakers), elements=st.floats(0.01, 1)))
    posteriors = raw / raw.sum(axis=1, keepdims=True)
    turns = turns_of(known, posteriors)
    assert joined([(turn.start, turn.end) for turn in turns]) == [(region.start, region.end) for region in one.speech]
    assert all(turn.end <= following.start for turn, following in pairwise(turns))
    for turn, following in pairwise(turns):  # a turn ends where there is a reason
        assert turn.end < following.start or turn.speaker != following.speaker
    names = list(dict.fromkeys(turn.speaker for turn in turns))
    assert names == [f"speaker {k + 1}" for k in range(len(names))]
    likeliest = posteriors.argmax(axis=1)
    assert len(names) == len(set(likeliest.tolist()))
    for turn in turns:
        inside = (known.starts >= turn.start) & (known.ends <= turn.end)
        (who,) = set(likeliest[inside].tolist())
        seconds = (known.ends - known.starts)[inside]
        assert turn.score == pytest.approx((posteriors[inside, who] * seconds).sum() / seconds.sum())
        assert 0 <= turn.score <= 1


def test_without_windows_there_are_no_turns():
    nothing = SpeechFrames(np.zeros((10, 1), np.float32), GRID, ())
    assert windows_in(nothing.runs).shape == (0, 2)
    starts, ends = nearest_speech(nothing, windows_in(nothing.runs))
    assert turns_of(Evidence("talk.wav", starts, ends, np.zeros((0, 1)), np.ones(1)), np.zeros((0, 0))) == ()
