"""Ogg files that lack pages, end too early, or hold several recordings."""

from __future__ import annotations

import io
import itertools
import re

import numpy as np
import pytest
import soundfile
from conftest import RATE, noise

from phonseg.audio.decoding.decoder import CHAINED
from phonseg.audio.decoding.ogg import BROKEN, UNENDED, flaw_of_ogg


def encoded(coding: str, seconds: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, noise(seconds * RATE), RATE, format="OGG", subtype=coding)
    return file.getvalue()


def flaw(data: bytes) -> str:
    return flaw_of_ogg(io.BytesIO(data))


@pytest.mark.parametrize("coding", ["VORBIS", "OPUS"])
def test_an_ogg_file_is_whole_only_with_its_last_page(coding):
    data = encoded(coding, 5)
    assert flaw(data) == ""
    assert flaw(data + b"junk" * 100) == ""
    last = data.rindex(b"OggS")
    for kept in (last, last + 10, last + 27, len(data) - 1, len(data) // 2, 50):
        assert flaw(data[:kept]) == UNENDED
    other = encoded(coding, 3)
    while other[14:18] == data[14:18]:  # the number of the stream, which is drawn at random
        other = encoded(coding, 3)
    assert flaw(data + other) == CHAINED


@pytest.mark.parametrize("coding", ["VORBIS", "OPUS"])
def test_a_missing_or_damaged_page_of_an_ogg_file_is_noticed_wherever_it_is(coding):
    data = encoded(coding, 10)
    starts = [found.start() for found in re.finditer(b"OggS", data)]
    assert len(starts) > 5
    for start, end in itertools.pairwise(starts[1:]):
        assert flaw(data[:start] + data[end:]) == BROKEN
    for place in np.random.default_rng(0).integers(starts[0] + 4, starts[-1], 100):
        damaged = data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]
        assert flaw(damaged) in (BROKEN, UNENDED)


def test_several_streams_in_one_ogg_file_must_all_end():
    one, two = (encoded("VORBIS", seconds) for seconds in (1, 2))
    pages = [re.split(b"(?=OggS)", data)[1:] for data in (one, two)]
    first, second = pages[0][:1] + pages[1][:1], pages[1][1:] + pages[0][1:]
    assert flaw(b"".join(first + second)) == ""
    assert flaw(b"".join(first + second[:-1])) == UNENDED
