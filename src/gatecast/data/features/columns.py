"""How does one covariate become numbers for the network? A standardised number, or the code of a category."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Array, Floats
from gatecast.data.reading.covariates import category_texts
from gatecast.data.values.scaling import fit_scaling
from gatecast.exceptions import DataError

__all__ = ["CategoryColumn", "NumberColumn", "embedding_size", "fit_categories", "fit_numbers"]

# Standard deviations; what lies further out is an accident, and must not drown everything else.
CLIP = 10.0


def embedding_size(cardinality: int) -> int:
    """Suggest how many numbers stand for a category: `min(16, ceil(n ** 0.56))`.

    The exponent is that of fastai's rule of thumb, `min(600, round(1.6 * n ** 0.56))` (`emb_sz_rule` in
    fastai/tabular/model.py); smaller here, as a forecaster on a CPU learns from fewer rows.
    """
    return min(16, math.ceil(math.pow(cardinality, 0.56)))


@dataclass(frozen=True)
class NumberColumn:
    """How a column of numbers is standardised."""

    name: str
    center: float  # mean over the training part
    scale: float  # standard deviation there; 0 for a constant column, which then is 0 everywhere
    flags_missing: bool  # whether a column that says where it was missing stands behind it

    def standardise(self, values: Array) -> Array:
        """Return float32 of the same shape, NaN where it is missing; a `DataError` if they are no numbers."""
        numbers = self._numbers(values)
        if self.scale == 0:
            return np.where(np.isnan(numbers), np.nan, 0.0).astype(np.float32)
        with np.errstate(over="ignore"):
            standard = (numbers - self.center) / self.scale
        return np.clip(standard, -CLIP, CLIP).astype(np.float32)

    def _numbers(self, values: Array) -> Floats:
        if values.dtype != object:
            return values.astype(np.float64, copy=False)
        # Where all is missing, nothing shows that the column holds numbers.
        texts = values[values != np.array(None)]
        if len(texts):
            raise DataError(
                f"Column {self.name!r} held numbers in the training data and holds {texts[0]!r} now, and numbers were "
                "expected. Correct it."
            )
        return np.full(values.shape, np.nan)


@dataclass(frozen=True)
class CategoryColumn:
    """Which categories a column has; their codes count from 1 in this order, and 0 is unknown or missing."""

    name: str
    categories: tuple[str, ...]  # texts that were seen in training, sorted

    @property
    def cardinality(self) -> int:
        """Number of codes."""
        return len(self.categories) + 1

    def encode(self, values: Array) -> Array:
        """Return int32 codes of the same shape."""
        import pandas as pd

        texts = category_texts(values.ravel())
        codes = pd.Index(self.categories, dtype=object).get_indexer(pd.Index(texts, dtype=object)) + 1
        return codes.astype(np.int32).reshape(values.shape)


def fit_numbers(columns: dict[str, Array]) -> tuple[NumberColumn, ...]:
    """Learn from the columns that hold numbers, shape `(n,)` each."""
    return tuple(_number_column(name, values) for name, values in columns.items() if values.dtype != object)


def _number_column(name: str, values: Floats) -> NumberColumn:
    scaling = fit_scaling(values, np.array([0, len(values)]), "standard")
    observed = values[~np.isnan(values)]
    is_constant = len(observed) == 0 or bool(observed.min() == observed.max())
    scale = 0.0 if is_constant else float(scaling.scale[0])
    return NumberColumn(name, float(scaling.center[0]), scale, flags_missing=len(observed) < len(values))


def fit_categories(columns: dict[str, Array]) -> tuple[CategoryColumn, ...]:
    """Learn from the columns that hold categories, shape `(n,)` each."""
    return tuple(
        CategoryColumn(name, tuple(sorted({str(value) for value in values if value is not None})))
        for name, values in columns.items()
        if values.dtype == object
    )
