"""Damages model files, checkpoints and settings where it hurts: the digests are right again afterwards.

Used by `fuzzing.py`.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import random
import struct
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from checkpoints import checkpoint
from conftest import RATE, mel_segmenter, network_segmenter, speech_like
from voices import speaker_model

from phonseg.detection.dissimilarity import LeftRightContrast, cosine
from phonseg.detection.peaks import OperatingPoint
from phonseg.diarization.speaker_model import load_speakers
from phonseg.encoders.contrastive_encoders import LogMelNetwork, RawWaveformEncoder
from phonseg.errors import AudioError, ConfigurationError
from phonseg.model.analysis_settings import AnalysisSettings
from phonseg.model.segmenter import Segmenter, load
from phonseg.model.streams import Stream
from phonseg.training.settings import TrainingSettings, read_settings

SPEECH = speech_like(6)[0][:RATE]
NUMBERS = [
    0,
    1,
    -1,
    2,
    3,
    0.5,
    -0.5,
    1e-9,
    1e-300,
    5e-324,
    1e6,
    1e9,
    1e38,
    1e300,
    4096,
    4097,
    512,
    16_000,
    48_000,
    10**6,
]
ODD = [
    float("nan"),
    float("inf"),
    -float("inf"),
    10**400,
    2**63,
    -(2**63),
    True,
    False,
    None,
    "",
    "x",
    "\0",
    "\ud800",
    [],
]
NESTED = [{}, [[]], {"a": 1}, [1, 2, 3], list(range(1, 17)), [100] * 16, ["x"], "y" * 5_000, {"b": {"c": [None]}}]
TYPES = ["F32", "I64", "F64", "F16", "BF16", "I32", "U8", "BOOL", "C64", "F8_E5M2", "", "f32"]


def models(folder: Path) -> dict[str, bytes]:
    """Model files with every encoder, in formats 3 and 2."""
    contrast = LeftRightContrast(cosine, (1, 3))
    mel, raw = (
        LogMelNetwork(bands=10, width=8, dimensions=4),
        RawWaveformEncoder(channels=4, dimensions=3, projection=2),
    )
    other = AnalysisSettings(False, False, True, False, False, None, 0.0)
    made = {
        "networks": network_segmenter(),
        "log-mel": mel_segmenter(),
        "log-mel network": Segmenter("x", (Stream(mel, contrast, 0.7),), OperatingPoint(0.02)),
        "raw waveform": Segmenter("x", (Stream(raw, contrast),), OperatingPoint(0.02), analysis_settings=other),
    }
    files = {}
    for name, model in made.items():
        model.save(folder / "model.safetensors")
        files[f"model of {name}"] = (folder / "model.safetensors").read_bytes()
    description, tensors, _ = opened(files["model of networks"])
    description["views"] = description.pop("streams")
    description["conventions"] = {"levelled": True, "span": 1.0, "as_stored": True}
    files["model of format 2"] = packed(description, tensors, version="2")
    return files


def speakers(folder: Path) -> dict[str, bytes]:
    """A model of speakers."""
    speaker_model().save(folder / "speakers.safetensors")
    return {"speakers": (folder / "speakers.safetensors").read_bytes()}


def checkpoints(folder: Path) -> dict[str, bytes]:
    return {f"checkpoint, {name}": checkpoint(folder / "x.ckpt", name).read_bytes() for name in ("zip", "in a row")}


SETTINGS = b"""# settings
steps = 7
crops = 4
learning_rate = 1e-3
encoder = "raw-waveform"
held_out = 0.25
device = "cpu"
"""


def opened(content: bytes) -> tuple[Any, dict[str, list[Any]], dict[str, str]]:
    """The description, [type, shape, bytes] of each tensor, and the metadata."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__")
    data = content[8 + length :]
    tensors = {n: [e["dtype"], e["shape"], data[slice(*e["data_offsets"])]] for n, e in header.items()}
    return json.loads(metadata["description"]), tensors, metadata


