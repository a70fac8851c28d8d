"""What a notebook is given of turns: HTML that holds all it needs, and never an error."""

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
from conftest import noise
from hypothesis import example, given, settings, strategies as st
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from phonseg.display.turns.player import TurnPlayer, show_turns
from phonseg.errors import AudioError, ConfigurationError, printable
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

RATE = 8_000
TURNS = (0.2, 0.5, "Ann", 0.9), (0.4, 0.8, "Bo", 0.75), (0.8, 1.0, "Ann")


def talk(*turns: tuple[object, ...], duration: float = 1.0, **others: object) -> Diarization:
    recording = (np.resize(noise(RATE), round(duration * RATE)), RATE)
    named = {"recording": recording, **others}
    return Diarization(tuple(Turn(*turn) for turn in turns), duration, **named)  # type: ignore[arg-type]


class Page(HTMLParser):
    """The elements of a page, and the text in the cells of its table; `open` holds those that were never closed."""

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


def sound_in(page: Page) -> tuple[np.ndarray[Any, Any], int]:
    head, _, data = page.only("audio")["src"].partition(",")
    assert head == "data:audio/wav;base64"
    samples, rate = soundfile.read(io.BytesIO(b64decode(data, validate=True)))
    return samples, rate


def test_it_is_a_picture_and_one_sound_and_nothing_from_outside() -> None:
    text = talk(*TURNS)._repr_html_()
    page = Page(text)
    assert page.open == []
    with Image.open(io.BytesIO(b64decode(page.only("img")["src"].partition(",")[2]))) as image:
        assert image.width == 1100
    samples, rate = sound_in(page)
    assert (len(samples), rate) == (RATE, RATE)
    assert np.abs(samples - noise(RATE)).max() <= 2**-15
    assert re.findall(r"(?:src|href)=\"(?!data:)|https?://|url\(|@import|<link|<iframe|\bon\w+=", text) == []
    assert " id=" not in text  # two outputs on a page would share it


def test_ipython_shows_it() -> None:
    for shown in (talk(*TURNS), talk(*TURNS).player()):
        assert DisplayFormatter().format(shown)[0]["text/html"] == talk(*TURNS)._repr_html_()


def test_the_whole_and_every_turn_have_a_button_each_turn_in_its_lane() -> None:
    page = Page(talk(*TURNS).player(0.1, 0.6)._repr_html_())
    told = page.elements[0][1]
    whole, *turns = json.loads(str(told["data-segments"]))
    assert whole[:3] == [0.0, pytest.approx(0.5), "all, 0.1 to 0.6 s"]
    assert [turn[:3] for turn in turns] == [
        [pytest.approx(0.1), pytest.approx(0.4), "turn 1, Ann, 0.200 to 0.500 s"],
        [pytest.approx(0.3), pytest.approx(0.5), "turn 2, Bo, 0.400 to 0.800 s"],
    ]
    places = [button[3:] for button in (whole, *turns)]  # top and height, in per cent: waveform, gap, two lanes
    assert places[0][0] == 0
    assert places[0][0] + places[0][1] < places[1][0]
    assert places[1][1] == places[2][1]
    assert places[1][0] + places[1][1] == pytest.approx(places[2][0])
    assert places[2][0] + places[2][1] == pytest.approx(100)
    assert told["data-count"] == "2 turns"
    assert page.cells == [
        *("1", "Ann", "0.200", "0.500", "0.300", "0.90"),
        *("2", "Bo", "0.400", "0.800", "0.400", "0.75"),
    ]
    assert "2 of 3 turns, 0.1 to 0.6 s" in page.text


def test_times_may_be_numbers_of_numpy() -> None:
    told = Page(talk((np.float32(0.25), np.float32(0.5), "a", np.float32(0.5)))._repr_html_()).elements[0][1]
    assert json.loads(str(told["data-segments"]))[1][:2] == [0.25, 0.5]


def test_a_turn_without_a_score_has_none_in_the_table() -> None:
    assert Page(talk(*TURNS)._repr_html_()).cells[-6:] == ["3", "Ann", "0.800", "1.000", "0.200", ""]


@settings(max_examples=6)
@example("\ud800", "a\x00b")
@example("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>')
@example("'&</details>", "$x^2$")
@given(st.text(min_size=1, max_size=30).filter(str.strip), st.text(alphabet="<>&\"'/script=", min_size=1, max_size=30))
def test_no_name_becomes_html(one: str, other: str) -> None:
    text = talk((0, 0.4, one), (0.5, 1, other))._repr_html_()
    page = Page(text)
    assert page.open == []
    assert {tag for tag, _ in page.elements} <= {
        *("div", "img", "audio", "p", "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "script"),
    }
    assert len([tag for tag, _ in page.elements if tag == "script"]) == 1
    clean = [printable(" ".join(name.encode("utf-8", "replace").decode().split())) for name in (one, other)]
    assert page.cells[1::6] == clean
    assert text.encode("utf-8")


def test_more_than_30_seconds_are_cut_and_it_says_how_to_see_another_part() -> None:
    long = talk((1, 29, "a"), (35, 50, "b"), duration=70.0)
    page = Page(long._repr_html_())
    assert len(sound_in(page)[0]) == 30 * RATE
    assert "Shown: 0 to 30 s of the 70 s of <samples>." in page.text
    assert ".player(start, end)" in page.text
    assert "1 of 2 turns, 0 to 30 s" in page.text
    assert "Shown: 60 to 70 s" in Page(long.player(60)._repr_html_()).text


def test_a_window_that_cannot_be_is_an_error_when_it_is_asked_for() -> None:
    long = talk(duration=70.0)
    with pytest.raises(ConfigurationError, match=r"0 to 31 s is too long for a notebook\. Give start and end"):
        TurnPlayer(long, 0, 31)
    with pytest.raises(ConfigurationError, match="is not inside it"):
        long.player(71)
    with pytest.raises(ConfigurationError, match="this diarization does not know its recording"):
        talk(recording=None).player()
    with pytest.raises(AudioError, match=r"gone\.wav"):
        talk(recording="gone.wav").player()


@pytest.mark.parametrize("kind", ["none", "gone", "no sound", "shorter", "tiny"])
def test_without_a_recording_there_is_a_table_that_says_why(kind: str, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("<b>no sound</b>")
    recording = {
        "none": None,
        "gone": tmp_path / "<i>gone.wav",
        "no sound": tmp_path / "text.wav",
        "shorter": (noise(4000), RATE),
        "tiny": (noise(10), RATE),
    }[kind]
    page = Page(talk(*TURNS[:1], recording=recording)._repr_html_())
    assert page.open == []
    assert page.text.startswith("No picture and no sound: ")
    assert page.cells == ["1", "Ann", "0.200", "0.500", "0.300", "0.90"]
    assert page.only("details") == {"open": None}
    assert {"img", "audio", "script"}.isdisjoint(tag for tag, _ in page.elements)


def test_the_emptiest_diarizations_are_shown() -> None:
    assert "No picture" in Page(Diarization((), 0.0)._repr_html_()).text
    assert "0 of 0 turns" in Page(talk()._repr_html_()).text
    assert "1 of 1 turns, 0.9 to 1 s" in Page(show_turns(talk((0.95, 1, "a")), 0.9)).text
