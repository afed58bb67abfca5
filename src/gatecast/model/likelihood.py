"""What goes with a likelihood of counts? Whole numbers as they are, whose zero stays where it is."""

from __future__ import annotations

from gatecast.exceptions import ConfigError
from gatecast.network.inputs import COUNT_LOSSES

__all__ = ["check_likelihood", "leaves_counts"]

# transforms and scalings; of `season` a likelihood makes `mean`
TRANSFORMS, SCALINGS = ("auto", "none"), ("season", "mean", "none")


def leaves_counts(transform: str, scaling: str) -> bool:
    """Tell whether counts stay counts under a transform and a scaling."""
    return transform in TRANSFORMS and scaling in SCALINGS


def check_likelihood(loss: str | None, transform: str, scaling: str) -> None:
    """Raise a ConfigError where a likelihood of counts was asked for, and what makes other numbers of them, too."""
    if loss not in COUNT_LOSSES or leaves_counts(transform, scaling):
        return
    is_transform = transform not in TRANSFORMS
    name, value, allowed = ("transform", transform, TRANSFORMS) if is_transform else ("scaling", scaling, SCALINGS)
    raise ConfigError(
        f'`{name}="{value}"` was passed, and `loss="{loss}"` takes counts as they are: `{name}` must be one of '
        f"{', '.join(allowed)}. Leave it out, or choose another loss."
    )
