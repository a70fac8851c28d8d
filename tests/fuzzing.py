"""Reads damaged files in a process of its own, with little memory and little time, and tells what went wrong.

    python fuzzing.py HOW_MANY SEED    ->    a line for each file: its kind, its number, and what went wrong, if it did
    python fuzzing.py HOW_MANY SEED REGEX    ->    the same for the kinds whose names the expression matches
    python fuzzing.py large STEP    ->    the same for every STEP-th of the label files that are large, not damaged

What phonseg promises of any bytes: a valid result or a `PhonsegError`, in two seconds of the processor's time and with
500 MB of memory. A file is damaged a few times, at random, in ways that hurt: numbers become extreme, parts go missing,
come twice or come from another file. It is run by `test_fuzz.py`.
"""

from __future__ import annotations

import io
import random
import re
import signal
import struct
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from pathlib import Path

import label_files
import manifests
import numpy as np
import soundfile
from large_files import LARGE_TURNS, large_files, large_turns, many_intervals
from model_fuzzing import (
    SETTINGS,
    checkpoints,
    damaged_checkpoint,
    damaged_model,
    damaged_settings,
    models,
    speakers,
    use_model,
    use_settings,
    use_speakers,
)

import phonseg
from phonseg.annotation.readers import is_reference, read_label_file
from phonseg.annotation.textgrid.add_tiers import add_tiers
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.annotation.textgrid.writer import textgrid_bytes, write_textgrid
from phonseg.annotation.turns.readers import read_turns
from phonseg.annotation.turns.writers import TurnLayout
from phonseg.audio.recording import read
from phonseg.errors import PhonsegError, PhonsegWarning
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.turns import Turn

RATE = 16_000
SECONDS = 2.0  # of the processor
MEMORY = 500_000_000  # bytes more than the libraries take
EXTREMES = [
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    10_000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    10**12,
    2**63 - 1,
    2**64 - 1,
]
WORDS = [
    "-1",
    "0",
    "1e400",
    "nan",
    "inf",
    "1000000000000",
    "99999999999",
    "9" * 5_000,
    "2147483648",
    "--undefined--",
    '"',
    '""',
    "!",
    "1/0",
    "5%",
    *(
        "<",
        ">",
        "&x;",
        "]]>",
        "<!--",
        "#",
        ";;",
        "\\",
        "{",
        "[",
        "]",
        "}",
        ",",
        ";",
        "\t",
        "\n",
        "\r",
        "",
        "\0",
        "\ufeff",
    ),
    *("1e-400", "0.5.5", "1,5", "5e-1", "٣", "0x10", "1_0", "true", "null", "IntervalTier", "phones", "<absent>"),
]
SOUNDS = {
    **{name: (name, "PCM_16") for name in ("WAV", "AIFF", "AU", "W64", "RF64", "NIST", "FLAC", "CAF")},
    "WAV float": ("WAV", "FLOAT"),
    "WAV ADPCM": ("WAV", "IMA_ADPCM"),
    "mu-law": ("AU", "ULAW"),
    "MP3": ("MP3", None),
    "Vorbis": ("OGG", "VORBIS"),
    "Opus": ("OGG", "OPUS"),
}
PACKED = {
    "m4a": ("ipod", "aac", "fltp"),
    "Matroska": ("matroska", "aac", "fltp"),
    "WebM": ("webm", "libopus", "flt"),
    "WMA": ("asf", "wmav2", "fltp"),
    "AVI": ("avi", "ac3", "fltp"),
    "AC-3": ("ac3", "ac3", "fltp"),
    "CAF ALAC": ("caf", "alac", "s16p"),
    "WAV AC-3": ("wav", "ac3", "fltp"),
}


class TooLongError(BaseException):
    """The processor was busy for too long with one file."""


def sound(container: str, coding: str | None) -> bytes:
    file = io.BytesIO()
    samples = np.random.default_rng(0).normal(0, 0.1, (3_000, 2)).astype(np.float32)
    soundfile.write(file, samples, RATE, format=container, subtype=coding)
    return file.getvalue()


