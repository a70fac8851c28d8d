"""Folders and paths of recordings -> a model of speakers. There is no way to pass a label."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from phonseg.audio.find import Places
from phonseg.diarization.embedding.window_network import WindowNetwork
from phonseg.diarization.embedding.windows import FEATURES, FRAMES_PER_SECOND
from phonseg.diarization.learning.closed_forms import learn_closed_forms
from phonseg.diarization.learning.network_stage import network_stage
from phonseg.diarization.learning.settings import SpeakerTrainingSettings
from phonseg.diarization.learning.stretches import LEAST_SPEECH, read_stretches
from phonseg.diarization.speaker_file import model_of, tensors_of
from phonseg.diarization.speaker_model import SpeakerModel
from phonseg.errors import OutputError, TrainingError
from phonseg.training.own_state import own_state
from phonseg.training.trainer import start_run, summary_of

DEFAULTS = SpeakerTrainingSettings()
LEAST_RECORDINGS = 20  # with fewer, there is hardly anybody to tell apart


def train_speakers(
    recordings: Places,
    *,
    settings: SpeakerTrainingSettings = DEFAULTS,
    name: str = "speakers",
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> SpeakerModel:
    """Learns to tell speakers apart from recordings alone.

    A small network learns that two windows up to a second apart in one recording are alike, and that windows of other
    recordings are not: a speaker seldom changes within a second. Beside it, i-vectors are learnt in closed form, and a
    projection in which the windows of one recording lie together. Rooms, telephones and noise are added on the way, the
    same to all recordings that are compared, so that the microphone does not tell them apart.

    Many recordings of a few seconds with one speaker each serve best. Longer ones are cut into stretches of 10 s, and
    of more than 10 hours a part is drawn.

    Args:
        recordings: a folder, a file, or several; folders are searched for sound files. Files that are shorter than a
            second, are digital silence or cannot be read are left out, with a warning.
        settings: of training.
        name: of the model, shown to users.
        checkpoint: a file to save the state of the run in. The same call goes on from there after an interruption, with
            the same result. Delete it once the model is saved. None for no checkpoint.
        progress: whether to show progress bars.

    Returns:
        The model of speakers, with a summary of its training.

    Raises:
        AudioError: if a place does not exist.
        TrainingError: if there is nothing to learn from, or learning fails.
        ModelError: if the checkpoint is damaged or belongs to another run.
        OutputError: if the checkpoint cannot be written.

    Warns:
        PhonsegWarning: of recordings that are left out.

    References:
        Dissen, Kreuk and Keshet (2022). Self-supervised speaker diarization. Interspeech.
    """
    if checkpoint and not Path(checkpoint).parent.is_dir():
        raise OutputError(f"{checkpoint}: there is no folder {Path(checkpoint).parent}. Make it first.")
    with own_state(settings.seed, settings.torch_device()):
        network = WindowNetwork()  # made here, so that its first weights depend on nothing but the seed
        training_set, trainer = start_run(
            recordings,
            settings,
            checkpoint,
            sample_rate=FEATURES.sample_rate,
            shortest=LEAST_SPEECH / FRAMES_PER_SECOND,
            base="speakers",
            progress=progress,
        )
        generator = np.random.default_rng([settings.seed, 13])
        training, held_out = (
            read_stretches(items, generator, progress=progress)
            for items in (trainer.items.training, trainer.items.held_out)
        )
        if (count := len(training) + len(held_out)) < LEAST_RECORDINGS:
            few = f"{count} of the recordings have at least {LEAST_SPEECH / FRAMES_PER_SECOND:g} s of speech"
            advice = f"Give {LEAST_RECORDINGS} or more; hundreds of short ones serve best."
            raise TrainingError(f"training speakers: {few}. {advice}")
        # A window is told from those of other recordings, so a single recording measures nothing.
        validation = held_out if len(held_out) > 1 else training
        trainer.learn(network_stage(network, training, validation, settings))
        learnt = learn_closed_forms(network.cpu().eval(), training, settings.seed, progress=progress)
        embedder, plda = model_of(tensors_of(*learnt), network)  # as precise as a file holds it
    return SpeakerModel(name, embedder, plda, summary_of(training_set, trainer))
