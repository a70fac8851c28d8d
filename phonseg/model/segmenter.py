"""Recording -> Segmentation: the only place where the stages are joined."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

from phonseg.audio.channels import Channel
from phonseg.audio.decoding.source import Source
from phonseg.audio.recording import open_recording
from phonseg.detection.peaks import OperatingPoint, apart
from phonseg.encoders.base import TorchEncoder
from phonseg.errors import ConfigurationError, ModelError, PhonsegWarning
from phonseg.model.analysis import Analysis, analyse
from phonseg.model.analysis_settings import PHONSEG_SETTINGS, AnalysisSettings
from phonseg.model.importers.torch_checkpoint import is_torch_file
from phonseg.model.importers.unsupseg import read_unsupseg
from phonseg.model.model_file import load_tensors, read_model, write_model
from phonseg.model.options import SegmentOptions
from phonseg.model.speech_peaks import speech_peaks
from phonseg.model.streams import Stream, build, describe
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.segmentation import Provenance, Segmentation


@cache
def _version() -> str:
    return version("phonseg")


@dataclass(frozen=True)
class Segmenter:
    """Encoders, curve and operating point as one object that segments.

    name: for people. views: at least one, all on the same frame grid; their weighted curves are added.
    operating_point: which peaks become boundaries. training: what it was trained on and how, for people.
    tuned_on_labels: whether any label was used. digest: SHA-256 of the model file; empty if it was never a file.
    conventions: how recordings are heard, and which peaks are candidates.

    Raises ConfigurationError if there is no view, or if they differ in their grids.
    """

    name: str
    streams: tuple[Stream, ...]
    operating_point: OperatingPoint
    training: Mapping[str, object] = field(default_factory=dict)
    tuned_on_labels: bool = False
    digest: str = ""
    analysis_settings: AnalysisSettings = PHONSEG_SETTINGS

    def __post_init__(self) -> None:
        grids = {stream.encoder.grid for stream in self.streams}
        if len(grids) != 1:
            raise ConfigurationError(
                f"segmenter {self.name}: its {len(self.streams)} streams lie on {len(grids)} grids."
            )

    def segment(
        self,
        source: Source,
        *,
        sensitivity: float | None = None,
        rate: float | None = None,
        channel: Channel = "mix",
    ) -> Segmentation:
        """Finds the boundaries of a recording.

        Args:
            source: a path, an open file, (samples, sample rate), or a parselmouth Sound.
            sensitivity: 0 (fewest boundaries) to 1 (most); 0.5 if neither this nor `rate` is given.
            rate: instead, boundaries per second of speech.
            channel: "mix", or the number of one channel, counted from 1.

        Returns:
            The segmentation.

        Raises:
            AudioError: if the recording cannot be read.
            ConfigurationError: if an option is out of its range.

        Warns:
            PhonsegWarning: of what is odd about a recording that can be segmented nevertheless.
        """
        return self.segment_with(source, SegmentOptions(self, sensitivity, rate, channel))

    def segment_with(self, source: Source, options: SegmentOptions) -> Segmentation:
        """Finds the boundaries of a recording; see `segment`.

        Args:
            source: as for `segment`.
            options: the channel, and how many boundaries; their model plays no part, since this is it.

        Returns:
            The segmentation.

        Raises:
            AudioError: if the recording cannot be read.
        """
        recording = open_recording(source, channel=options.channel)
        analysis = analyse(recording, self.streams, self.analysis_settings)
        for remark in recording.remarks:
            warnings.warn(remark, PhonsegWarning, stacklevel=3)
        candidates = self.candidates(analysis, recording.duration)
        kept = candidates.chosen(options.choice)
        return Segmentation(
            boundaries=candidates.times[kept],
            duration=recording.duration,
            scores=candidates.scores[kept],
            provenance=self.provenance(options),
            candidates=candidates,
            curve=analysis.curve,
            recording=source,
        )

    def provenance(self, options: SegmentOptions) -> Provenance:
        """Returns what a segmentation with these options says of its origin."""
        return Provenance(_version(), self.name, self.digest, options.settings, self.tuned_on_labels)

    def candidates(self, analysis: Analysis, duration: float) -> Candidates:
        """The peaks in speech that lie inside (0, duration) seconds and far enough apart."""
        found = speech_peaks(analysis, self.analysis_settings)
        gap = self.analysis_settings.minimum_gap
        inside = (found.times >= gap) & (found.times <= duration - gap)
        times, prominences = found.times[inside], found.prominences[inside]
        kept = apart(times, prominences, gap)
        seconds = sum(max(0.0, min(end, duration) - max(start, 0.0)) for start, end in analysis.speech)
        return Candidates(times[kept], prominences[kept], self.operating_point.prominence, seconds)

    def save(self, path: str | Path) -> Segmenter:
        """Write one safetensors file and return the segmenter with its digest. Raises OutputError if that fails."""
        description = {
            "name": self.name,
            "streams": [describe(stream) for stream in self.streams],
            "operating_point": asdict(self.operating_point),
            "training": dict(self.training),
            "tuned_on_labels": self.tuned_on_labels,
        }
        if self.analysis_settings != PHONSEG_SETTINGS:  # what goes without saying would change the digest
            description["analysis_settings"] = asdict(self.analysis_settings)
        tensors = {
            f"{i}.{name}": tensor
            for i, stream in enumerate(self.streams)
            if isinstance(stream.encoder, TorchEncoder)
            for name, tensor in stream.encoder.state_dict().items()
        }
        return replace(self, digest=write_model(path, description, tensors))


def load(model: str | Path = "default") -> Segmenter:
    """Load the model that comes with phonseg ("default"), or a model from a file.

    A file is one that `Segmenter.save` wrote, or a checkpoint of UnsupSeg's, which then does what UnsupSeg does; see
    `phonseg.model.importers.unsupseg`.

    Raises ModelError if the file is missing, damaged, or none of these. Nothing in it is executed.
    """
    path = Path(__file__).parent.parent / "models" / "default.safetensors" if model == "default" else Path(model)
    description, tensors, digest = read_unsupseg(path) if is_torch_file(path) else read_model(path)
    try:
        streams = tuple(build(stream) for stream in description["streams"])
        segmenter = Segmenter(
            name=description["name"],
            streams=streams,
            operating_point=OperatingPoint(**description["operating_point"]),
            training=description["training"],
            tuned_on_labels=description["tuned_on_labels"],
            digest=digest,
            analysis_settings=AnalysisSettings(**description.get("analysis_settings", {})),
        )
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: is not described as this phonseg expects ({error!r}). Train it again.") from error
    for i, stream in enumerate(streams):
        prefix = f"{i}."
        assert isinstance(stream.encoder, TorchEncoder)
        own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        load_tensors(stream.encoder, own, path)
        stream.encoder.eval()
    return segmenter


def segment(
    source: Source,
    *,
    sensitivity: float | None = None,
    rate: float | None = None,
    channel: Channel = "mix",
    model: Segmenter | str | Path = "default",
) -> Segmentation:
    """Find the boundaries of a recording with the model that comes with phonseg.

    source: a path, an open file, (samples, sample rate), or a parselmouth Sound. sensitivity: 0 (fewest boundaries) to
    1 (most), 0.5 when it is left out. rate: instead, boundaries per second of speech. channel: "mix", or the number of
    one channel, counted from 1. model: another one, as a Segmenter or as the path of a model file.

    Raises and warns as `Segmenter.segment` does; ModelError if the model cannot be loaded.
    """
    return SegmentOptions(model, sensitivity, rate, channel).segment(source)
