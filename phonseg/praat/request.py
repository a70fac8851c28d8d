"""What Praat asks of phonseg through the plug-in, and the answer: files beside the request.

Praat 6.3 tells a script nothing of a process that it has called, neither its exit code nor its words, so all is said in
files. `STEM.request` holds the sensitivity, the channel, and the names of the Sounds, a line each; `STEM-1.wav` is the
first Sound. The answer is `STEM-1.TextGrid` or a line in `STEM.failed`, and perhaps a line in `STEM.warned`.
"""

from __future__ import annotations

import codecs
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from phonseg.audio.channels import Channel
from phonseg.errors import AudioError, ConfigurationError, PhonsegError
from phonseg.model.options import SegmentOptions
from phonseg.praat.plugin import LEFT
from phonseg.system.atomic_files import STALE_AFTER, replacing
from phonseg.system.captured_warnings import captured_warnings


@dataclass(frozen=True, slots=True)
class PraatRequest:
    """What Praat asks.

    Attributes:
        stem: what the names of all its files begin with.
        options: how the Sounds are segmented.
        names: of the Sounds, in their order.
    """

    stem: str
    options: SegmentOptions
    names: tuple[str, ...]


def read_request(path: Path) -> PraatRequest:
    """Read a request as Praat writes it: ASCII, or UTF-16 where a name is not. Raises ConfigurationError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}). Let Praat's plug-in write it.") from error
    utf_16 = data.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE))
    sensitivity, channel, *names = (data.decode("utf-16" if utf_16 else "utf-8", "replace") + "\n\n").splitlines()
    try:
        number = float(sensitivity)
    except ValueError:
        raise ConfigurationError(f"sensitivity is {sensitivity}. Give a number from 0 to 1.") from None
    if not (channel == "mix" or channel.isdecimal()):
        raise ConfigurationError(f"channel is {channel!r}. Give mix, or the number of a channel, counted from 1.")
    which: Channel = "mix" if channel == "mix" else int(channel)
    options = SegmentOptions(sensitivity=number, channel=which)
    return PraatRequest(str(path.with_suffix("")), options, tuple(name for name in names if name))


def answer(path: str | Path) -> bool:
    """Answer the request in the file `path`; whether nothing failed. All that goes wrong is said in `STEM.failed`."""
    request = Path(path)
    remove_left(request.parent)
    try:
        failed, warned = _answer(read_request(request))
    except PhonsegError as error:
        failed, warned = [str(error)], []
    except Exception as error:  # a mistake of ours is to be read in Praat, too, which would else say nothing
        failed, warned = [f"phonseg failed in a way that it should not ({error!r}). Please report this."], []
    for suffix, messages in (".failed", failed), (".warned", warned):
        if messages:
            with replacing(request.with_suffix(suffix)) as partial:
                partial.write_text("\n".join(messages), encoding="utf-8", newline="\n")
    return not failed


def remove_left(folder: Path) -> None:
    """Remove what a Praat that was ended during a call has left, once it is old."""
    with suppress(OSError):
        for path in folder.iterdir():
            if LEFT.fullmatch(path.name) and path.lstat().st_mtime < time.time() - STALE_AFTER:
                path.unlink()


def _answer(request: PraatRequest) -> tuple[list[str], list[str]]:
    """Write the TextGrids, and return what failed and what is worth a warning."""
    import torch

    torch.set_num_threads(1)  # as the workers of a batch have: with more of them the last digits may differ
    failed: list[str] = []
    warned: list[str] = []
    for number, name in enumerate(request.names, 1):
        sound = Path(f"{request.stem}-{number}.wav")
        try:
            if not sound.exists():
                raise AudioError(f"{sound}: Praat could not save it in {sound.parent}. Is the disk full?")
            with captured_warnings() as captured:
                segmentation = request.options.segment(sound)
            segmentation.to_textgrid(sound.with_suffix(".TextGrid"))
        except PhonsegError as error:
            failed.append(_in_terms_of_praat(str(error), sound, name))
        else:
            warned += [_in_terms_of_praat(message, sound, name) for message in captured]
        finally:
            with suppress(OSError):
                os.unlink(sound)
    return failed, warned


def _in_terms_of_praat(message: str, sound: Path, name: str) -> str:
    """A person knows the Sound, not the file."""
    return message.replace(f"{sound}: ", f"Sound {name}: ").replace(str(sound), name)
