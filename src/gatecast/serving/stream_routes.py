"""What do the routes do that take in observations and forecast after each?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from starlette.requests import Request
from starlette.responses import Response

from gatecast.forecaster import LSTMForecaster, PretrainedLSTM
from gatecast.serving.bodies import as_json, decoded, read_body
from gatecast.serving.problems import RequestError
from gatecast.serving.routes import Route
from gatecast.serving.schemas import StreamAnswer, StreamNames, StreamRequest, StreamsAnswer, StreamsRequest
from gatecast.serving.service import Service
from gatecast.serving.streams import Live, Streams, check_values
from gatecast.serving.tables import json_panel
from gatecast.texts.message import Message

__all__ = ["STREAM_ROUTES"]

# observations that are taken in before other requests have their turn
AT_ONCE = 100


async def update(service: Service, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
    """Take in observations of one stream."""
    streams = service.needed_streams()
    asked = decoded(await read_body(request, service.limits), StreamRequest)
    values = _values(asked.values, asked.value)
    check_values(values)
    live = streams.ready(id) or await _found_or_begun(service, streams, id, asked)
    async with live.lock:
        if asked.n is not None and asked.n != live.n:
            facts = {"name": id, "n": live.n, "given": asked.n}
            raise RequestError(Message("serving.stream_n", facts), status=409, field="n")
        await _take(streams, [(live, values)])
        service.measures.observations(len(values))
        return as_json(live.answer())


async def update_many(service: Service, request: Request) -> Response:
    """Take in observations of several streams, all or none."""
    streams = service.needed_streams()
    asked = decoded(await read_body(request, service.limits), StreamsRequest)
    several = {name: _values(None, None, given) for name, given in asked.observations.items()}
    for values in several.values():
        check_values(values)
    found = [(streams.ready(name) or await _loaded(service, streams, name), several[name]) for name in sorted(several)]
    async with AsyncExitStack() as held:
        for live, _ in found:
            await held.enter_async_context(live.lock)
        await _take(streams, found)
        service.measures.observations(sum(map(len, several.values())))
        return as_json(StreamsAnswer(streams=[live.answer() for live, _ in found]))


async def get(service: Service, request: Request, id: str) -> Response:  # noqa: A002, ARG001  every route gets both
    """Tell what a stream forecasts."""
    streams = service.needed_streams()
    live = streams.ready(id) or await _loaded(service, streams, id)
    return as_json(live.answer())


async def names(service: Service, request: Request) -> Response:  # noqa: ARG001
    """List the streams."""
    return as_json(StreamNames(streams=await asyncio.to_thread(service.needed_streams().names)))


async def delete(service: Service, request: Request, id: str) -> Response:  # noqa: A002, ARG001
    """Forget a stream."""
    await asyncio.to_thread(service.needed_streams().remove, id)
    return Response(status_code=204)


def _values(
    several: list[float | None] | None, one: float | None, given: float | list[float | None] | None = None
) -> list[float | None]:
    if isinstance(given, list):
        return given
    if given is not None:
        return [given]
    return several if several is not None else [] if one is None else [one]


async def _take(streams: Streams, observed: Sequence[tuple[Live, Sequence[float | None]]]) -> None:
    """Keep observations, and take them in, with other requests in between where there are many."""
    await streams.keep(observed)
    n = 0
    for live, values in observed:
        for value in values:
            live.take(value)
            n += 1
            if n % AT_ONCE == 0:
                await asyncio.sleep(0)
    for live, _ in observed:
        if live.is_long:
            await asyncio.to_thread(streams.shorten, live)


async def _loaded(service: Service, streams: Streams, name: str) -> Live:
    live, _ = await service.run(streams.load, name)
    return live


async def _found_or_begun(service: Service, streams: Streams, name: str, asked: StreamRequest) -> Live:
    if await asyncio.to_thread(streams.has, name):
        return await _loaded(service, streams, name)
    live, _ = await service.run(_begin, service, streams, name, asked)
    return live


def _begin(service: Service, streams: Streams, name: str, asked: StreamRequest) -> Live:
    if (asked.model is None) == (asked.data is None):
        raise RequestError(Message("serving.stream_new", {"name": name}), status=404, field="model")
    if asked.model is not None:
        model = service.models.get(asked.model)
        return streams.begin(name, model, service.models.path(asked.model), asked.unique_id, asked.level)
    horizon = asked.horizon or 1
    service.limits.check_horizon(horizon)
    pretrained: LSTMForecaster = PretrainedLSTM(horizon, season_length=asked.season_length, n_threads=1)
    pretrained.fit(json_panel(asked.data or [], asked, service.limits))
    return streams.begin(name, pretrained, None, asked.unique_id, asked.level)


EXAMPLES = {
    "begin after a model": {"model": "sales", "value": 130.5},
    "begin after a history": {"data": [5, 7, 5, 7, 5, 7, 5, 7], "horizon": 2, "values": [5, 7]},
    "go on": {"value": 131, "n": 1},
}
BODY = (404, 409, 413, 415, 422, 429, 503)
STREAM_ROUTES = (
    Route(
        "POST",
        "/v1/streams/{id}",
        update,
        "update_stream",
        "Take in what was observed, and forecast what comes next. The first request says which model goes on, or "
        "sends a history. An observation is kept once it is answered.",
        StreamAnswer,
        StreamRequest,
        examples=EXAMPLES,
        problems=BODY,
    ),
    Route(
        "POST",
        "/v1/streams",
        update_many,
        "update_streams",
        "Take in observations of several streams at once, all or none.",
        StreamsAnswer,
        StreamsRequest,
        examples={"sensors": {"observations": {"sensor-7": 20.5, "sensor-8": [19.8, 19.9]}}},
        problems=BODY,
    ),
    Route("GET", "/v1/streams", names, "list_streams", "Which streams are there?", StreamNames, problems=(409,)),
    Route(
        "GET",
        "/v1/streams/{id}",
        get,
        "get_stream",
        "What does a stream forecast, how many observations did it take in, and how far off was it?",
        StreamAnswer,
        problems=(404, 409, 422, 429, 503),
    ),
    Route(
        "DELETE",
        "/v1/streams/{id}",
        delete,
        "delete_stream",
        "Forget a stream.",
        status=204,
        problems=(404, 409, 422),
    ),
)
