"""The picture of a change of tempo, and the page of a notebook: what is drawn lies where the map says."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import RATE, mel_segmenter, speech_like

import phonseg
from phonseg.display.tempo.plot import plot_change
from phonseg.errors import ConfigurationError
from phonseg.tempo.tempo_change import TempoChange

SPEECH = speech_like(12)[0]
MODEL = mel_segmenter()


@pytest.fixture(scope="module")
def slow() -> TempoChange:
    return phonseg.change_tempo((SPEECH, RATE), 0.6, model=MODEL)


def test_lines_join_equal_moments_and_shapes_follow_the_map(slow: TempoChange) -> None:
    start, end = 0.4, 1.1
    figure = slow.plot(start, end)
    above, band, below = figure.axes
    new = slow.time_map([start, end])
    assert above.get_xlim() == pytest.approx((start, start + new[1] - new[0]))
    assert below.get_xlim() == pytest.approx(tuple(new))
    shapes, lines = band.collections
    boundaries = slow.segmentation.boundaries
    inside = boundaries[(new[0] <= boundaries) & (boundaries <= new[1])]
    assert len(inside) > 3
    ends = np.array([one[:, 0] for one in lines.get_segments()])
    np.testing.assert_allclose(slow.time_map(ends[:, 0] + start), ends[:, 1] + new[0], atol=1e-9)
    np.testing.assert_allclose(ends[:, 1] + new[0], inside, atol=1e-9)
    corners = np.array([path.vertices[:4, 0] for path in shapes.get_paths()])
    np.testing.assert_allclose(slow.time_map(corners[:, :2] + start), corners[:, 3:1:-1] + new[0], atol=1e-9)
    assert corners[0, 0] == 0
    assert corners[-1, 1] == pytest.approx(end - start)
    assert np.array_equal(corners[1:, 0], corners[:-1, 1])  # no gap
    ratios = np.diff(corners[:, 3:1:-1], axis=1) / np.diff(corners[:, :2], axis=1)
    grey = np.all(shapes.get_facecolor()[:, :3] == shapes.get_facecolor()[:, :1], axis=1)
    assert np.array_equal(grey, np.abs(ratios[:, 0] - 1) < 1e-6)
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]


@pytest.mark.parametrize("factor", [1.0])
def test_every_factor_is_drawn(factor: float) -> None:
    long = np.tile(SPEECH, 6)
    figure = phonseg.change_tempo((np.stack([long, long], axis=1), RATE), factor, model=MODEL, even=True).plot()
    assert len(figure.axes) == 3
    assert ("copied" in [text.get_text() for text in figure.legends[0].get_texts()]) is True


def test_what_cannot_be_drawn_is_refused(slow: TempoChange) -> None:
    with pytest.raises(ConfigurationError, match="does not know its recording"):
        plot_change(replace(slow, recording=None))
    with pytest.raises(ConfigurationError, match="is not inside it"):
        slow.plot(0, 99)


def test_a_notebook_plays_both(slow: TempoChange, tmp_path: Path) -> None:
    page = slow._repr_html_()
    before, after = (
        soundfile.read(io.BytesIO(base64.b64decode(one))) for one in re.findall(r"audio/wav;base64,([^\"]+)", page)
    )
    assert (len(before[0]), len(after[0])) == (len(SPEECH), len(slow.samples))
    assert np.abs(after[0] - slow.samples).max() < 2**-14
    assert page.count("<tr><td>") == len(slow.segmentation)
    assert "<script" not in page
    gone = replace(slow, recording=tmp_path / "<gone>.wav")
    page = gone._repr_html_()
    assert "No picture and no sound" in page
    assert "&lt;gone&gt;.wav: does not exist" in page
    assert page.count("<tr><td>") == len(slow.segmentation)
