"""Recording -> segmentation: the module that joins all stages."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from phonseg.audio.channels import Channel
from phonseg.audio.decoding.source import Source
from phonseg.audio.recording import Recording, open_recording
from phonseg.detection.peaks import OperatingPoint, apart
from phonseg.detection.speech_activity import seconds_of
from phonseg.encoders.speech_network import SAMPLE_RATE, SpeechNetwork
from phonseg.errors import ConfigurationError, ModelError, PhonsegWarning
from phonseg.model.analysis import Analysis, analyse
from phonseg.model.analysis_settings import PHONSEG_SETTINGS, AnalysisSettings
from phonseg.model.importers.torch_checkpoint import is_torch_file
from phonseg.model.importers.unsupseg import read_unsupseg
from phonseg.model.model_file import read_model, write_model
from phonseg.model.numeric_state import own_numeric_state
from phonseg.model.options import SegmentOptions
from phonseg.model.speech_peaks import speech_peaks
from phonseg.model.streams import Stream, describe, networks_of
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.segmentation import Segmentation

VERSION = version("phonseg")


@dataclass(frozen=True)
class Segmenter:
    """A model: streams, operating point and analysis settings as one object that segments recordings.

    Attributes:
        name: a name for users.
        streams: at least one, all on the same frame grid. Their weighted curves are added.
        operating_point: which peaks become boundaries.
        training: what it was trained on and how, for users; JSON types.
        tuned_on_labels: whether any label was used.
        digest: SHA-256 of the model, in hexadecimal; empty if it was never a file.
        analysis_settings: how recordings are analysed, and which peaks are candidates.
        speech: a network that tells speech from other sounds where loudness does not; None for loudness alone.

    Raises:
        ConfigurationError: if there is no stream, if the streams have different frame grids, or if there is a speech
            network but they have another sample rate.
    """

    name: str
    streams: tuple[Stream, ...]
    operating_point: OperatingPoint
    training: Mapping[str, object] = field(default_factory=dict)
    tuned_on_labels: bool = False
    digest: str = ""
    analysis_settings: AnalysisSettings = PHONSEG_SETTINGS
    speech: SpeechNetwork | None = None

    def __post_init__(self) -> None:
        grids = {stream.encoder.grid for stream in self.streams}
        if len(grids) != 1:
            raise ConfigurationError(
                f"segmenter {self.name}: its {len(self.streams)} streams lie on {len(grids)} grids. Let them share one."
            )
        if self.speech is not None and (rate := grids.pop().sample_rate) != SAMPLE_RATE:
            problem = f"its streams have {rate} Hz, but its speech network needs {SAMPLE_RATE}"
            raise ConfigurationError(f"segmenter {self.name}: {problem} Hz. Leave it out.")

    def segment(
        self, source: Source, *, sensitivity: float | None = None, rate: float | None = None, channel: Channel = "mix"
    ) -> Segmentation:
        """Finds the boundaries of a recording.

        Args:
            source: a path, an open file, (samples, sample rate), or a parselmouth Sound.
            sensitivity: 0 (fewest boundaries) to 1 (most); 0.5 if neither this nor `rate` is given.
            rate: instead, boundaries per second of speech, 0 or more.
            channel: "mix", or the number of one channel, counted from 1.

        Returns:
            The segmentation.

        Raises:
            AudioError: if the recording cannot be read, or has no such channel.
            ConfigurationError: if an option is out of its range, or both a sensitivity and a rate are given.

        Warns:
            PhonsegWarning: if something about the recording should be checked, although it can be segmented.
        """
        return self.segment_with(source, SegmentOptions(self, sensitivity, rate, channel))

    def segment_with(self, source: Source | Recording, options: SegmentOptions) -> Segmentation:
        """Finds the boundaries of a recording, with options that have been checked.

        Args:
            source: a path, an open file, (samples, sample rate), a parselmouth Sound, or an open Recording.
            options: the channel, and how many boundaries. Their model is ignored: this one segments.

        Returns:
            The segmentation.

        Raises:
            AudioError: if the recording cannot be read, or has no such channel.

        Warns:
            PhonsegWarning: if something about the recording should be checked, although it can be segmented.
        """
        with own_numeric_state():
            recording = open_recording(source, channel=options.channel)
            analysis = analyse(recording, self.streams, self.analysis_settings, self.speech)
            candidates = self.candidates(analysis, recording.duration).moved(recording.first)
            kept = candidates.chosen(options.choice)
            segmentation = Segmentation(
                boundaries=candidates.times[kept],
                duration=recording.end - recording.start,
                scores=candidates.scores[kept],
                provenance=self.provenance(options),
                candidates=candidates,
                curve=replace(analysis.curve, first=recording.first),
                recording=source,
                start=recording.start,
            )
        for remark in recording.remarks:
            warnings.warn(remark, PhonsegWarning, stacklevel=3)
        return segmentation

    def provenance(self, options: SegmentOptions) -> Provenance:
        """Returns the provenance of segmentations that this model makes with these options.

        Args:
            options: the options. Their model is ignored.

        Returns:
            The provenance.
        """
        return Provenance(VERSION, self.name, self.digest, options.settings, self.tuned_on_labels)

    def candidates(self, analysis: Analysis, duration: float) -> Candidates:
        """Finds every place in a recording that may be a boundary.

        Args:
            analysis: of the recording.
            duration: of the recording, in seconds.

        Returns:
            The peaks in speech (or everywhere, if the settings say so) that are far enough apart, and far enough from
            both ends of the recording.
        """
        found = speech_peaks(analysis, self.analysis_settings)
        gap = self.analysis_settings.minimum_gap
        inside = (found.times >= gap) & (found.times <= duration - gap) & (found.times > 0) & (found.times < duration)
        times, prominences = found.times[inside], found.prominences[inside]
        kept = apart(times, prominences, gap)
        speech_seconds = seconds_of(analysis.speech, duration)
        return Candidates(times[kept], prominences[kept], self.operating_point.prominence, speech_seconds)

    def save(self, path: str | Path) -> Segmenter:
        """Writes the model to one safetensors file.

        Args:
            path: of the file.

        Returns:
            This segmenter, with the digest of the model.

        Raises:
            ModelError: if an encoder is not one of phonseg's, or a setting or a weight is out of its range.
            OutputError: if the file cannot be written.
        """
        description = {
            "name": self.name,
            "streams": [describe(stream) for stream in self.streams],
            "operating_point": asdict(self.operating_point),
            "training": dict(self.training),
            "tuned_on_labels": self.tuned_on_labels,
        }
        if self.analysis_settings != PHONSEG_SETTINGS:  # the default is not written, which keeps the digests of models
            description["analysis_settings"] = asdict(self.analysis_settings)
        if self.speech is not None:
            description["speech"] = self.speech.settings()
        with own_numeric_state():
            return replace(
                self, digest=write_model(path, description, networks_of(self.streams, self.speech).state_dict())
            )


def load(model: str | Path = "default") -> Segmenter:
    """Loads the model that comes with phonseg, or a model from a file; nothing in the file is executed.

    Args:
        model: "default"; or the path of a file that `Segmenter.save` wrote, or of a checkpoint of UnsupSeg, which then
            segments as UnsupSeg does (see `phonseg.model.importers.unsupseg`).

    Returns:
        The model.

    Raises:
        ModelError: if the file is missing, is damaged, or is neither of these.
    """
    path = Path(__file__).parent.parent / "models" / "default.safetensors" if model == "default" else Path(model)
    with own_numeric_state():
        description, streams, speech, digest = read_unsupseg(path) if is_torch_file(path) else read_model(path)
        try:
            return Segmenter(
                name=description["name"].encode("utf-8", "replace").decode("utf-8"),  # halves of characters, in JSON
                streams=streams,
                operating_point=OperatingPoint(**description["operating_point"]),
                training=description["training"],
                tuned_on_labels=description["tuned_on_labels"],
                digest=digest,
                analysis_settings=AnalysisSettings(**description.get("analysis_settings", {})),
                speech=speech,
            )
        except ConfigurationError as error:
            problem = f"was made by an incompatible version of phonseg ({error})"
            raise ModelError(f"{path}: {problem}. Train it again.") from error


def segment(
    source: Source,
    *,
    sensitivity: float | None = None,
    rate: float | None = None,
    channel: Channel = "mix",
    model: Segmenter | str | Path = "default",
) -> Segmentation:
    """Finds the boundaries of a recording, with the model that comes with phonseg or with another one.

    Args:
        source: a path, an open file, (samples, sample rate), or a parselmouth Sound.
        sensitivity: 0 (fewest boundaries) to 1 (most); 0.5 if neither this nor `rate` is given.
        rate: instead, boundaries per second of speech, 0 or more.
        channel: "mix", or the number of one channel, counted from 1.
        model: "default", a Segmenter, or the path of a model file.

    Returns:
        The segmentation.

    Raises:
        AudioError: if the recording cannot be read, or has no such channel.
        ConfigurationError: if an option is out of its range, or both a sensitivity and a rate are given.
        ModelError: if the model cannot be loaded.

    Warns:
        PhonsegWarning: if something about the recording should be checked, although it can be segmented.
    """
    return SegmentOptions(model, sensitivity, rate, channel).segment(source)
