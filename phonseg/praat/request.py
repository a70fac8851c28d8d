"""A request of Praat's plug-in -> the answer, in files beside the request.

Praat 6.3 tells a script neither the exit code nor the messages of a process that it has called, so everything goes
through files. `STEM.request` holds what is asked and the names of the Sounds, one on each line; `STEM-1.wav` is the
first Sound. Errors are lines in `STEM.failed`, warnings are lines in `STEM.warned`.

Asked are a sensitivity and a channel, and the answer is `STEM-1.TextGrid`. Or asked are "tempo", a factor, and 1 for an
even change or 0; the answer is `STEM-1-new.wav`, and, if there is a TextGrid `STEM-1.TextGrid`, also
`STEM-1-new.TextGrid`.
"""

from __future__ import annotations

import codecs
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from phonseg.errors import AudioError, ConfigurationError, PhonsegError
from phonseg.model.options import SegmentOptions
from phonseg.praat.plugin import LEFT_BEHIND
from phonseg.system.atomic_files import remove_stale, replacing
from phonseg.system.captured_warnings import captured_warnings
from phonseg.tempo.options import TempoOptions


@dataclass(frozen=True, slots=True)
class PraatRequest:
    """What Praat asks for.

    Attributes:
        stem: the path that all its files begin with.
        options: how the Sounds are segmented, or how their tempo is changed.
        names: the names of the Sounds, in their order.
    """

    stem: str
    options: SegmentOptions | TempoOptions
    names: tuple[str, ...]


def read_request(path: Path) -> PraatRequest:
    """Reads a request as Praat writes it: in ASCII, or in UTF-16 if a name is not ASCII.

    Args:
        path: the file, `STEM.request`.

    Returns:
        The request.

    Raises:
        ConfigurationError: if the file cannot be read, or what is asked is out of its range.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}). Let Praat's plug-in write it.") from error
    utf_16 = data.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE))
    lines = (data.decode("utf-16" if utf_16 else "utf-8", "replace") + "\n\n\n").splitlines()
    options: SegmentOptions | TempoOptions
    if lines[0] == "tempo":
        _, factor, even, *names = lines
        options = TempoOptions(_number("factor", factor, "0.5 to 2"), even == "1")
    else:
        sensitivity, channel, *names = lines
        options = _segment_options(sensitivity, channel)
    return PraatRequest(str(path.with_suffix("")), options, tuple(filter(None, names)))


def _number(name: str, text: str, range_: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"{name} is {text}. Give a number from {range_}.") from None


def _segment_options(sensitivity: str, channel: str) -> SegmentOptions:
    number = _number("sensitivity", sensitivity, "0 to 1")
    if not (channel == "mix" or channel.isdecimal()):
        raise ConfigurationError(f"channel is {channel!r}. Give mix, or the number of a channel, counted from 1.")
    return SegmentOptions(sensitivity=number, channel="mix" if channel == "mix" else int(channel))


def answer(path: str | Path) -> bool:
    """Answers a request; all errors go to `STEM.failed`, all warnings to `STEM.warned`.

    Args:
        path: the file, `STEM.request`.

    Returns:
        Whether all Sounds have their answer.

    Raises:
        OutputError: if `STEM.failed` or `STEM.warned` cannot be written.
    """
    request = Path(path)
    remove_stale(request.parent, LEFT_BEHIND)
    try:
        failed, warned = _answer(read_request(request))
    except PhonsegError as error:
        failed, warned = [str(error)], []
    except Exception as error:  # a mistake of ours must reach Praat too, which would show nothing otherwise
        failed, warned = [f"phonseg failed in a way that it should not ({error!r}). Please report this."], []
    for suffix, messages in (".failed", failed), (".warned", warned):
        if messages:
            with replacing(request.with_suffix(suffix)) as partial:
                partial.write_text("\n".join(messages), encoding="utf-8", newline="\n")
    return not failed


def _answer(request: PraatRequest) -> tuple[list[str], list[str]]:
    """Writes the answers; returns the errors and the warnings."""
    import torch

    torch.set_num_threads(1)  # as in the workers of a batch: with more threads the last digits may differ
    failed: list[str] = []
    warned: list[str] = []
    for number, name in enumerate(request.names, 1):
        sound = Path(f"{request.stem}-{number}.wav")
        try:
            if not sound.exists():
                raise AudioError(f"{sound}: Praat could not save it in {sound.parent}. Is the disk full?")
            with captured_warnings() as captured:
                if isinstance(request.options, SegmentOptions):
                    request.options.segment(sound).to_textgrid(sound.with_suffix(".TextGrid"))
                else:
                    _change_tempo(request.options, sound)
            warned += [_in_terms_of_praat(message, sound, name) for message in captured]
        except PhonsegError as error:
            failed.append(_in_terms_of_praat(str(error), sound, name))
        finally:
            with suppress(OSError):
                sound.unlink()
    return failed, warned


def _change_tempo(options: TempoOptions, sound: Path) -> None:
    """Writes a Sound at its new tempo, and the TextGrid beside it, if there is one."""
    plan, grid = options.plan(sound), sound.with_suffix(".TextGrid")
    if grid.exists():  # first, so that there is no new Sound if this fails
        plan.time_map.map_textgrid(grid, grid.with_name(f"{grid.stem}-new.TextGrid"))
    plan.write(sound.with_name(f"{sound.stem}-new.wav"))


def _in_terms_of_praat(message: str, sound: Path, name: str) -> str:
    """A message that names the Sound, which the person knows, and not the files."""
    message = message.replace(str(sound.with_suffix(".TextGrid")), f"The TextGrid selected with Sound {name}")
    return message.replace(f"{sound}: ", f"Sound {name}: ").replace(str(sound), name)
