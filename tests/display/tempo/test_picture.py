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
from phonseg.display.tempo.shades import Shades
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
    assert above.get_xlim() == pytest.approx((start, end))
    assert below.get_xlim() == pytest.approx(tuple(new))
    assert above.get_position().width / below.get_position().width == pytest.approx((end - start) / (new[1] - new[0]))
    assert (above.get_xlabel(), below.get_xlabel()) == ("time before (s)", "time after (s)")
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


def names(change: TempoChange, start: float | None = None, end: float | None = None) -> list[str]:
    return [text.get_text() for text in change.plot(start, end).legends[0].get_texts()]


def test_the_legend_tells_what_occurs_in_the_window(slow: TempoChange) -> None:
    start, end = 0.4, 1.1
    knots = slow.time_map.old
    ratios = slow.time_map.ratios[(knots[1:] > start) & (knots[:-1] < end)]
    changed = ratios[np.abs(ratios - 1) > 1e-6]
    least, whole, most, *others = names(slow, start, end)
    assert least == f"at least {changed.min():.2f} times as long"
    assert whole == f"on the whole {1 / 0.6:.2f}"
    assert most == f"at most {changed.max():.2f}"
    copied = ["copied, not changed"] if len(changed) < len(ratios) else []
    assert others[:-1] == copied
    shades = Shades(ratios, 1 / 0.6)
    darkness = 1 - shades.of(np.sort(changed))[:, :3].mean(axis=1)
    assert np.all(np.diff(darkness) >= 0)
    assert np.allclose(shades.of(np.array([1 + 1e-5]))[0], 0.97, atol=0.03)  # nearly white


def test_an_even_change_has_one_shade_and_none_of_the_copied() -> None:
    change = phonseg.change_tempo((np.tile(SPEECH, 6), RATE), 0.8, model=MODEL, even=True)
    figure = change.plot()
    assert names(change) == ["1.25 times as long"]  # in a long window no lines are drawn
    assert len(figure.axes[1].collections) == 1
    assert names(change, 0.0, 2.0)[0] == "1.25 times as long"
    assert names(change, 0.0, 2.0)[1].startswith("boundary (")
    assert figure.axes[0].get_title(loc="right").endswith("factor 0.8, every moment alike")


def test_what_is_not_changed_is_grey_in_all_channels() -> None:
    change = phonseg.change_tempo((np.stack([SPEECH, SPEECH], axis=1), RATE), 1.0, model=MODEL)
    assert names(change)[0] == "copied, not changed"


def test_labels_are_drawn_with_the_old_waveform() -> None:
    own = phonseg.Segmentation(np.array([0.3, 0.7]), len(SPEECH) / RATE, labels=("a", "$t", ""))
    change = phonseg.change_tempo((SPEECH, RATE), 0.8, segmentation=own)
    above, tier, _, _ = change.plot().axes
    assert [text.get_text() for text in tier.texts] == ["a", "$t"]
    assert tier.texts[1].xy[0] == pytest.approx(0.5)  # the middle, in old time
    assert tier.get_xlim() == above.get_xlim()
    assert above.get_title(loc="right").endswith("factor 0.8")
    page = change._repr_html_()
    assert "<th>label</th>" in page
    assert "<summary>3 segments</summary>" in page


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
    assert f"Before ({len(SPEECH) / RATE:.3f} s)" in page
    assert f"After ({slow.duration:.3f} s)" in page
    assert "<th>label</th>" not in page  # numbers alone
    gone = replace(slow, recording=tmp_path / "<gone>.wav")
    page = gone._repr_html_()
    assert "No picture and no sound" in page
    assert "&lt;gone&gt;.wav: does not exist" in page
    assert page.count("<tr><td>") == len(slow.segmentation)
