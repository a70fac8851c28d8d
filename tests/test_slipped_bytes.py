"""Recordings in which single bytes are missing or too many: noise that is speech."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from conftest import RATE, hiss, noise, speech_like, tampered, tone, vowel
from hypothesis import example, given
from hypothesis import strategies as st

from phonseg.audio import open_recording, read
from phonseg.conventions import PHONSEG
from phonseg.crops import crop, survey
from phonseg.errors import PhonsegWarning
from phonseg.segmenter import load
from phonseg.slipped_bytes import JOIN, SPAN, Stretch, put_back, restored, watched

SPOKEN = (32768 * speech_like(16)[0]).astype(np.int16)
# So near to the place of a byte samples may be lost: the place is found to within JOIN, and JOIN around it are made up.
NEAR = 2 * JOIN + 2


def as_blocks(stored: np.ndarray, size: int = 16_384) -> list[np.ndarray]:
    samples = (stored / np.float32(32768)).astype(np.float32)[:, np.newaxis]
    return [samples[start : start + size] for start in range(0, len(samples), size)]


def slipped_in(blocks: list[np.ndarray]) -> list[Stretch]:
    slipped: list[Stretch] = []
    assert sum(map(len, watched(blocks, slipped))) == sum(map(len, blocks))
    return slipped


def put_right(stored: np.ndarray, size: int = 16_384) -> np.ndarray:
    """The stored samples as they were, as whole numbers."""
    slipped: list[Stretch] = []
    first = np.concatenate(list(restored(watched(as_blocks(stored, size), slipped), slipped)))[:, 0]
    found = np.concatenate(list(restored(as_blocks(stored, size), slipped)))[:, 0]
    assert size < 3 * SPAN or np.array_equal(first, found)
    return np.round(32768 * found).astype(np.int64)


# The definition: whatever byte is lost, and whatever byte is one too many, the samples are those that there were.


@given(
    start=st.integers(RATE, RATE * 2),
    length=st.integers(RATE // 10, RATE),
    first_missing=st.booleans(),
    size=st.sampled_from([16_384, 1_024, 1_000, 77, 5]),
)
@example(start=21_598, length=1_826, first_missing=False, size=1_024)  # a straight line would look smoother elsewhere
def test_between_a_lost_byte_and_one_too_many_the_samples_are_those_that_there_were(start, length, first_missing, size):
    stored = tampered(SPOKEN, [start, start + 2 * length], [first_missing, not first_missing])
    found = put_right(stored, size)
    wrong = np.flatnonzero(found != SPOKEN[: len(found)])
    # After a lost byte the sample in hand is made of what is left; after one too many, all come a sample late.
    late = found[1:] != SPOKEN[: len(found) - 1]
    slipped = slice(start // 2 + NEAR, start // 2 + length - NEAR)
    assert not (late[slipped] if not first_missing else found[slipped] != SPOKEN[slipped]).any()
    assert all(place < start // 2 + length + NEAR for place in wrong)
    assert np.abs(np.diff(found)).max() < 3 * np.abs(np.diff(SPOKEN.astype(int))).max()  # no click is left


@given(st.lists(st.integers(RATE, RATE * 2), min_size=1, max_size=4, unique=True))
def test_however_many_bytes_are_lost_no_noise_is_left(places):
    places = [place for i, place in enumerate(sorted(places)) if not i or place - sorted(places)[i - 1] > 8 * SPAN]
    stored = tampered(SPOKEN, places, [True] * len(places))
    found = put_right(stored)
    assert np.abs(found).max() <= np.abs(SPOKEN.astype(int)).max()
    lost = len(places) // 2
    last = slice(places[-1] // 2 + NEAR, len(found) - NEAR)
    assert np.array_equal(found[last], SPOKEN[last.start + lost : last.stop + lost])


def test_a_recording_that_has_slipped_from_its_first_sample_is_read_as_it_was():
    found = put_right(tampered(SPOKEN, [0], [True]))
    assert np.array_equal(found[NEAR:-NEAR], SPOKEN[NEAR : len(found) - NEAR])


# Whatever is sound as it is stays as it is, to the last bit.

loud = np.float32(0.999)
WHOLE = {
    "speech": SPOKEN,
    "loud speech": (32767 * SPOKEN / np.abs(SPOKEN.astype(int)).max()).astype(np.int16),
    "white noise at full scale": np.random.default_rng(0).integers(-32768, 32768, RATE).astype(np.int16),
    "clipped noise": (32767 * np.clip(noise(RATE, level=2.0), -1, loud)).astype(np.int16),
    "a loud hiss": (32767 * np.clip(hiss(RATE, 4000, 7800, level=0.5), -1, loud)).astype(np.int16),
    "a tone": (32767 * tone(RATE, 7000.0, level=1.0)).astype(np.int16),
    "a square wave": np.where(np.arange(RATE) % 2, 32767, -32768).astype(np.int16),
    "8 bits": ((127 * np.clip(noise(RATE, level=0.5), -1, 1)).astype(np.int16) << 8),
    "8 bits, faint": (vowel(RATE, level=0.1) * 127).astype(np.int16) << 8,
    "13 bits": ((32767 * np.clip(noise(RATE, level=0.5), -1, loud)).astype(np.int16) >> 3) << 3,
    "silence": np.zeros(RATE, np.int16),
    "one bit of noise": np.random.default_rng(1).integers(-1, 1, RATE).astype(np.int16),
    "an offset": (SPOKEN // 2 + 10_000).astype(np.int16),
}


@pytest.mark.parametrize("what", WHOLE)
def test_what_is_whole_is_left_alone(what):
    assert slipped_in(as_blocks(WHOLE[what])) == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_recording((WHOLE[what], RATE)).slipped == ()


@given(st.integers(0, 2**32 - 1), st.floats(0.001, 3.0))
def test_no_noise_of_any_loudness_looks_slipped(seed, level):
    stored = (32767 * np.clip(noise(RATE // 2, seed, level), -1, loud)).astype(np.int16)
    assert slipped_in(as_blocks(stored)) == []


@pytest.mark.parametrize("coding", ["ULAW", "ALAW", "PCM_U8", "MS_ADPCM", "IMA_ADPCM"])
def test_what_was_stored_in_fewer_bits_is_left_alone(coding):
    for sound in (WHOLE["loud speech"], WHOLE["white noise at full scale"], WHOLE["a loud hiss"]):
        file = io.BytesIO()
        soundfile.write(file, sound, RATE, format="WAV", subtype=coding)
        assert open_recording(file).slipped == ()


def test_samples_that_were_never_whole_numbers_are_left_alone():
    block = np.random.default_rng(0).uniform(-1, 1, (1000, 1)).astype(np.float32)
    assert slipped_in([block]) == []
    assert put_back(block, 0, [Stretch(0, 1000)]) is block


# As a user meets it.


@pytest.fixture
def slipped(tmp_path):
    """A file whose bytes slip after a second, and the samples that it once held."""
    stored = tampered(SPOKEN, [2 * RATE], [True])
    path = tmp_path / "slipped.flac"
    soundfile.write(path, stored, RATE, subtype="PCM_16")
    return path, SPOKEN[: len(stored)] / np.float32(32768)


def test_a_recording_is_put_right_with_a_warning_that_says_where(slipped):
    path, whole = slipped
    with pytest.warns(PhonsegWarning, match=r"slipped\.flac: is noise at 1\.00-2\.5\d s, since its"):
        samples, _ = read(path, sample_rate=RATE)
    assert np.abs(samples - whole)[np.abs(np.arange(len(whole)) - RATE) > NEAR][:-JOIN].max() == 0
    with pytest.warns(PhonsegWarning):
        recording = open_recording(path)
    assert recording.peak == pytest.approx(np.abs(whole).max(), abs=0.01)  # the peak of the sound, not of the noise
    assert len(recording.slipped) == 1


def test_many_places_are_not_all_told():
    places = [4 * SPAN * place for place in range(20, 34)]
    with pytest.warns(PhonsegWarning, match=r"is noise at (\S+ s, ){2}\S+ s and 4 more, since"):
        open_recording((tampered(SPOKEN, [2 * place for place in places], [True, False] * 7), RATE))


def test_other_channels_are_left_alone(slipped):
    path, _ = slipped
    noisy = soundfile.read(path, dtype="int16")[0]
    assert open_recording((np.stack([noisy, noisy], axis=1), RATE)).slipped == ()


def test_by_other_conventions_the_noise_stays(slipped):
    path, _ = slipped
    noisy = soundfile.read(path, dtype="float32")[0]
    recording = open_recording(path, as_stored=True)
    assert recording.slipped == ()
    assert np.array_equal(np.concatenate(list(recording.blocks(RATE))), noisy)
    as_stored = replace(load(), conventions=replace(PHONSEG, as_stored=True))
    moved = noisy + np.float32(1e-7)  # no whole numbers any more
    expected = load().segment((moved, RATE)).boundaries
    assert np.allclose(as_stored.segment(path).boundaries, expected, atol=1e-6)


def test_boundaries_are_those_of_the_whole_recording(slipped):
    path, whole = slipped
    default = load()
    with pytest.warns(PhonsegWarning):
        found = default.segment(path).boundaries
    assert np.allclose(found, default.segment((whole, RATE)).boundaries, atol=1e-3)


def test_crops_to_train_on_are_put_right(slipped):
    path, whole = slipped
    with pytest.warns(PhonsegWarning):
        (material,) = survey([path], RATE, 0.5, progress=False).materials
    for start in (0, RATE // 2, RATE + 100):
        samples = crop(material, start / RATE, RATE // 2, RATE) * np.sqrt(material.level)
        expected = whole[start : start + RATE // 2].copy()
        assert np.abs(samples - expected)[np.abs(np.arange(start, start + RATE // 2) - RATE) > NEAR][1:].max() < 1e-6
