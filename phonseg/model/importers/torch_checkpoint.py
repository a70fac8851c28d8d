"""A file that `torch.save` wrote -> what was saved in it; nothing in the file is executed.

Such files have two layouts: a zip archive, and an older one of five pickles followed by all the numbers. PyTorch reads
both with its restricted unpickler. A `Note` replaces every other object that a checkpoint names.
"""

from __future__ import annotations

import pickle
import pickletools
import re
import threading
import warnings
import zipfile
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from phonseg.system.ordinary_files import open_ordinary

# Bytes. A checkpoint with 256 channels, UnsupSeg's default, has 16 million, including the state of the optimiser.
LARGEST_CHECKPOINT = 32_000_000
# Which names PyTorch allows and which warnings Python shows are settings of the whole process.
_LOADING = threading.Lock()
ZIP, PICKLE = b"PK\x03\x04", b"\x80"  # how files of the two layouts begin


class Note(dict[object, object]):
    """Replaces an object, other than a tensor, that a checkpoint would make by calling a function.

    Its items are those that the object would have been given.

    Attributes:
        arguments: of the call.
    """

    def __init__(self, *arguments: object) -> None:
        super().__init__()
        self.arguments = arguments

    def __call__(self, *arguments: object) -> Note:
        """Returns a note of a call of the object."""
        return Note(*arguments)

    def __setstate__(self, state: object) -> None:
        """Ignores the attributes that the object would have been given."""


# What a checkpoint may name: its settings, the numbers among them, and the functions among them (pickled by dill).
NAMES = {
    *("argparse.Namespace", "collections.OrderedDict", "collections.defaultdict", "_codecs.encode", "solver.__dict__"),
    *("numpy.dtype", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "dill._dill._load_type"),
    *("dill._dill._create_code", "dill._dill._create_function", "dill._dill._get_attr", "dill._dill._import_module"),
}


def is_torch_file(path: Path) -> bool:
    """Reports whether a file begins as those of `torch.save` (or any pickle) do, and not as a safetensors file does.

    Args:
        path: of the file.

    Returns:
        Whether it does; false also if there is no such file, or if it cannot be read.
    """
    try:
        with open_ordinary(path) as file:
            start = file.read(9) or b""
    except (OSError, ValueError):
        return False
    return start.startswith((ZIP, PICKLE)) and not start.endswith(b"{")


def read_torch_file(content: bytes) -> object:
    """Reads what `torch.save` has written.

    Args:
        content: of a file in either layout.

    Returns:
        What was saved: tensors on the CPU, numbers, texts, bytes and containers, and a `Note` for everything else.

    Raises:
        ValueError: if the file is damaged, or names something that does not belong in a checkpoint. The message is the
            reason.
        OSError: if there is no room for a temporary file.
    """
    if not content.startswith(ZIP):
        return _loaded(BytesIO(content), mmap=False)
    _check_archive(content)
    # Memory-mapped, since only then every version of PyTorch notices an archive with too few numbers; and from a copy,
    # since a program dies if a file that it has mapped is cut short by another one.
    with TemporaryDirectory(prefix="phonseg-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "checkpoint"
        copy.write_bytes(content)
        return _loaded(copy, mmap=True)


def _loaded(source: Path | BytesIO, *, mmap: bool) -> object:
    try:
        with _LOADING, warnings.catch_warnings(action="ignore"), torch.device("cpu"):
            allowed = torch.serialization.get_safe_globals()
            torch.serialization.clear_safe_globals()  # what a program allows would be made, or even called
            try:
                with torch.serialization.safe_globals([(Note, name) for name in NAMES]):
                    return torch.load(source, map_location="cpu", weights_only=True, mmap=mmap)
            finally:
                torch.serialization.add_safe_globals(allowed)
    except Exception as error:  # PyTorch raises any kind of error for a damaged file
        if named := re.search(r"GLOBAL (\S+)", str(error)):
            raise ValueError(_refusal(named[1])) from error
        raise ValueError("it is damaged, or PyTorch did not write it") from error


def read_pickle(content: bytes) -> object:
    """Reads the pickle inside a checkpoint.

    Args:
        content: the pickle, of any protocol.

    Returns:
        Numbers, texts, bytes and containers, and a `Note` for everything else.

    Raises:
        ValueError: if it is damaged, or names something that does not belong in a checkpoint. The message is the
            reason.
    """
    try:
        # A high index in the memo of the unpickler would use up the memory of the computer.
        if any(opcode.name in {"PUT", "LONG_BINPUT"} for opcode, _, _ in pickletools.genops(content)):
            raise ValueError("it is too large")
        return _Unpickler(BytesIO(content)).load()
    except Exception as error:  # Python raises any kind of error for a damaged pickle
        raise ValueError(f"the pickle inside it cannot be read: {error}") from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type[Note]:
        """Returns `Note` for every name that is allowed; imports nothing."""
        if f"{module}.{name}" not in NAMES:
            raise ValueError(_refusal(f"{module}.{name}"))
        return Note


def _refusal(name: str) -> str:
    return f"it names {name:.100}, which does not belong in it; nothing was run"


def _check_archive(content: bytes) -> None:
    """Raises ValueError if an archive is damaged, compressed or overlapping, none of which PyTorch checks."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > LARGEST_CHECKPOINT or any(
                entry.compress_type for entry in entries
            ):
                raise ValueError("it is compressed, or its parts overlap")
            damaged = archive.testzip()
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError) as error:
        raise ValueError(f"it is damaged: {error}") from error
    if damaged:
        raise ValueError(f"it is damaged: the checksum of {damaged:.100} is wrong")
