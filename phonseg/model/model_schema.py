"""The description in a model file -> the same description in the names of today, with every part checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phonseg.detection.dissimilarity import DISTANCES

Check = Callable[[Any], bool]

MOST_STREAMS, MOST_LAGS = 16, 8
LONGEST_LAG = 50  # frames
LARGEST_SIZE = 4_096  # of any layer
LONGEST_NAME = 1_000  # characters
MOST_BANDS = 512
SAMPLE_RATES = 4_000, 48_000  # Hz; ten minutes at the highest take 115 MB
FRAME_RATES = 10, 1_000  # frames per second
# Names that parts and analysis settings had in model format 2 -> their names today; "" for what has been given up.
FORMER_PARTS = {"views": "streams", "conventions": "analysis_settings"}
FORMER_SETTINGS = {
    "levelled": "level_normalised",
    "in_silence": "padded_with_silence",
    "stretched": "min_max_scaled",
    "as_stored": "",
}


class DescriptionError(ValueError):
    """A part of a description is missing, of the wrong kind or out of its range."""


def checked_description(description: Any) -> dict[str, Any]:
    """Checks the description of a model. One that passes can be built, and can segment.

    Args:
        description: JSON types, from a model file of format 2 or 3.

    Returns:
        The description as format 3 has it.

    Raises:
        DescriptionError: if parts are missing, of the wrong kind or out of their range. The message names them.
    """
    parts = _renamed(description, FORMER_PARTS) if isinstance(description, dict) else {}
    if isinstance(settings := parts.get("analysis_settings"), dict):
        parts["analysis_settings"] = _renamed(settings, FORMER_SETTINGS)
    if wrong := [name for name, is_valid in PARTS.items() if not is_valid(parts.get(name, OPTIONAL_PARTS.get(name)))]:
        raise DescriptionError(", ".join(wrong))
    return parts


def _renamed(parts: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in parts.items() if names.get(name, name)}


def _whole(lowest: int, highest: int) -> Check:
    """Whole numbers in a range; true and false are none, and neither is 40.0."""
    return lambda value: type(value) is int and lowest <= value <= highest


def _number(lowest: float, highest: float) -> Check:
    return lambda value: type(value) in (int, float) and lowest <= value <= highest  # false of NaN


def _nothing(value: object) -> bool:
    return False


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _settings(checks: Mapping[str, Check]) -> Check:
    """Settings that have these names, or some of them, each in its range."""
    return lambda value: (
        isinstance(value, dict) and all(name in checks and checks[name](one) for name, one in value.items())
    )


def _exponent(value: object) -> bool:
    # A power with a smaller exponent is 1 for every sound, as far as float32 can tell.
    return (value == 0 and type(value) in (int, float)) or _number(1e-3, 2)(value)


def _lags(value: object) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MOST_LAGS and all(map(_whole(1, LONGEST_LAG), value))


def _stream(value: object) -> bool:
    match value:
        case {"encoder": str(encoder), "settings": settings, "contrast": contrast, "weight": weight, **more}:
            known = encoder in ENCODER_SETTINGS and not more
            return (
                known
                and ENCODER_SETTINGS[encoder](settings)
                and _contrast(contrast, encoder)
                and _number(0, 1e9)(weight)
            )
    return False


def _contrast(value: object, encoder: str) -> bool:
    match value:
        case {"distance": str(distance), "lags": lags, **more}:
            return distance in DISTANCES and _lags(lags) and not more
    return value == {} and encoder == "boundary-network"  # its frames are the curve


def _log_mel(value: Any) -> bool:
    if not _settings(LOG_MEL_SETTINGS)(value):
        return False
    frame_rate = value.get("sample_rate", 16_000) / value.get("hop", 160)
    return bool(FRAME_RATES[0] <= frame_rate <= FRAME_RATES[1])


SIZE, BANDS = _whole(1, LARGEST_SIZE), _whole(1, MOST_BANDS)
LOG_MEL_SETTINGS: Mapping[str, Check] = {
    "window": _whole(1, 512),
    "bands": BANDS,
    "exponent": _exponent,
    "floor": _number(1e-12, 1),
    "sample_rate": _whole(*SAMPLE_RATES),
    "hop": _whole(1, LARGEST_SIZE),
}
ENCODER_SETTINGS: Mapping[str, Check] = {
    "log-mel": _log_mel,
    "log-mel-network": _settings({"bands": BANDS, "width": SIZE, "dimensions": SIZE}),
    "raw-waveform": _settings(
        {
            "channels": SIZE,
            "dimensions": SIZE,
            "projection": _whole(0, LARGEST_SIZE),
            "sample_rate": _whole(*SAMPLE_RATES),
        }
    ),
    "boundary-network": _settings({"bands": BANDS, "width": SIZE}),
    "unit-network": _settings({"units": SIZE, "bands": BANDS, "width": SIZE}),
}
OPTIONAL_PARTS: Mapping[str, Any] = {"analysis_settings": {}, "speech": {}}  # of parts that may be missing
PARTS: Mapping[str, Check] = {
    "name": lambda value: isinstance(value, str) and len(value) <= LONGEST_NAME,
    "streams": lambda value: isinstance(value, list) and 0 < len(value) <= MOST_STREAMS and all(map(_stream, value)),
    "operating_point": lambda value: (
        isinstance(value, dict)
        and value.keys() == {"prominence"}
        and _settings({"prominence": _number(1e-12, 1e9)})(value)
    ),
    "training": lambda value: isinstance(value, dict),
    "analysis_settings": _settings(
        {
            **dict.fromkeys(
                ("level_normalised", "padded_with_silence", "min_max_scaled", "sub_frame", "speech_only"), _is_bool
            ),
            # Within a shorter span there is no frame on either side of a peak; none of a longer one is compared.
            "span": lambda value: value is None or _number(0.2, 60)(value),
            "minimum_gap": _number(0, 60),
        }
    ),
    "tuned_on_labels": _is_bool,
    "speech": _settings({"bands": BANDS, "width": SIZE}),  # of a speech network
}
