"""Model, number of speakers and channel -> one checked value, which diarizes recordings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from phonseg.audio.channels import Channel, check_channel
from phonseg.audio.decoding.source import Source
from phonseg.errors import ConfigurationError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import SpeakerRange, Speakers

if TYPE_CHECKING:
    from phonseg.diarization.speaker_model import SpeakerModel


@dataclass(frozen=True, slots=True)
class DiarizeOptions:
    """The options of diarizing: which model, how many speakers, and which channel.

    Attributes:
        model: "default", a SpeakerModel, or the path of a model file.
        speakers: how many; or the least and the largest number, such as (2, 4); None to let the recording decide.
        channel: "mix", or the number of one channel, counted from 1.

    Raises:
        ConfigurationError: if a value is out of its range.
    """

    model: SpeakerModel | str | Path = "default"
    speakers: Speakers = None
    channel: Channel = "mix"

    def __post_init__(self) -> None:
        if not (isinstance(self.model, str | Path) or hasattr(self.model, "diarize_with")):
            advice = "Give 'default', a path, or what phonseg.train_speakers returns."
            raise ConfigurationError(f"model is {self.model!r:.80}. {advice}")
        check_channel(self.channel)
        _ = self.range  # which checks the number

    @property
    def range(self) -> SpeakerRange | None:
        """How many speakers there may be; None if the recording decides."""
        return SpeakerRange.of(self.speakers)

    @property
    def numbers(self) -> dict[str, str]:
        """How many speakers, such as 2 or 2-4, as a provenance records it; nothing if the recording decides."""
        wanted = self.range
        if wanted is None:
            return {}
        return {"speakers": str(wanted.least) if wanted.least == wanted.most else f"{wanted.least}-{wanted.most}"}

    @property
    def settings(self) -> dict[str, object]:
        """These options as a provenance records them, without the model."""
        return {"channel": self.channel if self.channel == "mix" else int(self.channel), **self.numbers}

    def speaker_model(self) -> SpeakerModel:
        """Returns the model. A model file is loaded once, and again only after it has changed.

        Returns:
            The model.

        Raises:
            ModelError: if it cannot be loaded.
        """
        if not isinstance(self.model, str | Path):
            return self.model
        try:
            state = os.stat(self.model)
        except (OSError, ValueError):  # it is "default", or there is no such file, which `load_speakers` reports
            return _loaded(self.model, 0, 0, 0)
        return _loaded(self.model, state.st_mtime_ns, state.st_size, state.st_ino)

    def diarize(self, source: Source) -> Diarization:
        """Finds the turns of one recording with these options.

        Args:
            source: a path, an open file, (samples, sample rate), or a parselmouth Sound.

        Returns:
            The diarization.

        Raises:
            AudioError: if the recording cannot be read, or has no such channel.
            ConfigurationError: if the recording has less speech than that many speakers need.
            ModelError: if the model cannot be loaded.

        Warns:
            PhonsegWarning: if something about the recording should be checked, although it can be diarized.
        """
        return self.speaker_model().diarize_with(source, self)


@lru_cache(maxsize=1)
def _loaded(model: str | Path, modified: int, size: int, inode: int) -> SpeakerModel:
    """Loads a model; `modified`, `size` and `inode` tell the versions of a file apart."""
    from phonseg.diarization.speaker_model import load_speakers

    return load_speakers(model)
