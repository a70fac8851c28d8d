"""What is said of two durations: the rules, and what the times of a file seem to be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from phonseg.evaluation.durations import SAMPLE_RATES, Length, Level, compare_durations

seconds = st.one_of(st.just(0.0), st.floats(0.001, 100_000), st.floats(4, 12))


def judged(reference: Length, prediction: Length) -> Level | None:
    found = compare_durations(reference, prediction)
    return None if found is None else found.level


def said(reference: Length, prediction: Length) -> str:
    found = compare_durations(reference, prediction)
    assert found is not None
    return found.text


def same(one: float, other: float) -> bool:
    difference = abs(one - other)
    return difference <= 0.05 + 1e-9 or difference <= 0.01 * max(one, other) + 1e-9


@given(seconds, seconds)
def test_two_durations_are_the_same_or_differ_or_cannot_be_of_one_recording(one: float, other: float) -> None:
    level = judged(Length("a", one), Length("b", other))
    if same(one, other):
        assert level is None
    else:
        apart = math.inf if not min(one, other) else max(one, other) / min(one, other)
        assert level == (Level.REFUSAL if apart >= 1.9 - 1e-9 else Level.WARNING)
    assert judged(Length("b", other), Length("a", one)) == level


@given(seconds, seconds)
def test_what_ends_at_its_last_label_may_be_short_but_not_long(labels: float, duration: float) -> None:
    side, told = Length("a.phn", labels, tells_duration=False, per_second=(16_000,)), Length("b", duration)
    for level in (judged(side, told), judged(told, side)):
        if same(labels, duration):
            assert level is None
        elif labels > duration:
            assert level == (Level.REFUSAL if labels >= 1.9 * duration - 1e-9 else Level.WARNING)
        elif labels < duration / 2:
            assert level == Level.REFUSAL
        else:
            assert level in (Level.NOTE, Level.WARNING)


@given(seconds, seconds)
def test_of_two_last_labels_that_of_the_reference_may_be_too_late(reference: float, prediction: float) -> None:
    both = [Length(name, time, tells_duration=False) for name, time in (("a", reference), ("b", prediction))]
    told = Length("b", prediction) if reference > prediction else both[1]
    assert judged(*both) == judged(both[0], told)


@given(seconds, seconds)
def test_a_list_of_boundaries_can_only_be_too_long(last: float, duration: float) -> None:
    side = Length("list", last, tells_duration=False, is_list=True)
    assert judged(side, side._replace(seconds=duration)) is None or duration < last
    for told in (Length("b", duration), Length("b.phn", duration, tells_duration=False)):
        if last <= duration:
            assert judged(side, told) is None
        elif not same(last, duration):
            assert judged(side, told) in (Level.WARNING, Level.REFUSAL)


def test_a_recording_that_ends_in_silence_is_worth_a_note() -> None:
    found = compare_durations(
        Length("x.phn", 2.9, tells_duration=False, per_second=(16_000,)), Length("x.TextGrid", 3.1)
    )
    assert found is not None
    assert (found.level, found.kind) == (Level.NOTE, "references end before their predictions")
    assert found.text.startswith("x.phn: ends at 2.900 s, but x.TextGrid lasts 3.100 s.")


@pytest.mark.parametrize("rate", [rate for rate in SAMPLE_RATES if rate != 16_000])
@pytest.mark.parametrize("part", [1.0, 0.985])
def test_a_phn_file_at_another_rate_is_recognised(rate: int, part: float) -> None:
    side = Length("x.phn", part * 5 * rate / 16_000, tells_duration=False, per_second=(16_000,))
    for text in (said(side, Length("y", 5)), said(Length("y", 5), side)):
        assert (
            f"samples at {rate} Hz, not at 16000 Hz: if so, give --sample-rate {rate} (in Python, sample_rate={rate})"
            in text
        )
    assert judged(side, Length("y", 5)) in (Level.WARNING, Level.REFUSAL)


@pytest.mark.parametrize(
    ("factor", "unit"),
    [(1000, "milliseconds"), (1e6, "microseconds"), (1e7, "units of 100 ns"), (44_100, "samples at 44")],
)
def test_other_units_than_seconds_are_recognised(factor: float, unit: str) -> None:
    for tells in (True, False):
        text = said(Length("x.csv", 4.97 * factor, tells_duration=tells), Length("y.TextGrid", 4.97))
        assert f"The times of x.csv seem to be {unit}" in text
    assert "y.TextGrid" in said(Length("x.csv", 4.97), Length("y.TextGrid", 4.97 * factor)).partition("The times of")[2]


@pytest.mark.parametrize(("units", "name"), [(1000, "milliseconds"), (16_000, "samples at 16000 Hz")])
def test_whole_numbers_in_a_lab_file_may_be_no_units_of_htk(units: float, name: str) -> None:
    side = Length("x.lab", 4.97 * units / 1e7, tells_duration=False, per_second=(1, 1e7))
    assert f"x.lab seem to be {name}, not units of 100 ns" in said(side, Length("y", 4.97))
    assert "units" not in said(side._replace(seconds=4.6), Length("y", 4.97))


def test_the_ratio_of_two_usual_rates_is_told() -> None:
    assert "44100 and 48000 Hz have this ratio" in said(Length("a", 10.0), Length("b", 10.0 * 48_000 / 44_100))
    assert judged(Length("a", 10 / 1.5625, tells_duration=False), Length("b", 10)) == Level.WARNING
    assert said(Length("a", 10.0), Length("b", 13.0)).endswith("Do they belong to the same recording?")


def test_a_reference_that_is_labelled_in_part_may_be_short_where_that_is_meant() -> None:
    side, told = Length("a.csv", 10, tells_duration=False), Length("b", 60)
    assert "give --labelled-only" in said(side, told)
    found = compare_durations(side, told, labelled_only=True)
    assert found is not None
    assert found.level == Level.NOTE
    found = compare_durations(side._replace(seconds=0.06), told, labelled_only=True)
    assert found is not None
    assert found.level == Level.REFUSAL
