"""Which supervised samples does the classic tutorial cut from a series?"""

import numpy as np

from gatecast.data.panel.arrays import Array
from gatecast.exceptions import ConfigError, DataError

__all__ = ["make_windows"]


def make_windows(values: object, look_back: int = 1, *, drop_last: bool = True) -> tuple[Array, Array]:
    """Cut a series into windows of `look_back` points and the point after each.

    The tutorial's `create_dataset` runs over `range(len(dataset) - look_back - 1)` and so drops the last
    usable window. That is kept for parity; `drop_last=False` gives all `len(values) - look_back` of them.

    Args:
        values: The series, shape `(T,)` or `(T, 1)`. Floats keep their dtype, everything else becomes float64.
        look_back: Number of points in a window.
        drop_last: Whether to drop the last usable window, as the tutorial does.

    Returns:
        X, shape (samples, look_back, 1), and Y, shape (samples,). Both are views of `values`, X is read-only.

    Raises:
        ConfigError: `look_back` is not a positive integer.
        DataError: The series is not one-dimensional, or too short for one window.

    Examples:
        >>> X, Y = make_windows([10.0, 20.0, 30.0, 40.0, 50.0], look_back=2)
        >>> X[:, :, 0]
        array([[10., 20.],
               [20., 30.]])
        >>> Y
        array([30., 40.])
    """
    if isinstance(look_back, bool) or not isinstance(look_back, int | np.integer) or look_back < 1:
        raise ConfigError(
            f"`look_back` must be a positive integer, got {look_back!r}. Use `look_back=1` as the tutorial does."
        )
    series = np.asarray(values)
    if series.dtype.kind not in "fiub":
        raise DataError(f"`values` must be numbers, got {values!r:.60}. Pass one series, e.g. `table['y'].to_numpy()`.")
    series = series if series.dtype.kind == "f" else series.astype(np.float64)
    series = series[:, 0] if series.ndim == 2 and series.shape[1] == 1 else series
    if series.ndim != 1:
        raise DataError(f"`values` must have shape (T,) or (T, 1), got {series.shape}. Pass one series at a time.")
    n_samples = len(series) - look_back - int(drop_last)
    if n_samples < 1:
        raise DataError(
            f"`values` has {len(series)} points, but one window of `look_back={look_back}` needs at least "
            f"{look_back + 1 + int(drop_last)}. Use a longer series or a smaller `look_back`."
        )
    windows = np.lib.stride_tricks.sliding_window_view(series, look_back)[:n_samples, :, None]
    return windows, series[look_back : look_back + n_samples]
