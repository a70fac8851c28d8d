"""The description in a model file -> the same description, with the names of today and checked part by part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phonseg.errors import ModelError

Check = Callable[[Any], bool]

LARGEST_SIZE = 4_096  # of any layer or window, so that a file of a few bytes cannot ask for all the memory there is
LARGEST_NUMBER = 768_000  # a sample rate
LONGEST_LAG = 100  # frames
DEFAULTS: Mapping[str, Any] = {"analysis_settings": {}}  # of parts that may be missing
# What parts, and settings of the analysis, were called in model format 2; "" for what is left out.
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
        ModelError: naming the parts, if some are missing or of the wrong kind.
    """
    told = _renamed(description, FORMER_PARTS) if isinstance(description, dict) else {}
    if isinstance(settings := told.get("analysis_settings"), dict):
        told["analysis_settings"] = _renamed(settings, FORMER_SETTINGS)
    wrong = [name for name, holds in PARTS.items() if not holds(told.get(name, DEFAULTS.get(name)))]
    if wrong:
        raise ModelError(f"{path}: is not described as this phonseg expects ({', '.join(wrong)}). Train it again.")
    return told


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
    return isinstance(value, dict) and all(
        part is None or isinstance(part, bool) or _number(part) for part in value.values()
    )


def _stream(value: object) -> bool:
    match value:
        case {"encoder": str(), "settings": settings, "contrast": contrast, "weight": weight} if _numbers(settings):
            small = all(size <= LARGEST_SIZE for name, size in settings.items() if name != "sample_rate")
            return small and _contrast(contrast) and _number(weight)
    return False


PARTS: Mapping[str, Check] = {
    "name": lambda value: isinstance(value, str),
    "streams": lambda value: isinstance(value, list) and len(value) > 0 and all(map(_stream, value)),
    "operating_point": _numbers,
    "training": lambda value: isinstance(value, dict),
    "analysis_settings": _analysis_settings,
    "tuned_on_labels": lambda value: isinstance(value, bool),
}