def packed(
    description: Any,
    tensors: dict[str, list[Any]],
    version: str = "3",
    entry: dict[str, Any] | None = None,
    form: str = "phonseg-model",
) -> bytes:
    """A model file with its right digest. entry: what is said of the first tensor instead."""
    kinds = {"F32": "torch.float32", "I64": "torch.int64"}
    total = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    for name, (dtype, shape, data) in sorted(tensors.items()):
        total.update(f"{name} {kinds.get(dtype, dtype)} {tuple(shape) if isinstance(shape, list) else shape}".encode())
        total.update(data)
    metadata = {
        "format": form,
        "format_version": version,
        "description": json.dumps(description, sort_keys=True),
        "digest": total.hexdigest(),
    }
    header: dict[str, Any] = {"__metadata__": metadata}
    end = 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(data)]}
        end += len(data)
    for name in tensors:
        header[name].update(entry or {})
        break
    told = json.dumps(header).encode()
    return len(told).to_bytes(8, "little") + told + b"".join(data for _, _, data in tensors.values())


def damaged_model(content: bytes, chance: random.Random) -> bytes:
    """The model with one to three things wrong with it, or merely odd."""
    description, tensors, metadata = opened(content)
    entry: dict[str, Any] = {}
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        match chance.choice(["part", "part", "setting", "setting", "setting", "numbers", "tensor", "entry"]):
            case "part":
                description = changed_part(description, chance)
            case "setting" if isinstance(description, dict) and isinstance(description.get("network"), dict):
                name = chance.choice(["width", "dimensions"])  # of a model of speakers
                description["network"][name] = chance.choice([0, 1, 3, 4, 8, 2048, 2049])
            case "setting":
                change_setting(description, chance)
            case "numbers" if tensors:
                change_numbers(tensors[chance.choice(list(tensors))], chance)
            case "tensor" if tensors:
                change_tensor(tensors, chance)
            case "entry":
                entry = {
                    chance.choice(["dtype", "shape", "data_offsets", "more"]): chance.choice(
                        [*TYPES, *NUMBERS, *ODD, *NESTED, [0, 8], [8, 0], [2**40, 2**40], [-1, -1], [0] * 9]
                    )
                }
    version = chance.choice([metadata["format_version"]] * 50 + ["1", "2", "3", "4", "\0"])
    return packed(description, tensors, version, entry, metadata["format"])


def changed_part(value: Any, chance: random.Random, depth: int = 0) -> Any:
    """The description with something else somewhere in it."""
    if depth and (not isinstance(value, (dict, list)) or not value or chance.random() < 0.15):
        return chance.choice([*NUMBERS, *ODD, *NESTED])
    if isinstance(value, dict) and value:
        name = chance.choice(list(value))
        match chance.choice(["deeper"] * 8 + ["missing", "more", "renamed"]):
            case "missing":
                return {other: one for other, one in value.items() if other != name}
            case "more":
                return {**value, chance.choice(["x", "", "bands", "weight", "\0"]): chance.choice([*NUMBERS, *ODD])}
            case "renamed":
                return {f"{other}s" if other == name else other: one for other, one in value.items()}
        return {**value, name: changed_part(value[name], chance, depth + 1)}
    if isinstance(value, list) and value:
        at = chance.randrange(len(value))
        match chance.choice(["deeper"] * 6 + ["missing", "again"]):
            case "missing":
                return value[:at] + value[at + 1 :]
            case "again":
                return value + [value[at]] * chance.choice([1, 3, 15, 16, 2_000])
        return [changed_part(one, chance, depth + 1) if i == at else one for i, one in enumerate(value)]
    return chance.choice(ODD)


