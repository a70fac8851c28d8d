"""How a segmentation was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a segmentation was made.

    Attributes:
        version: of phonseg.
        model: the name of the model.
        digest: SHA-256 of the model, in hexadecimal.
        settings: the options of the segmentation, by name.
        tuned_on_labels: whether labels were used to tune the model (never by default).
    """

    version: str
    model: str
    digest: str
    settings: Mapping[str, object] = field(default_factory=dict)
    tuned_on_labels: bool = False
