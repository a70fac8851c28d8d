"""The description in a model file -> the same description in the names of today, with every part checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phonseg.errors import ModelError

LARGEST_SIZE = 4_096  # of any layer or window, so that a file of a few bytes cannot use up the memory
LARGEST_NUMBER = 768_000  # the highest sample rate, in Hz
LONGEST_LAG = 100  # frames
OPTIONAL_PARTS: Mapping[str, Any] = {"analysis_settings": {}}  # of parts that may be missing
# Names that parts and analysis settings had in model format 2 -> their names today; "" for what has been given up.
FORMER_PARTS = {"views": "streams", "conventions": "analysis_settings"}
FORMER_SETTINGS = {
    "levelled": "level_normalised",
    "in_silence": "padded_with_silence",
    "stretched": "min_max_scaled",
    "as_stored": "",
}


def checked_description(description: Any, path: object) -> dict[str, Any]:
    """Checks the description of a model.

    Args:
        description: JSON types, from a model file of format 2 or 3.
        path: of the file, for the message.

    Returns:
        The description as format 3 has it.

    Raises:
        ModelError: if parts are missing or of the wrong kind. The message names them.
    """
    parts = _renamed(description, FORMER_PARTS) if isinstance(description, dict) else {}
    if isinstance(settings := parts.get("analysis_settings"), dict):
        parts["analysis_settings"] = _renamed(settings, FORMER_SETTINGS)
    wrong = [name for name, is_valid in PARTS.items() if not is_valid(parts.get(name, OPTIONAL_PARTS.get(name)))]
    if wrong:
        problem = f"was made by an incompatible version of phonseg ({', '.join(wrong)})"
        raise ModelError(f"{path}: {problem}. Train it again.")
    return parts


def _renamed(parts: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in parts.items() if names.get(name, name)}


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def _numbers(value: object) -> bool:
    return isinstance(value, dict) and all(map(_number, value.values()))


def _contrast(value: object) -> bool:
    match value:
        case {"distance": str(), "lags": list(lags)}:
            return all(type(lag) is int and 0 < lag <= LONGEST_LAG for lag in lags)
    return value == {}


def _analysis_settings(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(part, bool | None) or _number(part) for part in value.values())


def _stream(value: object) -> bool:
    match value:
        case {"encoder": str(), "settings": settings, "contrast": contrast, "weight": weight} if _numbers(settings):
            small = all(size <= LARGEST_SIZE for name, size in settings.items() if name != "sample_rate")
            return small and _contrast(contrast) and _number(weight)
    return False


PARTS: Mapping[str, Callable[[Any], bool]] = {
    "name": lambda value: isinstance(value, str),
    "streams": lambda value: isinstance(value, list) and len(value) > 0 and all(map(_stream, value)),
    "operating_point": _numbers,
    "training": lambda value: isinstance(value, dict),
    "analysis_settings": _analysis_settings,
    "tuned_on_labels": lambda value: isinstance(value, bool),
}
