"""What the description in a model file looks like: names, numbers and truth values, each in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phonseg.errors import ModelError

Check = Callable[[Any], bool]

LARGEST_SIZE = 4_096  # of any layer or window, so that a file of a few bytes cannot ask for all the memory there is
LARGEST_NUMBER = 768_000  # a sample rate
LONGEST_LAG = 100  # frames


def check_description(told: Any, path: object) -> None:
    """Raise ModelError, naming the part, if a description lacks a part or has one of the wrong kind."""
    told = told if isinstance(told, dict) else {}
    wrong = [name for name, holds in PARTS.items() if not holds(told.get(name, {} if name == "conventions" else None))]
    if wrong:
        raise ModelError(f"{path}: is not described as this phonseg expects ({', '.join(wrong)}). Train it again.")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def _numbers(value: object) -> bool:
    return isinstance(value, dict) and all(map(_number, value.values()))


def _contrast(value: object) -> bool:
    match value:
        case {"distance": str(), "lags": list(lags)}:
            return all(type(lag) is int and 0 < lag <= LONGEST_LAG for lag in lags)
    return value == {}


def _conventions(value: object) -> bool:
    return isinstance(value, dict) and all(
        part is None or isinstance(part, bool) or _number(part) for part in value.values()
    )


def _view(value: object) -> bool:
    match value:
        case {"encoder": str(), "settings": settings, "contrast": contrast, "weight": weight} if _numbers(settings):
            small = all(size <= LARGEST_SIZE for name, size in settings.items() if name != "sample_rate")
            return small and _contrast(contrast) and _number(weight)
    return False


PARTS: Mapping[str, Check] = {
    "name": lambda value: isinstance(value, str),
    "views": lambda value: isinstance(value, list) and len(value) > 0 and all(map(_view, value)),
    "operating_point": _numbers,
    "training": lambda value: isinstance(value, dict),
    "conventions": _conventions,
    "tuned_on_labels": lambda value: isinstance(value, bool),
}
