"""Recording and factor -> the same speech faster or slower, or only the map between the two."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from phonseg.audio.channels import Channel
from phonseg.audio.decoding.source import Source
from phonseg.errors import ConfigurationError
from phonseg.model.options import SegmentOptions
from phonseg.model.segmenter import Segmenter
from phonseg.tempo.options import TempoOptions
from phonseg.tempo.tempo_change import TempoChange
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.time_map import TimeMap


def change_tempo(
    source: Source,
    factor: float,
    *,
    even: bool = False,
    segmentation: Segmentation | None = None,
    model: Segmenter | str | Path = "default",
    sensitivity: float | None = None,
    rate: float | None = None,
    channel: Channel = "mix",
) -> TempoChange:
    """Makes speech faster or slower: what is steady changes most, and bursts that are found, as of [p], are copied.

    Args:
        source: a path, an open file, (samples, sample rate), or a parselmouth Sound.
        factor: how many times as fast it becomes, 0.5 to 2; 1 returns the samples as they are.
        even: whether every moment is changed alike.
        segmentation: the segments of the recording, such as corrected ones; None to find them.
        model: "default", a Segmenter, or the path of a model file, by which they are found.
        sensitivity: 0 (fewest boundaries) to 1 (most); 0.5 if neither this nor `rate` is given.
        rate: instead, boundaries per second of speech, 0 or more.
        channel: in which the segments are found and by which the map is made: "mix", or the number of one, counted from
            1. All channels are changed alike.

    Returns:
        The new recording, of round(n / factor) samples, with the map and the segments in new time.

    Raises:
        AudioError: if the recording cannot be read, or has no such channel.
        ConfigurationError: if an option is out of its range, or the segments are those of another recording.
        ModelError: if the model cannot be loaded.

    Warns:
        PhonsegWarning: if something about the recording should be checked, although it can be used.
    """
    options = TempoOptions(factor, even, SegmentOptions(model, sensitivity, rate, channel))
    return options.plan(source, segmentation).change()


def time_map(
    source: Source | Segmentation,
    factor: float,
    *,
    even: bool = False,
    segmentation: Segmentation | None = None,
    model: Segmenter | str | Path = "default",
    sensitivity: float | None = None,
    rate: float | None = None,
    channel: Channel = "mix",
) -> TimeMap:
    """Finds the map by which `change_tempo` makes a recording faster or slower, without doing so.

    Args:
        source: a path, an open file, (samples, sample rate), a parselmouth Sound; or a segmentation that knows its
            recording, as `phonseg.segment` returns it.
        factor: how many times as fast the recording becomes, 0.5 to 2.
        even: whether every moment is changed alike.
        segmentation: the segments of the recording, such as corrected ones; None to find them.
        model: "default", a Segmenter, or the path of a model file, by which they are found.
        sensitivity: 0 (fewest boundaries) to 1 (most); 0.5 if neither this nor `rate` is given.
        rate: instead, boundaries per second of speech, 0 or more.
        channel: as for `change_tempo`; for a segmentation that phonseg made, the channel in which it was found.

    Returns:
        The map from old time, on the time axis of the recording, to new time, which begins at 0.

    Raises:
        AudioError: if the recording cannot be read, or has no such channel.
        ConfigurationError: if an option is out of its range, if the segments are those of another recording, or if a
            segmentation does not know its recording.
        ModelError: if the model cannot be loaded.

    Warns:
        PhonsegWarning: if something about the recording should be checked, although it can be used.
    """
    if isinstance(source, Segmentation) and source.provenance is not None:
        channel = cast(Channel, source.provenance.settings.get("channel", channel))
    options = TempoOptions(factor, even, SegmentOptions(model, sensitivity, rate, channel))
    if not isinstance(source, Segmentation):
        return options.plan(source, segmentation).time_map
    if segmentation is not None or source.recording is None:
        problem = "two segmentations are given" if segmentation is not None else "it does not know its recording"
        raise ConfigurationError(f"time_map: {problem}. Give the recording, and its segments as `segmentation`.")
    return options.plan(source.recording, source).time_map
