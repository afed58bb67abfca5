"""How is the server asked by clients of KServe? Its time series protocol: requests, answers and errors as it has them.

`POST /v1/timeseries/forecast` of https://github.com/kserve/kserve (protocol/rest/timeseries). Names of fields,
frequencies and statuses are that protocol's. `mean_forecast` is the point forecast: the median, or the mean of
sparse counts.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, Literal
from uuid import uuid4

import numpy as np
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from gatecast.data import Panel
from gatecast.data.panel.arrays import later
from gatecast.data.panel.frequency import named_grid
from gatecast.data.reading.table import with_sums
from gatecast.exceptions import GatecastError
from gatecast.forecaster import LSTMForecaster, PretrainedLSTM
from gatecast.serving.bodies import as_json, decoded, read_body
from gatecast.serving.forecasts import PRETRAINED
from gatecast.serving.problems import RequestError, as_request_error
from gatecast.serving.routes import Route
from gatecast.serving.service import Service
from gatecast.texts.message import Message

__all__ = ["KSERVE_ROUTES", "TimeSeriesRequest", "panel_of"]

Frequency = Literal[
    "second", "S", "minute", "T", "hour", "H", "day", "D", "week", "W", "month", "M", "quarter", "Q", "year", "Y"
]
# pandas aliases; weeks, quarters and years begin where the series does
ALIASES = {"S": "s", "T": "min", "H": "h", "D": "D", "W": "W", "M": "M", "Q": "Q", "Y": "Y"}
SHORT = {"second": "S", "minute": "T", "hour": "H", "day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}
MONTHS_OF = {"M": 1, "Q": 3, "Y": 12}
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
LAST_DAY_OF_ALL = 28
Values = list[float | None] | list[list[float | None]]


class TimeSeriesInput(Struct, kw_only=True):
    """A series that was observed."""

    type: Literal["univariate_time_series", "multivariate_time_series"]
    name: str
    series: Annotated[
        list[float | list[float | None] | None],
        Meta(description="Numbers, or for a multivariate series a list of numbers for each time."),
    ]
    frequency: Frequency
    start_timestamp: Annotated[str, Meta(description="Time of the first value (ISO 8601).")] | None = None


class TimeSeriesOptions(Struct, kw_only=True):
    """What is asked for."""

    horizon: Annotated[int, Meta(ge=1)]
    quantiles: list[Annotated[float, Meta(gt=0, lt=1)]] | None = None


class TimeSeriesRequest(Struct, kw_only=True):
    """A forecast of some series (KServe)."""

    model: Annotated[str, Meta(description="Name of a model, or `pretrained` for a forecast without training.")]
    inputs: Annotated[list[TimeSeriesInput], Meta(min_length=1)]
    options: TimeSeriesOptions
    metadata: dict[str, Any] | None = None


class TimeSeriesError(Struct, kw_only=True):
    """Why there is no forecast."""

    message: str
    type: str
    code: str | None = None
    param: str | None = None


class TimeSeriesErrorResponse(Struct, kw_only=True):
    """An error (KServe)."""

    error: TimeSeriesError


class TimeSeriesForecast(Struct, kw_only=True):
    """The forecast of a series."""

    type: str
    name: str
    mean_forecast: list[Any]
    frequency: str
    start_timestamp: str
    quantiles: dict[str, list[Any]] | None = None


class TimeSeriesOutput(Struct, kw_only=True):
    """What came of a request."""

    type: str
    id: str
    status: str
    content: list[TimeSeriesForecast]
    error: TimeSeriesError | None = None


class TimeSeriesResponse(Struct, kw_only=True):
    """Forecasts (KServe)."""

    id: str
    created_at: int
    status: str
    model: str
    outputs: list[TimeSeriesOutput]
    error: TimeSeriesError | None = None
    usage: dict[str, Any] | None = None


def panel_of(given: TimeSeriesInput) -> Panel:
    """Return a series of a request as a panel; each variable of a multivariate one is a series of its own.

    Examples:
        >>> import msgspec
        >>> asked = {"type": "univariate_time_series", "name": "a", "series": [1, 2], "frequency": "M"}
        >>> panel = panel_of(msgspec.convert({**asked, "start_timestamp": "2024-01-31"}, TimeSeriesInput))
        >>> panel.freq, panel.future_times(1)
        ('ME', array([['2024-03-31T00:00:00.000000000']], dtype='datetime64[ns]'))
    """
    table = _table(given)
    n, width = table.shape
    start, freq = _grid(given)
    panel = Panel(
        ids=np.array([given.name] if width == 1 else [f"{given.name}[{k}]" for k in range(width)], dtype=object),
        values=np.ascontiguousarray(table.T).ravel(),
        offsets=np.arange(width + 1) * n,
        starts=np.repeat(start, width),
        freq=freq,
    )
    return with_sums(panel)


def _table(given: TimeSeriesInput) -> np.ndarray:
    """Return the values, `(T, variables)`; a refusal where they are not what the type says."""
    is_several = given.type.startswith("multi")
    rows = given.series if is_several else [[value] for value in given.series]
    fits = bool(rows) and all(isinstance(row, list) and len(row) == len(rows[0]) for row in rows)  # type: ignore[arg-type]
    if not fits or not rows[0] or (not is_several and any(isinstance(value, list) for value in given.series)):
        raise RequestError(
            Message("serving.series_shape", {"name": given.name[:100], "type": given.type}), field="series"
        )
    table = np.array(rows, np.float64)
    if np.isnan(table).all(axis=0).any():
        raise RequestError(Message("serving.series_empty", {"name": given.name[:100]}), field="series")
    return table


def _grid(given: TimeSeriesInput) -> tuple[np.ndarray, str | int]:
    """Return the first time, `(1,)`, and the frequency of a series; steps from 0 where no time is given."""
    if given.start_timestamp is None:
        return np.array([0]), 1
    text = given.start_timestamp.strip().removesuffix("Z").removesuffix("+00:00")
    try:
        start = np.array([np.datetime64(text, "ns")])
    except ValueError:
        start = np.array([np.datetime64("NaT")])
    if np.isnat(start).any():
        facts = {"name": given.name[:100], "text": given.start_timestamp[:50]}
        raise RequestError(Message("serving.start_timestamp", facts), field="start_timestamp")
    freq = _alias(SHORT.get(given.frequency, given.frequency), start)
    return named_grid(freq).snap(start), freq


def _alias(short: str, start: np.ndarray) -> str:
    """Return the frequency of a grid on which a first time lies."""
    date = start.astype("datetime64[D]")[0]
    if short == "W":
        return f"W-{WEEKDAYS[(int(date.astype(np.int64)) + 3) % 7]}"
    if short not in MONTHS_OF:
        return ALIASES[short]
    month = int(date.astype("datetime64[M]").astype(np.int64)) % 12
    day = int((date - date.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)) + 1
    is_last = later(date, 1).astype("datetime64[M]") != date.astype("datetime64[M]")
    names = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
    ends = {"M": "ME", "Q": f"QE-{names[month]}", "Y": f"YE-{names[month]}"}
    begins = {"M": "MS", "Q": f"QS-{names[month]}", "Y": f"YS-{names[month]}"}
    if is_last and day >= LAST_DAY_OF_ALL:
        return ends[short]
    return f"month({day})" if short == "M" and day > 1 else begins[short]


async def forecast(service: Service, request: Request) -> Response:
    """Forecast some series."""
    try:
        asked = decoded(await read_body(request, service.limits), TimeSeriesRequest)
        service.limits.check_horizon(asked.options.horizon)
        found, _ = await service.run(_forecasts, service, asked)
    except GatecastError as error:
        return _refused(error)
    service.measures.forecasts(asked.model, len(asked.inputs))
    return as_json(found)


async def models(service: Service, request: Request) -> Response:  # noqa: ARG001  every route gets both
    """List the models."""
    return as_json([PRETRAINED, *await asyncio.to_thread(service.models.names)])


def _forecasts(service: Service, asked: TimeSeriesRequest) -> TimeSeriesResponse:
    n_values = sum(len(one.series) for one in asked.inputs)
    service.limits.check_rows(n_values, "inputs")
    service.limits.check_series(len(asked.inputs), asked.options.horizon)
    content = [_forecast(service, asked, one) for one in asked.inputs]
    output = TimeSeriesOutput(type="time_series_forecast", id=uuid4().hex, status="completed", content=content)
    return TimeSeriesResponse(
        id=uuid4().hex, created_at=int(time.time()), status="completed", model=asked.model, outputs=[output]
    )


def _forecast(service: Service, asked: TimeSeriesRequest, given: TimeSeriesInput) -> TimeSeriesForecast:
    panel, horizon = panel_of(given), asked.options.horizon
    model, newer = _model(service, asked, panel)
    wanted = asked.options.quantiles
    frame = model.predict(horizon, newer, quantiles=sorted(set(wanted)) if wanted else None)
    n = panel.n_series
    columns = {name: frame[name].to_numpy().reshape(n, horizon) for name in frame.columns if name.startswith("LSTM")}
    several = given.type.startswith("multi")
    shaped = {name: (values.T if several else values[0]).tolist() for name, values in columns.items()}
    start = panel.future_times(1)[0, 0]
    return TimeSeriesForecast(
        type=given.type,
        name=given.name,
        mean_forecast=shaped["LSTM"],
        frequency=given.frequency,
        start_timestamp=str(np.datetime_as_string(start, unit="s") if panel.starts.dtype.kind == "M" else start),
        quantiles={f"{q:g}": shaped[f"LSTM-ql{q:g}"] for q in wanted} if wanted else None,
    )


def _model(service: Service, asked: TimeSeriesRequest, panel: Panel) -> tuple[LSTMForecaster[Any], Panel | None]:
    """Return who forecasts: pretrained networks that read the series, or a model and the newer data."""
    if asked.model == PRETRAINED and PRETRAINED not in service.models.names():
        model: LSTMForecaster[Any] = PretrainedLSTM(asked.options.horizon, n_threads=1)
        return model.fit(panel), None
    return service.models.get(asked.model), panel


def _refused(error: GatecastError) -> Response:
    refusal = as_request_error(error)
    told = str(refusal.args[0])
    kind = "NotFoundError" if refusal.status == 404 else "BadRequestError"
    found = TimeSeriesError(message=told, type=kind, code=str(refusal.status), param=refusal.field or "")
    response = as_json(TimeSeriesErrorResponse(error=found), refusal.status)
    response.headers.update(refusal.headers)
    return response


SERIES = [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118] * 3
EXAMPLE = {
    "model": PRETRAINED,
    "inputs": [
        {
            "type": "univariate_time_series",
            "name": "air",
            "series": SERIES,
            "frequency": "month",
            "start_timestamp": "2021-01-01",
        }
    ],
    "options": {"horizon": 3, "quantiles": [0.1, 0.5, 0.9]},
}
KSERVE_ROUTES = (
    Route(
        "POST",
        "/v1/timeseries/forecast",
        forecast,
        "kserve_forecast",
        "What comes next in these series, in the time series protocol of KServe?",
        TimeSeriesResponse,
        TimeSeriesRequest,
        examples={"months": EXAMPLE},
        errors=dict.fromkeys((400, 404, 408, 413, 415, 422, 429, 503), TimeSeriesErrorResponse),
    ),
    Route("GET", "/v1/timeseries/models", models, "kserve_models", "Which models are there (KServe)?", list),
)
