"""Recording -> who speaks when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from phonseg.audio.channels import Channel
from phonseg.audio.decoding.source import Source
from phonseg.diarization.evidence import Evidence
from phonseg.diarization.options import DiarizeOptions
from phonseg.diarization.speaker_model import SpeakerModel
from phonseg.diarization.turn_making import turns_of
from phonseg.model.numeric_state import own_numeric_state
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Speakers


def diarize(
    source: Source,
    *,
    speakers: Speakers = None,
    channel: Channel = "mix",
    model: SpeakerModel | str | Path = "default",
) -> Diarization:
    """Finds who speaks when, with the model that comes with phonseg or with another one.

    Args:
        source: a path, an open file, (samples, sample rate), or a parselmouth Sound.
        speakers: how many; or the least and the largest number, such as (2, 4); None to let the recording decide.
        channel: "mix", or the number of one channel, counted from 1.
        model: "default", a SpeakerModel, or the path of a model file.

    Returns:
        The diarization.

    Raises:
        AudioError: if the recording cannot be read, or has no such channel.
        ConfigurationError: if an option is out of its range, or the recording has less speech than that many speakers
            need.
        ModelError: if the model cannot be loaded.

    Warns:
        PhonsegWarning: if something about the recording should be checked, although it can be diarized.
    """
    return DiarizeOptions(model, speakers, channel).diarize(source)


def choose_speakers(diarization: Diarization, speakers: Speakers) -> Diarization:
    """Chooses the speakers of a diarization again; see `phonseg.timeline.diarization.Diarization.at`.

    Args:
        diarization: with its evidence.
        speakers: how many; or the least and the largest number; None to let the recording decide.

    Returns:
        The diarization with that many speakers.

    Raises:
        ConfigurationError: if the number is out of its range, or the recording has less speech than that many speakers
            need.
    """
    options = DiarizeOptions(speakers=speakers)
    evidence: Evidence = diarization.evidence
    with own_numeric_state():
        turns = turns_of(evidence, evidence.posteriors(options.range))
    provenance = diarization.provenance
    if provenance is not None:
        others = {name: value for name, value in provenance.settings.items() if name != "speakers"}
        provenance = replace(provenance, settings={**others, **options.numbers})
    return replace(diarization, turns=turns, provenance=provenance)
