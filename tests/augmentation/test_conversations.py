"""Conversations in hard places, made of pieces of clean speech."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from conftest import RATE, vowel

from phonseg.augmentation import conversations as module, places, sounds
from phonseg.augmentation.conversations import Piece, draw_conversation

SECONDS = 6.0


def piece(generator: np.random.Generator, source: int | None) -> Piece:
    """A vowel between two pauses of 0.1 s, by one of five speakers."""
    n = int(generator.integers(RATE // 4, RATE))
    pause = np.zeros(RATE // 10, np.float32)
    which = int(generator.integers(5)) if source is None else source
    samples = np.concatenate([pause, vowel(n, pitch=100 + 20 * which), pause])
    return Piece(samples, [(0.1, 0.1 + n / RATE)], which)


def conversation(seed: int) -> module.Conversation:
    return draw_conversation(piece, SECONDS, RATE, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(12))
def test_a_conversation_has_its_length_and_depends_on_its_generator_alone(seed):
    samples, speech = conversation(seed)
    assert samples.shape == (SECONDS * RATE,)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() <= 1
    again = conversation(seed)
    np.testing.assert_array_equal(again.samples, samples)
    assert again.speech == speech
    assert all(end > start for start, end in speech)


def test_speech_is_where_the_dry_pieces_have_some(monkeypatch):
    """Without a room, background, telephone and equaliser, only speech is louder than silence."""
    heard = 0.0
    for name in ("telephone", "equalised"):
        monkeypatch.setattr(module, name, lambda samples, *rest: samples)
    monkeypatch.setattr(module, "mu_law", lambda samples: samples)
    monkeypatch.setattr(module, "_background", lambda *arguments: [])
    monkeypatch.setattr(module, "played_in", lambda samples, response: samples)
    for seed in range(20):
        samples, speech = conversation(seed)
        spoken = np.zeros(len(samples), np.bool_)
        for start, end in speech:
            spoken[max(0, round(start * RATE) - 2) : max(0, round(end * RATE) + 2)] = True
        assert not samples[~spoken].any()
        heard += np.abs(samples[spoken]).sum()
    assert heard > 0


def test_some_conversations_have_no_speech_and_some_have_speakers_who_interrupt():
    found = [conversation(seed).speech for seed in range(60)]
    assert 0 < sum(not speech for speech in found) < 10
    assert any(after[0] < before[1] for speech in found for before, after in pairwise(speech))


@pytest.mark.parametrize("seed", range(6))
def test_sounds_have_a_mean_square_of_one(seed):
    generator = np.random.default_rng(seed)
    for sound in (
        sounds.coloured_noise(RATE, generator),
        sounds.wind(RATE, generator),
        sounds.hum(RATE, RATE, generator),
        sounds.other_sound(RATE, generator),
    ):
        assert sound.dtype == np.float32
        assert np.square(sound, dtype=np.float64).mean() == pytest.approx(1, rel=1e-3)
        assert len(sound) <= 2 * RATE


@pytest.mark.parametrize("seed", range(6))
def test_the_direct_sound_of_a_room_is_unchanged_and_its_tail_has_the_energy_it_should(seed):
    response = places.room_response(RATE, np.random.default_rng(seed))
    assert response[0] == 1
    assert places.SHORTEST_T60 * RATE <= len(response) + 1 <= places.LONGEST_T60 * RATE + 2
    energy = -10 * np.log10(np.square(response[1:], dtype=np.float64).sum())
    assert places.LEAST_DIRECT - 0.5 <= energy <= places.MOST_DIRECT + 0.5
    click = np.zeros(10, np.float32)
    click[3] = 1
    heard = places.played_in(click, response)
    np.testing.assert_allclose(heard[3 : 3 + len(response)], response, atol=1e-5)


def test_the_telephone_keeps_its_band_and_nothing_else():
    times = np.arange(RATE, dtype=np.float32) / RATE
    for frequency, kept in ((40, False), (1000, True), (7000, False)):
        tone = np.sin(2 * np.pi * frequency * times).astype(np.float32)
        for seed in range(4):
            heard = places.telephone(tone, RATE, np.random.default_rng(seed))
            assert (heard.std() > 0.6) == kept
            assert heard.std() > 0.6 or heard.std() < 0.1


def test_the_mu_law_rounds_to_255_values_and_keeps_the_largest():
    samples = np.linspace(-0.5, 0.5, 10_001, dtype=np.float32)
    rounded = places.mu_law(samples)
    assert len(np.unique(rounded)) == 255
    assert np.abs(rounded - samples).max() < 0.02
    assert np.abs(rounded).max() == pytest.approx(0.5, rel=1e-4)
    assert not places.mu_law(np.zeros(5, np.float32)).any()
