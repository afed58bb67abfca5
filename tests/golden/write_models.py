"""What does a model file of today's format hold, and what does it forecast? Small files of every kind, kept for good.

    PYTHONPATH=src:tests python tests/golden/write_models.py

writes `tests/golden/models/format<number>/`: a file of each kind, and beside it, as JSON, what is asked and what the
model answers. `test_golden_models.py` opens the files of all formats. Run it after `FORMAT` was raised, and again until
that format is released; from then on its files stay as they are.
"""

import json
import string
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from gatecast import LSTMForecaster, PretrainedLSTM, Stream
from gatecast.model import candidates
from gatecast.model.modelfile import FORMAT
from gatecast.pretraining import family, weights
from gatecast.texts import catalogue
from made_series import COVARIATES, forecaster, table, with_covariates

__all__ = ["FOLDER", "KINDS", "STATE", "answers", "codes", "frame_of", "write"]

FOLDER = Path(__file__).parent / "models"
TINY: dict[str, Any] = {"hidden_size": 2, "lookback": 4, "epochs": 1, "progress": False, "seed": 1}
N, HORIZON, STEPS = 60, 3, 5
LEVELS = [80]
# what the stream of the default model is after one value
STATE = "stream-state.bin"
# what the codes of messages in a record begin with
OF_RECORDS = ("decision", "frequency", "season", "unit")
FORMATTER = string.Formatter()


def trained(**settings: Any) -> LSTMForecaster:
    """A tiny network that learned from two series with covariates, of which it takes those that settings name."""
    names = {name for role in ("past", "future", "static") for name in settings.get(role, [])}
    data = with_covariates(N)[["unique_id", "ds", "y", *sorted(names)]]
    return forecaster(HORIZON, **TINY | settings).fit(data)


def of_shops() -> LSTMForecaster:
    """Hours of a time zone, series with numbers for names, columns of other names."""
    hours = pd.date_range("2024-03-30", periods=N, freq="h", tz="Europe/Berlin")
    parts = [pd.DataFrame({"shop": s, "when": hours, "sold": np.sin(np.arange(N) / 5) + s}) for s in (3, 7)]
    columns = {"id_col": "shop", "time_col": "when", "target_col": "sold"}
    settings = {"mode": "windows", "attention": True, "bidirectional": True}
    return forecaster(HORIZON, **TINY | settings).fit(pd.concat(parts), **columns)


def pretrained() -> LSTMForecaster:
    """A pretrained network, with few units and weights of chance in place of those that come with the package."""
    with patch.object(family, "UNITS", 2):
        (own,) = [own for own in family.FAMILY if own.season == 7]
        flat = np.random.default_rng(7).normal(0, 0.1, own.spec.n_parameters).astype(np.float32)
        with (
            patch.object(weights, "_kept", lambda: {"7.0": flat}),
            patch.object(candidates, "pretrained_networks", weights.pretrained_networks.__wrapped__),
        ):
            return PretrainedLSTM(HORIZON, season_length=7).fit(table(N))


def streamed() -> Stream:
    """A stream that took in a few observations, one of which is missing."""
    stream = forecaster(HORIZON, **TINY).fit(table(N, ("a",))).stream()
    for value in (11.0, 12.5, np.nan, 9.0):
        stream.update(value)
    return stream


def counted() -> LSTMForecaster:
    """The distribution of whole numbers with many zeros."""
    y = np.random.default_rng(5).poisson(0.5, 2 * N).astype(float)
    data = table(N).assign(y=y)
    return forecaster(HORIZON, **TINY | {"loss": "zero-inflated"}).fit(data)


KINDS: dict[str, Callable[[], LSTMForecaster | Stream]] = {
    "default": trained,
    "windows": of_shops,
    "ensemble": lambda: trained(ensemble=2, ema_decay=0.9),
    "covariates": lambda: trained(**COVARIATES, calendar=True, country="DE"),
    "pretrained": pretrained,
    "quantiles": lambda: trained(loss="quantile", transform="log1p"),
    "student": lambda: trained(loss="student"),
    "counts": counted,
    "stream": streamed,
    "box-cox": lambda: trained(transform="box-cox"),
    "seasonal-difference": lambda: trained(transform="seasonal-difference", season_length=7),
    "layers": lambda: trained(
        cell="gru", dilations=(1, 2), residual=True, layer_norm=True, decoder_sizes=(3,), validation_size=0
    ),
}


