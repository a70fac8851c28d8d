"""The model of speakers: what was learnt, as one object that diarizes recordings."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from phonseg.audio.channels import Channel
from phonseg.audio.decoding.source import Source
from phonseg.audio.recording import Recording, open_recording
from phonseg.diarization.embedding.embedder import Embedder
from phonseg.diarization.embedding.plda import Plda
from phonseg.diarization.embedding.windows import windows_in
from phonseg.diarization.evidence import Evidence
from phonseg.diarization.options import DiarizeOptions
from phonseg.diarization.speaker_file import read_speakers, write_speakers
from phonseg.diarization.speech_frames import read_speech_frames
from phonseg.diarization.turn_making import nearest_speech, turns_of
from phonseg.errors import AudioError, PhonsegWarning
from phonseg.model.numeric_state import own_numeric_state
from phonseg.model.options import SegmentOptions
from phonseg.model.segmenter import VERSION, Segmenter
from phonseg.model.speech import find_speech
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.turns import Speakers

DEFAULT = Path(__file__).parent.parent / "models" / "speakers.safetensors"


@dataclass(frozen=True)
class SpeakerModel:
    """What was learnt about speakers, as one object that finds the turns of recordings.

    Attributes:
        name: a name for users.
        embedder: turns windows of speech into vectors.
        plda: projects vectors so that the windows of a speaker lie together.
        training: what it was trained on and how, for users; JSON types.
        digest: SHA-256 of the model, in hexadecimal; empty if it was never a file.
    """

    name: str
    embedder: Embedder = field(repr=False)
    plda: Plda = field(repr=False)
    training: Mapping[str, object] = field(default_factory=dict)
    digest: str = ""

    def diarize(self, source: Source, *, speakers: Speakers = None, channel: Channel = "mix") -> Diarization:
        """Finds who speaks when.

        Args:
            source: a path, an open file, (samples, sample rate), or a parselmouth Sound.
            speakers: how many; or the least and the largest number, such as (2, 4); None to let the recording decide.
            channel: "mix", or the number of one channel, counted from 1.

        Returns:
            The diarization.

        Raises:
            AudioError: if the recording cannot be read, or has no such channel.
            ConfigurationError: if an option is out of its range, or the recording has less speech than that many
                speakers need.

        Warns:
            PhonsegWarning: if something about the recording should be checked, although it can be diarized.
        """
        return self.diarize_with(source, DiarizeOptions(self, speakers, channel))

    def diarize_with(self, source: Source, options: DiarizeOptions) -> Diarization:
        """Finds who speaks when, with options that have been checked.

        Args:
            source: a path, an open file, (samples, sample rate), or a parselmouth Sound.
            options: the channel, and how many speakers. Their model is ignored: this one is used.

        Returns:
            The diarization.

        Raises:
            AudioError: if the recording cannot be read, or has no such channel.
            ConfigurationError: if the recording has less speech than that many speakers need.

        Warns:
            PhonsegWarning: if something about the recording should be checked, although it can be diarized.
        """
        with own_numeric_state():
            recording = open_recording(source, channel=options.channel)
            start, duration = recording.start, recording.end - recording.start
            evidence = self.evidence(recording).placed(recording.first, start, start + duration)
            turns = turns_of(evidence, evidence.posteriors(options.range))
        for remark in recording.remarks:
            warnings.warn(remark, PhonsegWarning, stacklevel=3)
        return Diarization(
            turns=turns,
            duration=duration,
            provenance=self.provenance(options),
            recording=source,
            evidence=evidence,
            start=start,
        )

    def evidence(self, recording: Recording) -> Evidence:
        """Gathers what tells the speakers of a recording apart.

        Args:
            recording: the recording.

        Returns:
            The evidence, in seconds from the first sample.

        Raises:
            AudioError: if the recording became shorter after it was opened, or if what the model says of it is not
                finite, as may happen with a damaged model.
        """
        spoken = read_speech_frames(recording, *find_speech(recording, self._segmenter()))
        windows = windows_in(spoken.runs)
        try:
            with np.errstate(all="ignore"):
                vectors = self.embedder.embed(spoken.frames, spoken.is_speech, windows)
                projected = self.plda.project(vectors)
        except np.linalg.LinAlgError:
            projected = np.full((1, 1), np.nan)
        if not np.isfinite(projected).all():
            problem = "since what the model says of it is not finite"
            raise AudioError(f"{recording.name}: cannot be diarized, {problem}. Use another model.")
        starts, ends = nearest_speech(spoken, windows)
        return Evidence(recording.name, starts, ends, projected, self.plda.between)

    def provenance(self, options: DiarizeOptions) -> Provenance:
        """Returns the provenance of diarizations that this model makes with these options.

        Args:
            options: the options. Their model is ignored.

        Returns:
            The provenance.
        """
        settings = {**options.settings, "speech_model": self._segmenter().digest}
        return Provenance(VERSION, self.name, self.digest, settings)

    @staticmethod
    def _segmenter() -> Segmenter:
        """The model whose speech activity is used: the one that comes with phonseg."""
        return SegmentOptions().segmenter()

    def save(self, path: str | Path) -> SpeakerModel:
        """Writes the model to one safetensors file.

        Args:
            path: of the file.

        Returns:
            This model, with its digest.

        Raises:
            ModelError: if a number is out of its range.
            OutputError: if the file cannot be written.
        """
        with own_numeric_state():
            found = write_speakers(path, self.name, self.training, self.embedder, self.plda)
        return replace(self, digest=found)


def load_speakers(model: str | Path = "default") -> SpeakerModel:
    """Loads the model of speakers that comes with phonseg, or one from a file; nothing in the file is executed.

    Args:
        model: "default", or the path of a file that `SpeakerModel.save` wrote.

    Returns:
        The model.

    Raises:
        ModelError: if the file is missing, is damaged, or is no model of speakers.
    """
    with own_numeric_state():
        read = read_speakers(DEFAULT if model == "default" else Path(model))
    return SpeakerModel(read.name, read.embedder, read.plda, read.training, read.digest)