def packed_sound(container: str, coding: str, form: str) -> bytes | None:
    """None where PyAV is not installed, or has no such encoder."""
    try:
        import av
    except ImportError:
        return None
    if coding not in av.codecs_available:
        return None
    rate = 48_000 if coding == "ac3" else RATE
    file, samples = io.BytesIO(), np.random.default_rng(0).normal(0, 0.1, (1, 6_000)).astype(np.float32)
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(coding, rate=rate, layout="mono", format=form, bit_rate=64_000)
        values = samples if form.startswith("flt") else (32_767 * samples.clip(-1, 1)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(values, format=form, layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def textgrid(folder: Path, form: str) -> bytes:
    from parselmouth import read as read_with_praat
    from parselmouth.praat import call

    path = folder / "whole.TextGrid"
    write_textgrid(Segmentation(np.arange(1, 8) / 10, 0.9, labels=["a", "", 'b "c"', "ʃ", "é", "x", "y", "z"]), path)
    call(read_with_praat(str(path)), f"Save as {form} file", str(path))
    return path.read_bytes()


def whole_files(folder: Path) -> dict[str, bytes]:
    """What is damaged, by kind."""
    files: dict[str, bytes | None] = {name: sound(*how) for name, how in SOUNDS.items()}
    files |= {name: packed_sound(*how) for name, how in PACKED.items()}
    files |= {
        f"TextGrid {form}": textgrid(folder, form) for form in ("text", "short text", "binary", "chronological text")
    }
    for name, text in label_files.kinds("é", 8).items():
        files[f"labels {name}"] = label_files.ENCODINGS["latin-1" if name == ".phones" else "utf-8"](text)
    small = textgrid(folder, "text").decode("utf-16")
    for encoding in ("utf-8 with mark", "utf-16 little with mark", "utf-16 big", "cesu"):
        files[f"TextGrid {encoding}"] = label_files.ENCODINGS[encoding](small.replace("ʃ", "😀"))
        files[f"labels {encoding} .csv"] = label_files.ENCODINGS[encoding](label_files.kinds("😀", 8)[".csv"])
    files["labels emuR .csv"] = (
        b"labels,start,end,session,bundle,type\np,0,50.5,0,a,x\nq,50.5,120,0,a,x\nr,120,9e2,0,b,x\n"
    )
    files["labels seconds .lab"] = b"0.0 0.25 a\n0.25 0.5 b c\n0.51 0.75 d\n"
    files["labels long .eaf"] = (
        label_files.kinds("&lt;x&#65;", 8)[".eaf"]
        .replace('milliseconds"/>', 'milliseconds"><MEDIA_DESCRIPTOR TIME_ORIGIN="500"/></HEADER>')
        .encode()
    )
    files["model"] = (Path(phonseg.__file__).parent / "models" / "default.safetensors").read_bytes()
    files |= turns()
    files["manifest"] = manifests.whole(folder / "batch")
    files |= models(folder) | speakers(folder) | checkpoints(folder) | {"settings": SETTINGS}
    return {name: content for name, content in files.items() if content is not None}


def turns() -> dict[str, bytes]:
    """Files of turns, by kind."""
    made = Diarization((Turn(0, 1.5, "speaker 1", 0.5), Turn(1, 2.25, "Zoë"), Turn(2.5, 3, "speaker 1", 1)), 4.0)
    written = TurnLayout(("textgrid", "rttm", "csv", "json")).encode(made, "x")
    rttm = ";; a comment\nSPKR-INFO x 1 <NA> <NA> <NA> unknown A <NA> <NA>\n" + written[".rttm"].decode()
    written |= {".eaf": label_files.kinds("é", 8)[".eaf"].replace('"phones"', '"A"').encode()}
    written |= {".txt": b"0.0\t1.5\tA\n1.0\t2.25\tB\n\\\t100\t2000\n"}
    encoded = {f"{name} .rttm": label_files.ENCODINGS[name](rttm) for name in ("utf-16 little with mark", "cesu")}
    return {f"turns {name}": content for name, content in (written | encoded).items()}


# How files of some kinds, by the first word of the kind, are damaged so that their digests and their form are right.
STRUCTURED = {
    "model": damaged_model,
    "speakers": damaged_model,
    "checkpoint": damaged_checkpoint,
    "settings": damaged_settings,
}


def damaged(kind: str, content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """The content with one to six things wrong with it."""
    damage = STRUCTURED.get(kind.split(" ")[0].strip(","))
    if damage and chance.random() < 0.7:
        return damage(content, chance)
    data = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        # Headers are short, and most of what can go wrong goes wrong there.
        at = chance.randrange(min(len(data), chance.choice([16, 64, 200, 10**9])) or 1)
        end = at + chance.choice([1, 2, 4, 8, 100, len(data) // 3])
        damage = [another_byte, extreme_number, gap, repetition, noise, splice, cut, extreme_word, extreme_token]
        chance.choice([*damage, another_line])(data, at, end, others, chance)
    return bytes(data)


def another_byte(data: bytearray, at: int, end: int, others: list[bytes], chance: random.Random) -> None:
    data[at : at + 1] = chance.randbytes(1)


def extreme_number(data: bytearray, at: int, end: int, others: list[bytes], chance: random.Random) -> None:
    form = chance.choice("<>") + chance.choice("BHIQ")
    size = struct.calcsize(form)
    data[at : at + size] = struct.pack(form, chance.choice(EXTREMES) % 256**size)


def gap(data: bytearray, at: int, end: int, others: list[bytes], chance: random.Random) -> None:
    del data[at:end]


def repetition(data: bytearray, at: int, end: int, others: list[bytes], chance: random.Random) -> None:
    data[at:at] = data[at:end]


def noise(data: bytearray, at: int, end: int, others: list[bytes], chance: random.Random) -> None:
    data[at:end] = chance.randbytes(end - at)


def splice(data: bytearray, at: int, end: int, others: list[bytes], chance: random.Random) -> None:
    data[at:end] = chance.choice(others)[at:end]


def cut(data: bytearray, at: int, end: int, others: list[bytes], chance: random.Random) -> None:
    del data[chance.randrange(len(data) + 1) :]


def extreme_word(data: bytearray, at: int, end: int, others: list[bytes], chance: random.Random) -> None:
    words = data.split(b" ")
    words[chance.randrange(len(words))] = bytearray(chance.choice(WORDS).encode())
    data[:] = b" ".join(words)


def extreme_token(data: bytearray, at: int, end: int, others: list[bytes], chance: random.Random) -> None:
    if tokens := list(re.finditer(rb"[\w.-]+|[^\w\s]", data[:20_000])):
        token = chance.choice(tokens)
        word = chance.choice([chance.choice(WORDS).encode(), chance.choice(tokens)[0]])
        data[token.start() : token.end()] = word


def another_line(data: bytearray, at: int, end: int, others: list[bytes], chance: random.Random) -> None:
    lines = data.splitlines(keepends=True)
    if lines:
        one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[one] = chance.choice([lines[two], b"", lines[one] + lines[two], chance.choice(others)[:200]])
        data[:] = b"".join(lines)


def check_labels(path: Path, tier: str | None) -> None:
    """Reads a label file, and checks what is read."""
    is_reference(path)
    file = read_label_file(path, tier=tier)
    starts, ends, labels = zip(*file.segmentation.intervals(), strict=True)
    assert file.segmentation.start == starts[0] <= ends[-1] == file.segmentation.end < np.inf
    assert all(start < end for start, end in zip(starts, ends, strict=True)) or len(starts) == 1
    "".join([*labels, *file.tiers, file.tier or ""]).encode()  # there is no surrogate
    assert file.tier is None or file.tier in file.tiers


def check_turns(path: Path) -> None:
    """Reads a file of turns, writes them in each format, and reads them again."""
    read = read_turns(path)
    for suffix in (".rttm", ".csv", ".json", ".TextGrid"):
        with suppress(PhonsegError):  # as for names that a TextGrid cannot hold
            read.save(path.with_name(f"again{suffix}"))
            assert len(read_turns(path.with_name(f"again{suffix}"), tiers=list(read.speakers) or None)) == len(read)


def use(kind: str, content: bytes, folder: Path) -> None:
    """Read the file, and check what is read. Raises PhonsegError or AssertionError, and should raise nothing else."""
    path = folder / "damaged"
    if kind.startswith("TextGrid"):
        path = path.with_suffix(".TextGrid")
        path.write_bytes(content)
        with suppress(PhonsegError):
            check_labels(path, "2")
        with suppress(PhonsegError):
            added = add_tiers(content, textgrid_bytes(Segmentation([0.5], 0.9), "x", tier="new"), "x")
            path.with_name("added.TextGrid").write_bytes(added)
            assert len(read_textgrid(path.with_name("added.TextGrid"), tier="new")) == 2
        check_labels(path, None)
        segmentation = read_textgrid(path, tier=None)
        write_textgrid(segmentation, path)
        assert read_textgrid(path).boundaries.tolist() == segmentation.boundaries.tolist()
    elif kind.startswith("labels"):
        path = path.with_name(f"a{kind.split()[-1]}")
        path.write_bytes(content)
        with suppress(PhonsegError):
            check_labels(path, None)
        check_labels(path, "phones")
    elif kind.startswith("turns"):
        path = path.with_name(f"a{kind.split()[-1]}")
        path.write_bytes(content)
        check_turns(path)
    elif kind == "manifest":
        manifests.use(content, folder)
    elif kind.startswith(("model", "speakers", "checkpoint", "settings")):
        path.write_bytes(content)
        {"settings": use_settings, "speakers": use_speakers}.get(kind, use_model)(path)
    else:
        samples, duration = read(io.BytesIO(content), sample_rate=RATE)
        assert duration > 0
        assert len(samples) == round(duration * RATE)
        assert np.all(np.isfinite(samples))


def limit_memory() -> None:
    import resource

    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + MEMORY, in_use + MEMORY))


def too_long(*_: object) -> None:
    raise TooLongError


def fuzz(how_many: int, seed: int, kinds: str = "") -> None:
    """Damage and read each kind of file so many times, and print what went wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {kind: content for kind, content in whole_files(folder).items() if re.search(kinds, kind)}
        for kind, content in files.items():  # all libraries are loaded before memory is limited
            use(kind, content, folder)
        limit_memory()
        signal.signal(signal.SIGPROF, too_long)
        for kind, content in files.items():
            for number in range(how_many):
                chance = random.Random(f"{seed} {kind} {number}")
                print(f"{kind} {number}: ", end="", flush=True)  # if the process dies, this is the last it says
                if kind == "manifest" and chance.random() < 0.7:  # most other damage makes no JSON
                    print(attempt(kind, manifests.changed(content, chance), folder))
                else:
                    print(attempt(kind, damaged(kind, content, list(files.values()), chance), folder))


def read_large_files(step: int) -> None:
    """Reads every so many-th of the large and hostile files."""
    with tempfile.TemporaryDirectory() as name:
        for suffix, text in label_files.kinds("a", 2).items():  # all libraries are loaded before memory is limited
            use_large(suffix, text.encode(), Path(name))
        limit_memory()
        signal.signal(signal.SIGPROF, too_long)
        for number, (suffix, content) in enumerate(chain(large_files(), many_intervals(), large_turns())):
            if number % step:
                continue
            print(f"{suffix} {number}: ", end="", flush=True)
            print(attempt(suffix, content, Path(name), use_large))


def use_large(suffix: str, content: bytes, folder: Path) -> None:
    path = folder / f"large{suffix}"
    path.write_bytes(content)
    del content
    if suffix in LARGE_TURNS:
        read_turns(path)
    else:
        check_labels(path, "phones")


def attempt(kind: str, content: bytes, folder: Path, use: Callable[[str, bytes, Path], None] = use) -> str:
    """What went wrong, if anything did."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        use(kind, content, folder)
    except PhonsegError:
        return ""
    except BaseException as error:
        return f"{error!r}"[:200]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return ""


if __name__ == "__main__":
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", PhonsegWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    if sys.argv[1] == "large":
        read_large_files(int(sys.argv[2]))
    else:
        fuzz(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
