"""Which settings do the options of `gatecast forecast` stand for? All are checked before a file is read."""

from __future__ import annotations

from typing import Any

from gatecast.cli.options import ForecastOptions
from gatecast.exceptions import ConfigError
from gatecast.metrics.levels import check_levels, check_quantiles, level_to_quantiles
from gatecast.model.settings import Settings

__all__ = ["levels_of", "quantiles_of", "settings_of", "share_of", "share_to_test"]

# intervals whose coverage is measured where none are asked for, in %
USUAL_LEVELS = (80.0, 95.0)
MEDIAN = 0.5
# what Ctrl-C may lose
CHECKPOINT_SECONDS = 10.0


def settings_of(options: ForecastOptions) -> dict[str, Any]:
    """Return the settings of a fit.

    Raises:
        ConfigError: An option makes no sense.
    """
    settings: dict[str, Any] = {
        "horizon": options.horizon,
        "lookback": options.lookback,
        "hidden_size": options.hidden,
        "n_layers": options.layers,
        "cell": options.cell,
        "bidirectional": options.bidirectional,
        "dilations": options.dilation or None,
        "residual": options.residual,
        "layer_norm": options.layer_norm,
        "dropout": options.dropout,
        "attention": options.attention,
        "decoder_sizes": tuple(options.decoder),
        "skip": options.skip,
        "mode": options.mode,
        "loss": options.loss,
        "epochs": options.epochs,
        "learning_rate": _rate(options.learning_rate),
        "validation_size": _validation_share(options.validation_size),
        "refit_full": options.refit_full,
        "patience": options.patience,
        "ensemble": options.ensemble,
        "max_seconds": options.max_seconds,
        "transform": options.transform,
        "season_length": tuple(options.season) or None,
        "past": tuple(options.past),
        "future": tuple(options.future),
        "static": tuple(options.static),
        "calendar": options.calendar,
        "country": options.country,
        "seed": options.seed,
        "n_threads": options.threads,
        "checkpoint_seconds": CHECKPOINT_SECONDS,
        "progress": not (options.quiet or options.json),
    }
    learned = _learned_quantiles(options)
    if learned:
        settings["quantiles"] = learned
    Settings(**settings).check()
    return settings


def levels_of(options: Any) -> tuple[float, ...]:
    """Return the levels of the intervals that were asked for, in %, rising.

    Raises:
        ConfigError: One makes no sense.
    """
    return check_levels(options.level) if options.level else ()


def quantiles_of(options: Any) -> tuple[float, ...]:
    """Return the quantiles that were asked for, rising.

    Raises:
        ConfigError: One makes no sense.
    """
    return check_quantiles(options.quantile) if options.quantile else ()


def _learned_quantiles(options: ForecastOptions) -> tuple[float, ...]:
    """Learn what is asked for, the same on the other side, and the median."""
    if options.loss != "quantile" or not (options.level or options.quantile):
        return ()
    wanted = {*quantiles_of(options), *(level_to_quantiles(levels_of(options)) if options.level else ())}
    return tuple(sorted({MEDIAN, *wanted, *(round(1 - quantile, 12) for quantile in wanted)}))


def share_of(name: str, text: str, example: str) -> float | int:
    """Read a share or a number of points.

    Raises:
        ConfigError: It is none.
    """
    try:
        return int(text) if text.strip().isdigit() else float(text)
    except ValueError:
        raise ConfigError(
            f"`{name}` must be a share between 0 and 1 or a whole number of points, got {text!r}. "
            f"Use `{name}={example}`."
        ) from None


def share_to_test(options: ForecastOptions) -> float | int:
    """Return how much is held back to be tested on; 0 for nothing.

    Raises:
        ConfigError: It makes no sense, also beside `--no-refit`.
    """
    share = share_of("test_size", options.test_size, "0.2")
    if isinstance(share, float) and not 0 < share < 1 and share != 0:
        raise ConfigError(
            f"`test_size` must be a share between 0 and 1 or a whole number of points, got {options.test_size}. "
            "Use `test_size=0.2`, or 0 for no test."
        )
    if share == 0 and options.no_refit:
        raise ConfigError(
            "`--no-refit` was passed with `--test-size 0`, so no model would be trained at all, and one of them was "
            "expected. Leave `--no-refit` out to learn from all points without a test."
        )
    return share


def _validation_share(text: str | None) -> float | int | None:
    return None if text is None else share_of("validation_size", text, "0.2")


def _rate(text: str | None) -> float | str | None:
    if text is None or text == "find":
        return text
    try:
        return float(text)
    except ValueError:
        raise ConfigError(
            f"`learning_rate` must be a positive number or 'find', got {text!r}. Use `learning_rate=0.01`, or leave it "
            "out."
        ) from None
