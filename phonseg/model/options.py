"""Model, sensitivity or rate, and channel -> one checked value, which segments recordings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from phonseg.audio.channels import Channel, check_channel
from phonseg.audio.decoding.source import Source
from phonseg.audio.recording import Recording
from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import Choice
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from phonseg.model.segmenter import Segmenter


@dataclass(frozen=True, slots=True)
class SegmentOptions:
    """The options of segmenting: which model, how many boundaries, and which channel.

    Attributes:
        model: "default", a Segmenter, or the path of a model file.
        sensitivity: 0 (fewest boundaries) to 1 (most); 0.5 if neither this nor `rate` is given.
        rate: instead, boundaries per second of speech, 0 or more.
        channel: "mix", or the number of one channel, counted from 1.

    Raises:
        ConfigurationError: if a value is out of its range, or both a sensitivity and a rate are given.
    """

    model: Segmenter | str | Path = "default"
    sensitivity: float | None = None
    rate: float | None = None
    channel: Channel = "mix"

    def __post_init__(self) -> None:
        if not (isinstance(self.model, str | Path) or hasattr(self.model, "segment_with")):
            raise ConfigurationError(
                f"model is {self.model!r:.80}. Give 'default', a path, or what phonseg.load returns."
            )
        check_channel(self.channel)
        _ = self.choice  # which checks sensitivity and rate

    @property
    def choice(self) -> Choice:
        """How many candidates become boundaries."""
        neither = self.sensitivity is None and self.rate is None
        return Choice(0.5 if neither else self.sensitivity, self.rate)

    @property
    def settings(self) -> dict[str, object]:
        """These options as a provenance records them, without the model."""
        return {"channel": self.channel if self.channel == "mix" else int(self.channel), **self.choice.settings}

    def segmenter(self) -> Segmenter:
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
        except (OSError, ValueError):  # it is "default", or there is no such file, which `load` reports
            return _loaded(self.model, 0, 0, 0)
        return _loaded(self.model, state.st_mtime_ns, state.st_size, state.st_ino)

    def segment(self, source: Source | Recording) -> Segmentation:
        """Segments one recording with these options.

        Args:
            source: a path, an open file, (samples, sample rate), a parselmouth Sound, or an open Recording.

        Returns:
            The segmentation.

        Raises:
            AudioError: if the recording cannot be read, or has no such channel.
            ModelError: if the model cannot be loaded.

        Warns:
            PhonsegWarning: if something about the recording should be checked, although it can be segmented.
        """
        return self.segmenter().segment_with(source, self)


@lru_cache(maxsize=1)
def _loaded(model: str | Path, modified: int, size: int, inode: int) -> Segmenter:
    """Loads a model; `modified`, `size` and `inode` tell the versions of a file apart."""
    from phonseg.model.segmenter import load

    return load(model)