def change_setting(description: Any, chance: random.Random) -> None:
    """Set something to a value that may be in its range, though nobody would choose it."""
    streams = description.get("streams", description.get("views")) if isinstance(description, dict) else None
    if not (isinstance(streams, list) and streams and isinstance(streams[0], dict)):
        return
    stream = chance.choice([one for one in streams if isinstance(one, dict)])
    match chance.choice(["encoder", "encoder", "contrast", "weight", "point", "analysis", "many"]):
        case "encoder" if isinstance(stream.get("settings"), dict) and stream["settings"]:
            name = chance.choice(list(stream["settings"]))
            values = {"sample_rate": [4_000, 8_000, 16_000, 48_000], "hop": [1, 16, 40, 160, 400, 1_600]}
            odd = [0, 1, 2, 3, 40, 256, 511, 512, 513, 4_000, 4_096]
            values |= {"exponent": [0, 0.0, 1e-3, 0.1, 1, 2, 2.5], "floor": [1e-12, 1e-4, 1, 2, 0]}
            for one in streams if name in ("sample_rate", "hop") else [stream]:
                if isinstance(one, dict) and isinstance(one.get("settings"), dict):
                    one["settings"][name] = chance.choice(values.get(name, odd))
        case "contrast":
            lags = [chance.choice([1, 2, 3, 10, 49, 50, 51]) for _ in range(chance.choice([1, 2, 3, 7, 8, 9]))]
            stream["contrast"] = chance.choice([{}, {"distance": chance.choice(["cosine", "euclidean"]), "lags": lags}])
        case "weight":
            stream["weight"] = chance.choice([0, 1e-30, 1e-5, 1, 1e5, 1e9, 2e9, -1])
        case "point":
            description["operating_point"] = {"prominence": chance.choice([1e-12, 1e-5, 1, 1e5, 1e9, 0, -1])}
        case "analysis":
            settings = {
                **{
                    name: chance.random() < 0.5
                    for name in (
                        "level_normalised",
                        "padded_with_silence",
                        "min_max_scaled",
                        "sub_frame",
                        "speech_only",
                    )
                },
                "span": chance.choice([None, 0.2, 0.1, 1, 60, 61]),
                "minimum_gap": chance.choice([0, 0.0, 1e-9, 0.02, 1, 60, 61]),
            }
            kept = chance.sample(list(settings), chance.randint(0, 7))
            description["analysis_settings"] = {name: settings[name] for name in kept}
        case "many":
            streams += [stream] * chance.choice([1, 5, 14, 15, 16])


def change_numbers(tensor: list[Any], chance: random.Random) -> None:
    """Put numbers into a tensor that training would not leave there, or hardly ever."""
    dtype, _, data = tensor
    kind = np.dtype({"F32": "<f4", "I64": "<i8"}.get(dtype, "u1"))
    array = np.frombuffer(data, "u1" if len(data) % kind.itemsize else kind).copy()  # its type may have been changed
    if not len(array):
        return
    value = chance.choice([0, 1, -1, 1e-30, 1e-45, 100, 1e4, 1e6, -1e6, 1.1e6, 1e18, 1e38, np.inf, -np.inf, np.nan])
    with np.errstate(all="ignore"):
        changed = array.astype(np.float64)
        if chance.random() < 0.5:
            changed[chance.randrange(len(array))] = value
        elif chance.random() < 0.5:
            changed[:] = value
        else:
            changed *= value
        tensor[2] = changed.astype(array.dtype).tobytes() if chance.random() < 0.9 else chance.randbytes(len(data))


