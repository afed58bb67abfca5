"""Which setting was meant by a name that is none? Its right place, what other libraries call it, or the nearest one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatecast._validation import suggest

__all__ = ["answer_unknown"]

# what Nixtla, Darts, Keras, scikit-learn and others call a setting whose values mean the same here
SAME = {
    "h": "horizon",
    "fh": "horizon",
    "output_chunk_length": "horizon",
    "prediction_length": "horizon",
    "forecast_horizon": "horizon",
    "n_steps_ahead": "horizon",
    "input_size": "lookback",
    "input_chunk_length": "lookback",
    "context_length": "lookback",
    "look_back": "lookback",
    "window_size": "lookback",
    "hidden_dim": "hidden_size",
    "hidden_units": "hidden_size",
    "encoder_hidden_size": "hidden_size",
    "units": "hidden_size",
    "num_layers": "n_layers",
    "n_rnn_layers": "n_layers",
    "encoder_n_layers": "n_layers",
    "sp": "season_length",
    "period": "season_length",
    "seasonality": "season_length",
    "n_models": "ensemble",
    "futr_exog_list": "future",
    "hist_exog_list": "past",
    "stat_exog_list": "static",
    "country_holidays": "country",
    "random_state": "seed",
    "random_seed": "seed",
    "n_jobs": "n_threads",
    "num_threads": "n_threads",
    "timeout": "max_seconds",
    "n_epochs": "epochs",
    "num_epochs": "epochs",
    "max_epochs": "epochs",
    "lr": "learning_rate",
    "early_stop_patience_steps": "patience",
    "val_size": "validation_size",
    "validation_split": "validation_size",
    "gradient_clip_val": "clip_norm",
    "clipnorm": "clip_norm",
    "ema_momentum": "ema_decay",
    "dropout_rate": "dropout",
    "encoder_dropout": "dropout",
    "cell_type": "cell",
}
# the same with other values
ALIKE = {
    "max_steps": "epochs",
    "model": "cell",
    "rnn_type": "cell",
    "scaler_type": "scaling",
    "scaler": "scaling",
    "likelihood": "loss",
    "objective": "loss",
    "verbose": "progress",
    "enable_progress_bar": "progress",
    "past_covariates": "past",
    "future_covariates": "future",
    "static_covariates": "static",
    "lr_scheduler": "schedule",
}
ELSEWHERE = {
    "freq": "fit(data, freq={value!r})",
    "id_col": "fit(data, id_col={value!r})",
    "time_col": "fit(data, time_col={value!r})",
    "target_col": "fit(data, target_col={value!r})",
    "level": "predict(level={value!r})",
    "name": "compare({{{value!r}: LSTMForecaster()}}, data)",
}


def answer_unknown(cls: str, name: str, value: object, places: Mapping[str, Sequence[str]]) -> str:
    """Say what to write in place of an argument that a class does not have.

    Args:
        cls: Name of the class that was called.
        name: The argument.
        value: What was passed.
        places: Names of all settings by their group.
    """
    place = _group_of(name, places)
    if place is not None:
        return f"`{name}` is a setting of {_owner(place)}: use `{_call(cls, place, name, repr(value))}`."
    if name in ELSEWHERE:
        return f"`{name}` is no setting of {cls}: use `{ELSEWHERE[name].format(value=value)}`."
    for known, text in ((SAME, repr(value)), (ALIKE, "...")):
        if name in known:
            meant = known[name]
            group = _group_of(meant, places) or "Everyday"
            return f"`{name}` is called `{meant}` here: use `{_call(cls, group, meant, text)}`."
    own = places.get(cls, (*places["Everyday"], "network", "training"))
    nearest = suggest(name, [known for names in places.values() for known in names])
    group = _group_of(nearest, places) or "Everyday"
    return (
        f"`{name}` is no setting of {cls}, and one of {', '.join(own)} was expected. "
        f"Did you mean `{_call(cls, group, nearest, repr(value))}`?"
    )


def _group_of(name: str, places: Mapping[str, Sequence[str]]) -> str | None:
    return next((group for group, names in places.items() if name in names), None)


def _owner(group: str) -> str:
    return "LSTMForecaster" if group == "Everyday" else group


def _call(cls: str, group: str, name: str, value: str) -> str:
    """Write an argument as it stands in a call of the class that was called."""
    bare = f"{name}={value}"
    if cls in ("Settings", group) or (cls == "LSTMForecaster" and group == "Everyday"):
        return bare
    if group == "Everyday":
        return f"LSTMForecaster({bare})"
    return f"{group.lower()}={group}({bare})"
