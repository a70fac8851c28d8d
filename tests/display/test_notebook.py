"""What a notebook is given: HTML that holds all it needs, and never an error."""

from __future__ import annotations

import io
import json
import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings, strategies as st
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from phonseg.display.notebook import show
from phonseg.display.page import PLAYER_RATE
from phonseg.errors import AudioError, ConfigurationError, printable
from phonseg.timeline.segmentation import Segmentation

RATE = 8_000
SECOND = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)


def cut(*boundaries: float, duration: float = 1.0, rate: int = RATE, **others: object) -> Segmentation:
    recording = (np.resize(SECOND, round(duration * rate)), rate)
    return Segmentation(np.array(boundaries), duration, **{"recording": recording, **others})  # type: ignore[arg-type]


class Page(HTMLParser):
    """The elements of a page in order, with their attributes; `open` holds those that were never closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.cells: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "img":
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" not in self.open:
            self.text += data
        if self.open and self.open[-1] == "td":
            self.cells[-1] += data

    def only(self, tag: str) -> dict[str, Any]:
        (attributes,) = [attributes for name, attributes in self.elements if name == tag]
        return attributes


def embedded(source: str, kind: str) -> bytes:
    head, _, data = source.partition(",")
    assert head == f"data:{kind};base64"
    return b64decode(data, validate=True)


def test_it_is_a_picture_and_one_sound_and_nothing_from_outside() -> None:
    text = cut(0.2, 0.5)._repr_html_()
    page = Page(text)
    assert page.open == []
    with Image.open(io.BytesIO(embedded(page.only("img")["src"], "image/png"))) as image:
        assert image.width == 1100
    assert soundfile.info(io.BytesIO(embedded(page.only("audio")["src"], "audio/wav"))).duration == 1.0
    assert re.findall(r"(?:src|href)=\"(?!data:)|https?://|url\(|@import|<link|<iframe|\bon\w+=", text) == []
    assert " id=" not in text  # two outputs on a page would share it


def test_ipython_shows_it() -> None:
    shown, _ = DisplayFormatter().format(cut(0.5))
    assert shown["text/html"] == cut(0.5)._repr_html_()


@settings(max_examples=6)
@given(st.sampled_from([8_000, 16_000, 44_100]), st.integers(0, 900), st.integers(20, 100))
def test_the_sound_is_the_window_sample_for_sample(rate: int, first: int, length: int) -> None:
    start, end = first / 1000, (first + length) / 1000
    segmentation = cut(0.5, rate=rate)
    samples, held = soundfile.read(
        io.BytesIO(embedded(Page(show(segmentation, start, end)).only("audio")["src"], "audio/wav"))
    )
    assert held == min(rate, PLAYER_RATE)
    assert len(samples) == round(end * held) - round(start * held)
    if rate == held:
        wanted = segmentation.recording[0][round(start * rate) : round(end * rate)]
        assert np.abs(samples - wanted).max() <= 2**-15


def test_what_is_louder_than_full_scale_is_not_clipped() -> None:
    loud = cut(0.5, recording=(100 * SECOND, RATE))
    samples, _ = soundfile.read(io.BytesIO(embedded(Page(loud._repr_html_()).only("audio")["src"], "audio/wav")))
    assert np.abs(samples / np.abs(samples).max() - SECOND / np.abs(SECOND).max()).max() < 1e-3


def test_segments_are_told_with_their_place_in_the_sound_and_a_name() -> None:
    page = Page(cut(0.2, 0.5, labels=["a", "", "ʃ"]).player(0.1, 0.4)._repr_html_())
    told = page.elements[0][1]
    assert json.loads(str(told["data-segments"])) == [
        [0.0, pytest.approx(0.1), "segment 1, a, 0.000 to 0.200 s"],
        [pytest.approx(0.1), pytest.approx(0.3), "segment 2, 0.200 to 0.500 s"],
    ]
    assert float(str(told["data-seconds"])) == pytest.approx(0.3)
    assert page.cells == ["1", "0.000", "0.200", "200", "a", "2", "0.200", "0.500", "300", ""]


@settings(max_examples=3)
@example("\ud800", "a\x00b")
@example("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>')
@given(st.text(max_size=30), st.text(alphabet="<>&\"'/script=", max_size=30))
def test_no_label_becomes_html(one: str, other: str) -> None:
    """Whatever characters, half pairs of UTF-16 too: they reach the notebook, which is UTF-8, as text."""
    text = cut(0.5, labels=[one, other])._repr_html_()
    page = Page(text)
    assert page.open == []
    assert {tag for tag, _ in page.elements} <= {
        *("div", "img", "audio", "p", "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "script"),
    }
    assert len([tag for tag, _ in page.elements if tag == "script"]) == 1
    clean = [printable(" ".join(label.encode("utf-8", "replace").decode().split())) for label in (one, other)]
    assert page.cells[4::5] == clean
    assert text.encode("utf-8")


def test_more_than_30_seconds_are_cut_and_it_says_how_to_see_another_part() -> None:
    long = cut(1.0, 31.0, 40.0, duration=70.0)
    page = Page(long._repr_html_())
    assert soundfile.info(io.BytesIO(embedded(page.only("audio")["src"], "audio/wav"))).duration == 30.0
    assert "Shown: 0 to 30 s of the 70 s of <samples>." in page.text
    assert ".player(start, end)" in page.text
    assert "2 of 4 segments, 0 to 30 s" in page.text
    assert "Shown: 35 to 65 s" in Page(long.player(35)._repr_html_()).text
    assert "Shown: 60 to 70 s" in Page(long.player(60)._repr_html_()).text
    assert ".player" not in Page(cut(0.5)._repr_html_()).text


def test_a_window_that_cannot_be_is_an_error_when_it_is_asked_for() -> None:
    long = cut(1.0, duration=70.0)
    with pytest.raises(ConfigurationError, match=r"0 to 31 s is too long for a notebook\. Give start and end"):
        long.player(0, 31)
    with pytest.raises(ConfigurationError, match="is not inside it"):
        long.player(71)
    with pytest.raises(ConfigurationError, match="is too short or too long for a picture"):
        long.player(1, 1.001)
    with pytest.raises(ConfigurationError, match="does not know its recording"):
        cut(0.5, recording=None).player()
    with pytest.raises(AudioError, match=r"gone\.wav"):
        cut(0.5, recording="gone.wav").player()


def test_a_reference_is_drawn_too() -> None:
    one, other = cut(0.5)._repr_html_(), cut(0.5).player(reference=cut(0.4))._repr_html_()
    heights = []
    for text in (one, other):
        with Image.open(io.BytesIO(embedded(Page(text).only("img")["src"], "image/png"))) as image:
            heights.append(image.height)
    assert heights[0] < heights[1]


def closed_file(path: Path) -> Any:
    soundfile.write(path, SECOND, RATE)
    with path.open("rb") as file:
        return file


@pytest.mark.parametrize("kind", ["none", "gone", "closed", "no sound", "shorter", "tiny"])
def test_without_a_recording_there_is_a_table_that_says_why(kind: str, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("<b>no sound</b>")
    recording = {
        "none": None,
        "gone": tmp_path / "<i>gone.wav",
        "closed": closed_file(tmp_path / "x.wav"),
        "no sound": tmp_path / "text.wav",
        "shorter": (SECOND[:4000], RATE),
        "tiny": (SECOND[:10], RATE),
    }[kind]
    page = Page(cut(0.5, labels=["a", "b"], recording=recording)._repr_html_())
    assert page.open == []
    assert page.text.startswith("No picture and no sound: ")
    assert page.cells == ["1", "0.000", "0.500", "500", "a", "2", "0.500", "1.000", "500", "b"]
    assert page.only("details") == {"open": None}
    assert {"img", "audio", "script"}.isdisjoint(tag for tag, _ in page.elements)


def test_the_emptiest_segmentation_is_shown() -> None:
    assert "No picture" in Page(Segmentation(np.zeros(0), 0.0)._repr_html_()).text


def test_what_a_damaged_recording_warns_of_is_not_said_again(tmp_path: Path) -> None:
    """A warning is an error here."""
    soundfile.write(tmp_path / "x.wav", SECOND, RATE)
    data = (tmp_path / "x.wav").read_bytes()
    (tmp_path / "x.wav").write_bytes(data[: len(data) // 2 + 100])
    page = Page(cut(0.2, duration=0.5, recording=tmp_path / "x.wav")._repr_html_())
    assert page.only("audio")