def change_tensor(tensors: dict[str, list[Any]], chance: random.Random) -> None:
    name = chance.choice(list(tensors))
    dtype, shape, data = tensors[name]
    match chance.choice(["missing", "more", "renamed", "type", "shape", "longer", "shorter", "huge"]):
        case "missing":
            del tensors[name]
        case "more":
            tensors[chance.choice(["0.x", "", "\0", "16.layers.0.bias"])] = [dtype, shape, data]
        case "renamed":
            tensors[name[::-1]] = tensors.pop(name)
        case "type":
            tensors[name] = [chance.choice(TYPES), shape, data]
        case "shape":
            tensors[name] = [dtype, chance.choice([shape[::-1], [*shape, 1], [1, *shape], [len(data) // 4], []]), data]
        case "longer":
            tensors[name] = [dtype, shape, data + bytes(chance.choice([1, 4, 4_000]))]
        case "shorter":
            tensors[name] = [dtype, shape, data[: len(data) // 2]]
        case "huge":
            tensors[name] = [
                dtype,
                chance.choice([[10**12], [2**31, 2**31], [2**64], [10**15] * 8, [-1], [0, 10**9]]),
                data,
            ]


def damaged_checkpoint(content: bytes, chance: random.Random) -> bytes:
    """The checkpoint with other values in it, as PyTorch would have saved them; or with another pickle within."""
    if content.startswith(b"PK") and chance.random() < 0.5:
        return with_damaged_pickle(content, chance)
    saved = torch.load(io.BytesIO(content), weights_only=False)
    weights = dict(saved["state_dict"])
    for _ in range(chance.choice([1, 1, 2])):
        name = chance.choice([name for name in weights if isinstance(weights[name], torch.Tensor)])
        match chance.choice(["tensor", "tensor", "missing", "prominence", "other"]):
            case "tensor":
                weights[name] = chance.choice(
                    [
                        weights[name].double(),
                        weights[name].to(torch.bfloat16),
                        weights[name] * chance.choice([0, 1e-30, 1e4, 1e38, float("nan")]),
                        weights[name][None],
                        weights[name].T if weights[name].dim() == 2 else weights[name].expand(2, *weights[name].shape),
                        torch.zeros(1).expand(10**6),
                        torch.zeros(3, 0),
                        chance.choice([*NUMBERS[:9], *NESTED]),
                    ]
                )
            case "missing":
                del weights[name]
            case "prominence":
                within = {
                    "cpc_1": {"prominence": chance.choice([*NUMBERS, *ODD, *NESTED, np.float64(0.5), np.float32(1)])}
                }
                saved["peak_detection_params"] = chance.choice([pickle.dumps(within), pickle.dumps(within, 2), b"", 1])
            case "other":
                saved[chance.choice(list(saved))] = chance.choice([*NUMBERS[:9], *NESTED])
    if "state_dict" in saved and isinstance(saved["state_dict"], dict):
        saved["state_dict"] = weights
    file = io.BytesIO()
    torch.save(saved, file, _use_new_zipfile_serialization=content.startswith(b"PK"))
    return file.getvalue()


def with_damaged_pickle(content: bytes, chance: random.Random) -> bytes:
    """The archive with changed bytes in its instructions, and with the checksums that belong to them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        contents = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    instructions = contents[next(name for name in contents if name.endswith("data.pkl"))]
    for _ in range(chance.choice([1, 1, 2, 5])):
        at = chance.randrange(len(instructions))
        form = chance.choice(["<B", "<H", "<I"])
        size = struct.calcsize(form)
        instructions[at : at + size] = struct.pack(form, chance.choice([0, 1, 0x7F, 0xFF, chance.randrange(256)]))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in contents.items():
            archive.writestr(name, bytes(part))
    return file.getvalue()


def damaged_settings(content: bytes, chance: random.Random) -> bytes:
    """The settings with another value for one of them."""
    lines = content.decode().splitlines()
    values = [
        "nan",
        "inf",
        "-1",
        "0",
        "true",
        "1e999",
        "9" * 5_000,
        "0x" + "f" * 9_000,
        "2020-01-01",
        "[[[]]]",
        "{a=1}",
    ]
    values += [
        '"""',
        "[" * 5_000,
        "{a=" * 5_000,
        '"\\u0000"',
        '"cuda:7"',
        '"meta"',
        '""',
        "07:32:00",
        "'''\n'''",
        "1_0",
        "=",
        "0o7",
    ]
    at = chance.randrange(len(lines))
    name = chance.choice(
        [lines[at].split(" ")[0], "steps", "device", "[steps]", "a.b", '"\\n"', "steps.a", "[[crops]]"]
    )
    lines[at] = f"{name} = {chance.choice(values)}"
    return (
        chance.choice(["\n", "\r\n", "\r"]).join(lines).encode(chance.choice(["utf-8"] * 8 + ["utf-8-sig", "utf-16"]))
    )


def use_model(path: Path) -> None:
    """Load a model and segment a second of speech with it; a model must give what every model gives."""
    model = load(path)
    for sensitivity in (0.5, 1.0):
        found = model.segment((SPEECH, RATE), sensitivity=sensitivity)
        assert found.duration == 1
        assert np.isfinite(found.scores).all()
        assert np.isfinite(found.curve.values).all()


def use_speakers(path: Path) -> None:
    """Load a model of speakers and diarize a second of speech with it; a model must give what every model gives."""
    model = load_speakers(path)
    for speakers in (None, 2):
        with suppress(AudioError, ConfigurationError):  # it is refused, or there is too little speech
            found = model.diarize((SPEECH, RATE), speakers=speakers)
            assert found.duration == 1
            assert all(0 <= turn.score <= 1 for turn in found)
            assert len(found.speakers) == (speakers or len(found.speakers)) <= len(found)
    saved = model.save(path)
    assert load_speakers(path).digest == saved.digest


def use_settings(path: Path) -> None:
    read_settings(path, TrainingSettings())
