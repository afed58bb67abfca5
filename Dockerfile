# syntax=docker/dockerfile:1
# A forecasting server: `docker compose up`, see docs/containers.md.

FROM python:3.13-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    python -m pip install --no-cache-dir --no-compile "$(ls /wheels/gatecast-*.whl)[serve,parquet,excel,holidays,remote]"
RUN useradd --system --uid 10001 --no-create-home --home-dir /data gatecast && install -d -o gatecast -g gatecast /data
USER gatecast
WORKDIR /data
VOLUME /data
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4).close()"]
ENTRYPOINT ["gatecast", "serve", "--host", "0.0.0.0", "--port", "8080", "--folder", "/data", "--token-file", "/run/secrets/gatecast_tokens"]
