"""Factor, and how the map is found -> one checked value, which plans changes of tempo."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from numbers import Real

import numpy as np

from phonseg.audio.decoding.libsndfile import MP3_IN_PRAAT
from phonseg.audio.decoding.source import Source
from phonseg.audio.recording import Recording, open_recording
from phonseg.errors import ConfigurationError, PhonsegWarning
from phonseg.model.numeric_state import own_numeric_state
from phonseg.model.options import SegmentOptions
from phonseg.tempo.map_making import find_time_map
from phonseg.tempo.tempo_plan import TempoPlan
from phonseg.timeline.mapped import fitted
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.time_map import TimeMap

SLOWEST, FASTEST = 0.5, 2.0  # beyond these, speech sounds like something else


@dataclass(frozen=True, slots=True)
class TempoOptions:
    """The options of a change of tempo.

    Attributes:
        factor: how many times as fast the recording becomes, 0.5 to 2; 1 leaves it as it is.
        even: whether every moment is changed alike. Otherwise what is steady takes more of the change than what is
            not, and the bursts that are found take none.
        segmenting: how the boundaries are found.

    Raises:
        ConfigurationError: if a value is out of its range.
    """

    factor: float
    even: bool = False
    segmenting: SegmentOptions = field(default_factory=SegmentOptions)

    def __post_init__(self) -> None:
        factor = self.factor
        if isinstance(factor, bool) or not (isinstance(factor, Real) and SLOWEST <= factor <= FASTEST):
            wanted = f"Give a number from {SLOWEST:g} to {FASTEST:g}, such as 0.8 for slower or 1.25 for faster speech."
            shown = f"{factor:g}" if isinstance(factor, float) else f"{factor!r:.80}"
            raise ConfigurationError(f"factor is {shown}. {wanted}")
        object.__setattr__(self, "factor", float(factor))  # also one of NumPy
        if not isinstance(self.even, bool | np.bool_):
            raise ConfigurationError(f"even is {self.even!r:.80}. Give True or False.")
        object.__setattr__(self, "even", bool(self.even))

    def plan(
        self, source: Source, segmentation: Segmentation | None = None, *, called: str = "the segments"
    ) -> TempoPlan:
        """Finds the map of a recording; nothing is rendered yet.

        Args:
            source: a path, an open file, (samples, sample rate), or a parselmouth Sound.
            segmentation: the segments of the recording; None to find them.
            called: what messages call the segments, such as the path of a TextGrid.

        Returns:
            The plan.

        Raises:
            AudioError: if the recording cannot be read, or has no such channel.
            ConfigurationError: if the segments are those of another recording, or options of finding segments are given
                with them.
            ModelError: if the model cannot be loaded.

        Warns:
            PhonsegWarning: if something about the recording should be checked, although it can be used.
        """
        if segmentation is not None and replace(self.segmenting, channel="mix") != SegmentOptions():
            problem = "segments are given, so model, sensitivity and rate have no effect"
            raise ConfigurationError(f"segmentation: {problem}. Leave them out.")
        recording = open_recording(source, channel=self.segmenting.channel)
        if segmentation is None:
            # What Praat does with an MP3 file is of no concern: what is made is WAV or FLAC.
            remarks = tuple(remark for remark in recording.remarks if not remark.endswith(MP3_IN_PRAAT))
            segments = self.segmenting.segment(replace(recording, remarks=remarks))
            segments = replace(segments, start=recording.first, duration=recording.duration)
        else:
            segments = _inside(segmentation, recording, called)
            for remark in recording.remarks:
                warnings.warn(remark, PhonsegWarning, stacklevel=3)
        with own_numeric_state():
            found = find_time_map(recording, segments, self.factor, even=self.even)
        time_map = TimeMap(found.old + recording.first, found.new)
        made = time_map, time_map.apply(segments), self.provenance(segmentation)
        return TempoPlan(source, recording, self.factor, found, *made)

    def provenance(self, segments: Segmentation | None = None) -> Provenance:
        """Returns the provenance of what these options make.

        Args:
            segments: from which the map is made; None for those that the model finds.

        Returns:
            The provenance: of the model, whose name is empty if no model made the segments, and with all settings.

        Raises:
            ModelError: if the model cannot be loaded.
        """
        if segments is None:
            origin = self.segmenting.segmenter().provenance(self.segmenting)
        else:
            origin = segments.provenance or Provenance(version("phonseg"), "", "")
        channel = self.segmenting.settings["channel"]
        own = {"channel": channel, "factor": self.factor, **({"even": True} if self.even else {})}
        return replace(origin, settings={**origin.settings, **own})


def _inside(segmentation: Segmentation, recording: Recording, called: str) -> Segmentation:
    """The segments, inside the recording; raises ConfigurationError if they are those of another one."""
    if not isinstance(segmentation, Segmentation):
        advice = "Give what phonseg.segment or phonseg.read_textgrid returns."
        raise ConfigurationError(f"segmentation is {segmentation!r:.80}. {advice}")
    start, end, tells = segmentation.start, segmentation.end, segmentation.tells_duration
    of_sound, of_samples = (
        TimeMap(ends, ends)
        for ends in np.array(
            [[recording.start, recording.end], [recording.first, recording.first + recording.duration]]
        )
    )
    if not of_sound.is_of(start, end, tells_duration=tells):
        raise ConfigurationError(
            f"{recording.name}: lasts from {recording.start:g} to {recording.end:g} s, and {called} from {start:g} to "
            f"{end:g} s. Give the segments of this recording."
        )
    boundaries = segmentation.boundaries
    fit = fitted(of_samples, start, end if tells else max(end, of_samples.old[-1]), boundaries)
    return replace(segmentation, boundaries=fit(boundaries), start=recording.first, duration=recording.duration)