def asked_of(model: LSTMForecaster) -> dict[str, Any]:
    """What is asked of a model, ready for JSON: steps ahead, what is known of them, newer rows, what a stream gets."""
    fitted = model.fitted_
    after = fitted.after
    columns, roles = after.columns, after.roles
    ahead = after.future_times(STEPS + 2)
    parts = []
    for unique_id, times in zip(after.ids.tolist(), ahead, strict=True):
        part = {columns.id or "unique_id": unique_id, columns.time: times, columns.target: 10.0 + np.arange(len(times))}
        parts.append(pd.DataFrame(part))
    rows = pd.concat(parts, ignore_index=True)
    if after.timezone:
        rows[columns.time] = rows[columns.time].dt.tz_localize("UTC").dt.tz_convert(after.timezone)
    newer = rows[rows.groupby(columns.id or "unique_id").cumcount() < 2]
    future = None
    if roles.names:
        known = with_covariates(N + 9)
        known = known[known["ds"] >= rows["ds"].min()]
        future = known[["unique_id", "ds", *roles.future]]
        newer = newer.merge(known.drop(columns="y"), on=["unique_id", "ds"])
    return {
        "horizon": STEPS,
        "level": LEVELS if fitted.has_intervals else None,
        "future": None if future is None else _plain(future),
        "newer": _plain(newer),
        "series": after.ids.tolist()[0],
        "stream": None if roles.names else [10.0, None, 13.0],
    }


def answers(model: LSTMForecaster, asked: dict[str, Any]) -> dict[str, Any]:
    """What a model says to what is asked, ready for JSON."""
    future = None if asked["future"] is None else frame_of(asked["future"], model)
    how = {"level": asked["level"], "future": future}
    said = {
        "forecast": _plain(model.predict(asked["horizon"], **how)),
        "of newer": _plain(model.predict(asked["horizon"], frame_of(asked["newer"], model), **how)),
    }
    if asked["stream"] is None:
        return said
    stream = model.stream(asked["series"])
    values = [np.nan if value is None else value for value in asked["stream"]]
    return {**said, "stream": [stream.update(value).tolist() for value in values]}


def frame_of(kept: dict[str, Any], model: LSTMForecaster) -> pd.DataFrame:
    """Make a table again of what `_plain` made of it."""
    time, zone = model.fitted_.after.columns.time, model.fitted_.after.timezone
    times = pd.to_datetime(kept[time], utc=zone is not None)
    return pd.DataFrame(kept).assign(**{time: times.tz_convert(zone) if zone else times})


def _plain(frame: pd.DataFrame) -> dict[str, Any]:
    texts = {str(name): [time.isoformat() for time in column] for name, column in frame.items() if _is_time(column)}
    return {str(name): texts.get(str(name), column.tolist()) for name, column in frame.items()}


def _is_time(column: pd.Series) -> bool:
    return pd.api.types.is_datetime64_any_dtype(column)


def codes() -> dict[str, list[str]]:
    """Every message that a record may hold, with the facts that its texts name."""
    parts = {code: texts for code, texts in sorted(catalogue().items()) if code.split(".")[0] in OF_RECORDS}
    return {
        code: sorted({name.split(".")[0] for text in texts.values() for _, name, *_ in FORMATTER.parse(text) if name})
        for code, texts in parts.items()
    }


def write(folder: Path) -> None:
    """Write a file of each kind, with what it answers, and the messages that records may hold."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "codes.json").write_text(json.dumps(codes(), indent=0) + "\n", encoding="utf-8")
    for kind, make in KINDS.items():
        path = folder / f"{kind}.safetensors"
        make().save(path)
        model = LSTMForecaster.load(path)
        asked = asked_of(model)
        kept = {"asked": asked, "answers": answers(model, asked)}
        if kind == "default":
            stream = model.stream(asked["series"])
            stream.update(10.0)
            (folder / STATE).write_bytes(stream.state())
            kept["after state"] = stream.update(12.0).tolist()
        path.with_suffix(".json").write_text(json.dumps(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER / f"format{FORMAT}")
