"""A file that `torch.save` wrote goes in, and what was saved comes out; nothing in the file is executed.

Such files come in two layouts: a zip archive, and an older one of five pickles in a row and then all the numbers.
PyTorch reads both with its restricted unpickler. What else a checkpoint names is replaced by a `Note`.
"""

from __future__ import annotations

import pickle
import pickletools
import re
import warnings
import zipfile
from io import BytesIO
from pathlib import Path

import torch

# Bytes. With 256 channels, UnsupSeg's default, there are 16 million, the state of the optimiser included.
LARGEST = 32_000_000
ZIP, PICKLE = b"PK\x03\x04", b"\x80"  # how files in the two layouts begin


class Note(dict[object, object]):
    """Stands for anything but tensors that a checkpoint would make by a call.

    Its entries are those that the result of the call would have been given.

    Attributes:
        arguments: those of the call.
    """

    def __init__(self, *arguments: object) -> None:
        super().__init__()
        self.arguments = arguments

    def __call__(self, *arguments: object) -> Note:
        """Note a call of the result."""
        return Note(*arguments)

    def __setstate__(self, state: object) -> None:
        """Ignore the attributes that the result would have been given."""


# The settings of a checkpoint, the numbers among them, and the functions among them, which dill has pickled.
NAMES = frozenset(
    [
        *("argparse.Namespace", "collections.OrderedDict", "collections.defaultdict", "_codecs.encode"),
        *("numpy.dtype", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "solver.__dict__"),
        *(
            f"dill._dill._{name}"
            for name in ("create_code", "create_function", "get_attr", "import_module", "load_type")
        ),
    ]
)


def is_torch_file(path: Path) -> bool:
    """Whether a file begins as those of `torch.save` (or any pickle) do, and not as one in safetensors.

    False also for what is no file or cannot be read at all.
    """
    if not path.is_file():
        return False
    try:
        start = _start(path)
    except OSError:
        return False
    return start.startswith((ZIP, PICKLE)) and not start.endswith(b"{")


def read_torch_file(path: Path) -> object:
    """Read what `torch.save` has written.

    Args:
        path: of a file in either layout.

    Returns:
        What was saved: tensors on the CPU, numbers, texts, bytes and containers, and a `Note` in place of the rest.

    Raises:
        ValueError: with the reason, if it is too large, damaged, or names what has no place in a checkpoint.
        OSError: if it cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it has more than {LARGEST // 10**6} million bytes")
    zipped = _start(path).startswith(ZIP)
    if zipped:
        _check_archive(path)
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            torch.serialization.safe_globals([(Note, name) for name in NAMES]),
        ):
            # Mapped, since not every version of PyTorch sees that an archive has fewer numbers than it says.
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except Exception as error:  # whatever PyTorch comes upon in a damaged file
        if named := re.search(r"GLOBAL (\S+)", str(error)):
            raise ValueError(_refusal(named[1])) from error
        raise ValueError("it is damaged, or PyTorch did not write it") from error


def read_pickle(content: bytes) -> object:
    """Read the pickle within a checkpoint.

    Args:
        content: the pickle, of any protocol.

    Returns:
        Numbers, texts, bytes and containers, and a `Note` in place of the rest.

    Raises:
        ValueError: with the reason, if it is damaged, or names what has no place in a checkpoint.
    """
    try:
        # A place far off in the memory of the unpickler would take all the memory there is.
        if any(opcode.name in {"PUT", "LONG_BINPUT"} for opcode, _, _ in pickletools.genops(content)):
            raise ValueError("it is too large")
        return _Unpickler(BytesIO(content)).load()
    except Exception as error:  # whatever Python comes upon in a damaged pickle
        raise ValueError(f"the pickle within cannot be read: {error}") from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type[Note]:
        """Import nothing."""
        if f"{module}.{name}" not in NAMES:
            raise ValueError(_refusal(f"{module}.{name}"))
        return Note


def _refusal(name: str) -> str:
    return f"it names {name:.100}, which has no place in it; nothing was run"


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(9)


def _check_archive(path: Path) -> None:
    """Raise ValueError if an archive is damaged or larger than its file: PyTorch checks no sums and expands all."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > LARGEST or any(entry.compress_type for entry in entries):
                raise ValueError("it is compressed, or its parts overlap")
            damaged = archive.testzip()
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError) as error:
        raise ValueError(f"it is damaged: {error}") from error
    if damaged:
        raise ValueError(f"it is damaged: the sum of {damaged:.100} is wrong")
