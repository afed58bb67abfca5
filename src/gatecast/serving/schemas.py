"""What do requests and answers hold? Each is defined here once: it is decoded, checked and documented from this.

The OpenAPI document is made of these classes, see `gatecast.serving.openapi`.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct

__all__ = [
    "Ahead",
    "Answer",
    "Cell",
    "ColumnNames",
    "ColumnRoles",
    "ForecastRequest",
    "Frame",
    "Health",
    "Job",
    "Jobs",
    "Model",
    "ModelAhead",
    "ModelForecastRequest",
    "Models",
    "Problem",
    "StreamAnswer",
    "StreamErrors",
    "StreamNames",
    "StreamRequest",
    "StreamsAnswer",
    "StreamsRequest",
    "TrainOptions",
    "TrainRequest",
    "Understood",
    "Writing",
]

Cell: TypeAlias = str | int | float | bool | None
Frame: TypeAlias = list[float | dict[str, Cell] | None] | dict[str, list[Cell]]
Names: TypeAlias = str | list[str]
Numbers: TypeAlias = float | list[float]

EXAMPLE_ROWS = [{"ds": "2024-01", "y": 112}, {"ds": "2024-02", "y": 118}, {"ds": "2024-03", "y": 132}]
DATA = (
    "The series: records (one object for each time), an object of columns, or numbers of a single series without "
    "times. null is a missing value."
)

Data = Annotated[Frame, Meta(description=DATA, examples=[EXAMPLE_ROWS, [112, 118, 132]])]
Future = Annotated[Frame, Meta(description="The columns that are known ahead, at the times that are to be forecast.")]
Horizon = Annotated[int, Meta(ge=1, description="Steps ahead.", examples=[12])]
Level = Annotated[Numbers, Meta(description="Coverage of intervals in %.", examples=[80, [80, 95]])]
Quantiles = Annotated[Numbers, Meta(description="Probabilities of quantiles.", examples=[[0.1, 0.5, 0.9]])]
Season = Annotated[int | list[int], Meta(description="Steps in a season, or in several; found when absent.")]
ModelName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=100,
        description="Name of a model; without one nothing is trained, and pretrained networks forecast.",
        examples=["sales"],
    ),
]


class ColumnNames(Struct, kw_only=True, forbid_unknown_fields=True):
    """Names of columns and the frequency, where they are not to be found out."""

    id_col: Annotated[Names, Meta(description="Column, or columns, that tell series apart.")] | None = None
    time_col: Annotated[str, Meta(description="Column of the times.")] | None = None
    target_col: Annotated[Names, Meta(description="Column to forecast, or several of a series each.")] | None = None
    freq: Annotated[str | int, Meta(description="Step between the times: h, D, MS, or a number.")] | None = None


class Ahead(ColumnNames, kw_only=True, forbid_unknown_fields=True):
    """How far a forecast without training goes, and what is asked of it."""

    horizon: Horizon
    level: Level | None = None
    quantiles: Quantiles | None = None
    season_length: Season | None = None
    model: ModelName | None = None


class ForecastRequest(Ahead, kw_only=True, forbid_unknown_fields=True):
    """A forecast of a table: by pretrained networks, or by a model that is named."""

    data: Data
    future: Future | None = None


class ModelAhead(Struct, kw_only=True, forbid_unknown_fields=True):
    """How far a forecast of a model goes, and what is asked of it."""

    horizon: Horizon | None = None
    level: Level | None = None
    quantiles: Quantiles | None = None


class ModelForecastRequest(ModelAhead, kw_only=True, forbid_unknown_fields=True):
    """A forecast of a model: after the data that it learned from, or after newer ones."""

    data: Data | None = None
    future: Future | None = None


class Writing(Struct, kw_only=True, forbid_unknown_fields=True):
    """How a file is written, where that is not to be found out."""

    date_format: Annotated[str, Meta(description="How dates are written, e.g. %d/%m/%Y.")] | None = None
    timezone: Annotated[str, Meta(description="Time zone of times that do not say theirs.")] | None = None
    encoding: Annotated[str, Meta(description="Encoding of a text, e.g. cp1252.")] | None = None
    decimal: Annotated[str, Meta(description="Mark before decimals: . or a comma.")] | None = None
    na: Annotated[list[str], Meta(description="Cells that say that a value is missing.")] = []
    skip_rows: Annotated[int, Meta(ge=0, description="Lines above the table that are none of it.")] = 0
    sheet: Annotated[str, Meta(description="Sheet of a spreadsheet, by name or number.")] | None = None
    duplicates: Annotated[str, Meta(description="Rows with the same time: error, sum, mean or last.")] = "error"


class ColumnRoles(ColumnNames, kw_only=True, forbid_unknown_fields=True):
    """What the columns of an upload are."""

    past: Annotated[list[str], Meta(description="Columns that are known up to now.")] = []
    future: Annotated[list[str], Meta(description="Columns that are known ahead.")] = []
    static: Annotated[list[str], Meta(description="Columns that never change within a series.")] = []


class Model(Struct, kw_only=True):
    """A model that can be asked."""

    name: str
    horizon: int
    lookback: int
    season_length: int
    freq: str | int
    n_series: int
    columns: dict[str, str]
    covariates: dict[str, list[str]]
    end: Annotated[str, Meta(description="The last time that it learned from.")]
    decisions: list[str] = []


Value = Annotated[float | None, Meta(description="An observation; null for a step without one.")]


class StreamRequest(ColumnNames, kw_only=True, forbid_unknown_fields=True):
    """What was observed; the first request to a stream also says how it begins."""

    value: Value = None
    values: Annotated[list[float | None], Meta(description="Several observations, the newest last.")] | None = None
    n: (
        Annotated[int, Meta(ge=0, description="How many observations the stream took in before: refused if not.")]
        | None
    ) = None
    model: ModelName | None = None
    data: Data | None = None
    unique_id: Annotated[str, Meta(description="Which series of the model or the data goes on.")] | None = None
    horizon: Horizon | None = None
    season_length: Season | None = None
    level: Annotated[float, Meta(description="Coverage in % of intervals, which are watched then.")] | None = None


class StreamErrors(Struct, kw_only=True):
    """How far off the newest forecasts one step ahead were."""

    n: Annotated[int, Meta(description="Forecasts that were compared, the newest 100 at most.")]
    mae: Annotated[float, Meta(description="Mean absolute error.")]
    naive_mae: Annotated[float | None, Meta(description="That of the value before.")]
    coverage: Annotated[float | None, Meta(description="Share of intervals that held.")]


class StreamAnswer(Struct, kw_only=True):
    """What comes next after the newest observation."""

    id: str
    n: Annotated[int, Meta(description="Observations that were taken in.")]
    times: list[str | int]
    forecast: list[float]
    lower: list[float] | None
    upper: list[float] | None
    errors: StreamErrors | None


class StreamsRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """What was observed, by streams."""

    observations: Annotated[
        dict[str, float | list[float | None]],
        Meta(min_length=1, max_length=10_000, description="By the ids of streams."),
    ]


class StreamsAnswer(Struct, kw_only=True):
    """What comes next in several streams."""

    streams: list[StreamAnswer]


class StreamNames(Struct, kw_only=True):
    """Which streams there are."""

    streams: list[str]


class TrainOptions(ColumnNames, kw_only=True, forbid_unknown_fields=True):
    """What is to be trained."""

    name: ModelName
    horizon: Horizon
    settings: Annotated[
        dict[str, Any],
        Meta(
            description="Settings of `LSTMForecaster`, `Network` and `Training` by name; good as they are. Short "
            'series are not trained on but read by pretrained networks, unless `pretrained` is "none".',
            examples=[{"pretrained": "none", "epochs": 20, "max_seconds": 60}],
        ),
    ] = {}


class TrainRequest(TrainOptions, kw_only=True, forbid_unknown_fields=True):
    """A model that is to be trained."""

    data: Data


class Job(Struct, kw_only=True):
    """A training."""

    id: str
    name: Annotated[str, Meta(description="What its model is called.")]
    state: Annotated[str, Meta(description="waiting, running, done, failed or cancelled.")]
    created: Annotated[float, Meta(description="Seconds since 1970.")]
    started: float | None
    ended: float | None
    error: Annotated[dict[str, Any], Meta(description="Why it failed: code, facts and sentence.")] | None = None
    progress: Annotated[dict[str, Any], Meta(description="The newest point of the loss curves.")] | None = None
    model: Annotated[Model, Meta(description="What came of it.")] | None = None


class Jobs(Struct, kw_only=True):
    """Trainings, the newest first."""

    jobs: list[Job]


class Answer(Struct, kw_only=True):
    """A forecast."""

    model: Annotated[str, Meta(description="Name of the model; `pretrained` where nothing was trained.")]
    horizon: int
    freq: Annotated[str | int, Meta(description="Step between the times.")]
    columns: Annotated[dict[str, str], Meta(description="What the columns are called: series, time, target.")]
    forecast: Annotated[
        list[dict[str, Cell]],
        Meta(
            description="A row for each series and step: `LSTM` is the forecast, `LSTM-lo-80` and `LSTM-hi-80` are the "
            "ends of an interval, `LSTM-ql0.1` is a quantile.",
            examples=[[{"unique_id": "y", "ds": "2024-04-01T00:00:00", "LSTM": 129.3}]],
        ),
    ]
    decisions: Annotated[list[str], Meta(description="What was chosen from the data, and why.")] = []
    notes: Annotated[list[str], Meta(description="What keeps the forecast from being what it seems to be.")] = []
    data: Annotated[dict[str, Any], Meta(description="What was understood of an upload.")] | None = None


class Models(Struct, kw_only=True):
    """All models that can be asked."""

    models: list[Model]


class Understood(Struct, kw_only=True):
    """What is understood of a table; `gatecast inspect --json` says the same of a file."""

    kind: str
    path: Annotated[str, Meta(description="The name of the upload.")]
    format: str
    delimiter: str | None
    encoding: str | None
    is_encoding_guessed: bool
    has_header: bool
    date_format: str
    date_order: str
    number_format: str
    time_col: str | None
    target_col: str
    id_col: str | None
    ignored: list[str]
    n_rows: int
    n_series: int
    freq: str | int
    n_gaps: int
    first_gap: str | None
    is_sorted: bool
    start: str
    end: str
    notes: list[str]
    n_future: Annotated[int, Meta(description="Steps at the end that have no target and are about the future.")]


class Health(Struct, kw_only=True):
    """Whether the server works, or can take requests."""

    status: str


class Problem(Struct, kw_only=True):
    """Why a request was not answered (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: Annotated[str, Meta(description="What was passed, what was expected, and how to fix it.")]
    error: Annotated[str, Meta(description="Class of the error in the library.")]
    field: Annotated[str, Meta(description="Field of the request that is wrong.")] | None = None
    code: Annotated[str, Meta(description="Code of the sentence, which does not change.")] | None = None
    request_id: str = ""
