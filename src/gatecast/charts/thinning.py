"""Which of very many points does a picture need? The extremes: the others would be drawn over them."""

from __future__ import annotations

import numpy as np

__all__ = ["MANY", "block_means", "envelope", "thin"]

# lines with more points are thinned, so that files stay small
MANY = 20_000
COLUMNS = 4_000


def envelope(values: np.ndarray, n_columns: int) -> np.ndarray:
    """Choose the points that a strip of `n_columns` dots can show: the lowest and the highest of each column.

    Values are `(N,)`, NaN in gaps; what returns are sorted positions, all of them where they are few.

    Examples:
        >>> envelope(np.array([0.0, 5.0, 1.0, 2.0, 9.0, 3.0, 4.0, 4.5]), 2).tolist()
        [0, 1, 4, 5]
    """
    n = len(values)
    if n <= 2 * n_columns:
        return np.arange(n)
    size = n // n_columns
    columns = values[: size * n_columns].reshape(n_columns, size)
    low = np.where(np.isnan(columns), np.inf, columns).argmin(axis=1)
    high = np.where(np.isnan(columns), -np.inf, columns).argmax(axis=1)
    begins = np.arange(n_columns) * size
    return np.unique(np.concatenate([begins + low, begins + high, np.arange(size * n_columns, n)]))


def thin(values: np.ndarray) -> np.ndarray:
    """Choose the points of a line: all of them up to 20,000, else the lowest and the highest of each of 4,000 columns.

    Values are `(N,)`; what returns are sorted positions.
    """
    return np.arange(len(values)) if len(values) <= MANY else envelope(values, COLUMNS)


def block_means(matrix: np.ndarray, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Average the rows of a matrix, `(T, D)`, in blocks, so that no more than `n_rows` are left.

    Returns:
        The means, `(blocks, D)`, and the first row of each block, `(blocks,)`.

    Examples:
        >>> means, firsts = block_means(np.array([[1.0], [3.0], [5.0]]), 2)
        >>> means.tolist(), firsts.tolist()
        ([[2.0], [5.0]], [0, 2])
    """
    size = -(-len(matrix) // n_rows)
    if size <= 1:
        return matrix, np.arange(len(matrix))
    firsts = np.arange(0, len(matrix), size)
    counts = np.diff(np.append(firsts, len(matrix)))
    return np.add.reduceat(matrix, firsts, axis=0) / counts[:, None], firsts
