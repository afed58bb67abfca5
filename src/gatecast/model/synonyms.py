"""Which setting was meant by a name that is none? Its right place, what other libraries call it, or the nearest one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatecast._validation import suggest

__all__ = ["answer_method", "answer_unknown"]

# what Nixtla, Darts, Keras, scikit-learn and others call a setting whose values mean the same here
SAME = {
    "horizon": "h fh output_chunk_length prediction_length forecast_horizon n_steps_ahead",
    "lookback": "input_size input_chunk_length context_length look_back window_size",
    "hidden_size": "hidden_dim hidden_units encoder_hidden_size units",
    "n_layers": "num_layers n_rnn_layers encoder_n_layers",
    "season_length": "sp period seasonality",
    "ensemble": "n_models",
    "future": "futr_exog_list",
    "past": "hist_exog_list",
    "static": "stat_exog_list",
    "country": "country_holidays",
    "seed": "random_state random_seed",
    "n_threads": "n_jobs num_threads",
    "max_seconds": "timeout",
    "epochs": "n_epochs num_epochs max_epochs",
    "learning_rate": "lr",
    "patience": "early_stop_patience_steps",
    "validation_size": "val_size validation_split",
    "clip_norm": "gradient_clip_val clipnorm",
    "ema_decay": "ema_momentum",
    "dropout": "dropout_rate encoder_dropout",
    "cell": "cell_type",
}
# the same with other values
ALIKE = {
    "epochs": "max_steps",
    "cell": "model rnn_type",
    "scaling": "scaler_type scaler",
    "loss": "likelihood objective",
    "progress": "verbose enable_progress_bar",
    "past": "past_covariates",
    "future": "future_covariates",
    "static": "static_covariates",
    "schedule": "lr_scheduler",
}
ELSEWHERE = {
    "freq": "fit(data, freq={value!r})",
    "id_col": "fit(data, id_col={value!r})",
    "time_col": "fit(data, time_col={value!r})",
    "target_col": "fit(data, target_col={value!r})",
    "level": "predict(level={value!r})",
    "interval_width": "predict(level=80)",
    "coverage": "predict(level=80)",
    "name": "compare({{{value!r}: LSTMForecaster()}}, data)",
}

# what other libraries call a method, and what does that here
METHODS = {
    "forecast": "predict(horizon)",
    "forecast_with_intervals": "predict(level=80)",
    "predict_interval": "predict(level=80)",
    "predict_quantiles": "predict(quantiles=[0.1, 0.5, 0.9])",
    "predict_proba": "simulate()",
    "sample": "simulate()",
    "fit_predict": "fit(data).predict()",
    "score": "evaluate(data)",
    "cross_validation": "gatecast.backtest(data, horizon, models)",
    "historical_forecasts": "gatecast.backtest(data, horizon, models)",
    "cross_validate": "gatecast.backtest(data, horizon, models)",
    "make_future_dataframe": "predict(horizon), or predict(future=table) with columns that are known ahead",
    "plot": "gatecast.charts",
    "plot_components": "gatecast.charts",
    "update": "stream()",
    "summary": "decisions_",
}


def answer_method(cls: str, name: str) -> str:
    """Return what is said of an attribute that a class lacks."""
    lacks = f"{cls!r} object has no attribute {name!r}"
    return f"{lacks}. Use `{METHODS[name]}`." if name in METHODS else lacks


def answer_unknown(cls: str, name: str, value: object, places: Mapping[str, Sequence[str]]) -> str:
    """Return what to write in place of an argument that a class lacks; `places` are all settings by their group."""
    place = _group_of(name, places)
    if place is not None:
        owner = "LSTMForecaster" if place == "Everyday" else place
        return f"`{name}` is a setting of {owner}: use `{_call(cls, place, name, repr(value))}`."
    if name in ELSEWHERE:
        return f"`{name}` is no setting of {cls}: use `{ELSEWHERE[name].format(value=value)}`."
    for known, text in ((SAME, repr(value)), (ALIKE, "...")):
        meant = next((setting for setting, others in known.items() if name in others.split()), None)
        if meant is not None:
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


def _call(cls: str, group: str, name: str, value: str) -> str:
    """Write an argument as it stands in a call of the class that was called."""
    bare = f"{name}={value}"
    if cls in ("Settings", group) or (cls in ("LSTMForecaster", "PretrainedLSTM") and group == "Everyday"):
        return bare
    if group == "Everyday":
        return f"LSTMForecaster({bare})"
    return f"{group.lower()}={group}({bare})"
