"""Make the demonstration recordings in data/demo again, each with its phones.

    sudo apt-get install festival festvox-kallpc16k festvox-czech-dita festvox-suopuhe-lj
    python data/make_demo.py

Festival joins diphones: stretches cut out of recordings of a person, from the middle of one phone to the middle of the
next, each with a label where one phone becomes the other. It chooses the ends of its segments first, and puts these
labels there, so the times are known. The same versions give the same bytes; data/README.md lists them.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from phonseg.annotation.textgrid.writer import write_textgrid
from phonseg.timeline.segmentation import Segmentation

FOLDER = Path(__file__).resolve().parent / "demo"
SILENCES = frozenset({"pau", "#"})
TAIL = 0.03  # seconds: the most by which the sound may outlast the last segment, a pause

# us_rel_offset: when a voice is packed, the label of every diphone moves ahead by one pitch period (a "- 1" in
# load_separate_diphone, us_diphone_unit.cc), so the sound changes one period, 5 to 10 ms, after the end of the segment.
# This setting of Festival moves all labels back; the extra quarter makes sure that they reach the right period if
# periods differ in length. Duration_Stretch 1 leaves the lengths of phones as in the model of each voice.
SCRIPT = """
(voice_{voice})
(set! us_rel_offset -1.25)
(Parameter.set 'Duration_Stretch 1.0)
(set! utterance (SynthText "{text}"))
(utt.save.wave utterance "{wave}" 'riff)
(utt.save.segs utterance "{segments}")
"""


@dataclass(frozen=True, slots=True)
class Recording:
    """The text of a recording, the Festival voice that says it, and the encoding in which that voice reads text."""

    name: str
    voice: str
    encoding: str
    text: str


RECORDINGS = (
    Recording(
        "english.wav",
        "kal_diphone",
        "iso-8859-1",
        "Susan found a small shop by the sea, where she buys fish and soap.",
    ),
    Recording("czech.flac", "czech_dita", "iso-8859-2", "Děti si hrají na písku, máma sedí na lavici a čte."),
    Recording(
        "finnish.flac",
        "suo_fi_lj_diphone",
        "iso-8859-1",
        "Saara osti kaupasta sukat, ja Sami söi suklaata sohvalla.",
    ),
)


def synthesise(recording: Recording, folder: Path) -> tuple[Path, Path]:
    """Synthesise a recording; returns the paths of the WAV file and of the list of segments."""
    wave, segments, script = folder / "speech.wav", folder / "speech.segments", folder / "speech.scm"
    filled = SCRIPT.format(voice=recording.voice, text=recording.text, wave=wave, segments=segments)
    script.write_text(filled, encoding=recording.encoding)
    subprocess.run(["festival", "--batch", str(script)], check=True)
    return wave, segments


def read_segments(path: Path, duration: float) -> Segmentation:
    """Read lines `end number name` after a `#`. Pauses get an empty label, and adjacent pauses become one."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    if not lines or not 0 <= duration - float(lines[-1][0]) <= TAIL:
        raise ValueError(f"{path}: the segments do not end with the sound, which lasts {duration} s")
    phones = [(float(end), "" if name in SILENCES else name) for end, _, name in lines]
    following = [name for _, name in phones[1:]] + [None]
    kept = [phone for phone, after in zip(phones, following, strict=True) if phone[1] or after != ""]
    return Segmentation(np.array([end for end, _ in kept[:-1]]), duration, labels=[name for _, name in kept])


def make(recording: Recording) -> list[Path]:
    """Write one recording and its TextGrid, and return their paths."""
    path = FOLDER / recording.name
    textgrid = path.with_suffix(".TextGrid")
    with tempfile.TemporaryDirectory() as folder:
        wave, segments = synthesise(recording, Path(folder))
        samples, rate = soundfile.read(wave, dtype="int16")
        write_textgrid(read_segments(segments, len(samples) / rate), textgrid, tier="phones")
    soundfile.write(path, samples, rate, subtype="PCM_16")
    return [path, textgrid]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for recording in RECORDINGS:
        for path in make(recording):
            print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name, sep="  ")
