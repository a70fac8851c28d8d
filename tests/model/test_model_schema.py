"""A description whose parts are of another kind than they should be is refused, and the part is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from phonseg.errors import ModelError
from phonseg.model.model_schema import checked_description

RIGHT: dict[str, Any] = {
    "name": "x",
    "streams": [
        {
            "encoder": "log-mel",
            "settings": {"bands": 40, "sample_rate": 16_000, "exponent": 0.1},
            "contrast": {"distance": "euclidean", "lags": [2, 3, 4]},
            "weight": 1.5,
        },
        {"encoder": "boundary-network", "settings": {}, "contrast": {}, "weight": 1},
    ],
    "operating_point": {"prominence": 0.5},
    "training": {"hours": 3.0, "settings": {"seed": 0}},
    "tuned_on_labels": False,
}
SETTINGS = {"levelled": False, "span": None, "minimum_gap": 0.02}


def changed(place: list[Any], value: object) -> dict[str, Any]:
    """RIGHT with another value at a place in it."""
    copy = json.loads(json.dumps(RIGHT))
    inner = copy
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return copy


def test_what_is_right_passes():
    checked_description(RIGHT, "x")
    checked_description({**RIGHT, "analysis_settings": SETTINGS, "something later": 1}, "x")
    checked_description(changed(["streams", 0, "contrast", "lags"], [1]), "x")


@pytest.mark.parametrize("given", [None, [], "text", 3])
def test_what_is_no_description_lacks_everything(given):
    with pytest.raises(
        ModelError, match=r"x: was made by .* \(name, streams, operating_point, training, tuned_on_labels\)"
    ):
        checked_description(given, "x")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (["name"], 5),
        (["streams"], []),
        (["streams"], {"0": RIGHT["streams"][0]}),
        (["streams", 1], None),
        (["streams", 0, "encoder"], ["log-mel"]),
        (["streams", 0, "settings"], [40]),
        (["streams", 0, "settings", "bands"], "40"),
        (["streams", 0, "settings", "bands"], True),
        (["streams", 0, "settings", "bands"], 10**9),
        (["streams", 0, "settings", "sample_rate"], 10**9),
        (["streams", 0, "contrast"], None),
        (["streams", 0, "contrast", "distance"], 1),
        (["streams", 0, "contrast", "lags"], 3),
        (["streams", 0, "contrast", "lags"], [2.5]),
        (["streams", 0, "contrast", "lags"], [0]),
        (["streams", 0, "contrast", "lags"], [10**9]),
        (["streams", 0, "weight"], float("nan")),
        (["streams", 0, "weight"], float("inf")),
        (["operating_point"], [0.5]),
        (["operating_point", "prominence"], None),
        (["operating_point", "prominence"], 10**400),
        (["training"], "three hours"),
        (["tuned_on_labels"], "no"),
        (["tuned_on_labels"], 0),
        (["analysis_settings"], None),
        (["analysis_settings"], {"levelled": [True]}),
        (["analysis_settings"], {"span": "all"}),
    ],
)
def test_a_part_of_the_wrong_kind_is_named(place, value):
    with pytest.raises(
        ModelError, match=rf"x: was made by an incompatible version of phonseg \({place[0]}\)\. Train it again"
    ):
        checked_description(changed(place, value), "x")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(RIGHT)), values | st.sampled_from(list(RIGHT.values()))))
def test_anything_is_right_or_refused(given):
    whole = {**RIGHT, **given}
    try:
        checked_description(whole, "x")
    except ModelError:
        return
    assert isinstance(whole["name"], str)
    assert isinstance(whole["tuned_on_labels"], bool)
    assert all(isinstance(stream, dict) for stream in whole["streams"])
