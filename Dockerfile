# The service, on the CPU: docker build -t headswap .
# The first stage builds and installs; the second has neither compilers nor package caches.
FROM python:3.13-slim AS build

ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_NO_CACHE=1
RUN pip install --no-cache-dir "uv>=0.9,<1"
WORKDIR /source

# What is installed beside the program: "postgres", or "postgres ray" for nodes of a Ray cluster.
ARG EXTRAS="postgres"
COPY pyproject.toml uv.lock ./
# Before the program's own files, so that a change in these does not install everything anew.
RUN for extra in ${EXTRAS}; do set -- "$@" --extra "${extra}"; done \
    && uv export --quiet --locked --no-dev --no-emit-project --output-file /locked.txt "$@" \
    && uv venv /opt/headswap \
    && uv pip install --python /opt/headswap --require-hashes --requirements /locked.txt

COPY README.md LICENSE CHANGELOG.md MODELS.md ./
COPY src ./src
RUN uv build --quiet --wheel --out-dir /wheels \
    && uv pip install --python /opt/headswap --no-deps /wheels/*.whl \
    && chmod -R go-w /opt/headswap

# 68 MB; without them the first job of each new container would wait for a download.
RUN HEADSWAP_CACHE=/opt/headswap/pulled /opt/headswap/bin/headswap models pull


FROM python:3.13-slim

RUN groupadd --gid 10001 headswap \
    && useradd --uid 10001 --gid headswap --home-dir /data --no-create-home \
        --shell /usr/sbin/nologin headswap \
    && install --directory --owner headswap --group headswap --mode 700 /data
COPY --from=build /opt/headswap /opt/headswap

# Everything that is written lies in /data, or passes through /tmp.
ENV PATH=/opt/headswap/bin:$PATH \
    HEADSWAP_DATA_DIR=/data \
    HEADSWAP_HOST=0.0.0.0 \
    HEADSWAP_MODELS_DIR=/opt/headswap/pulled/models \
    HEADSWAP_CACHE=/data/cache \
    NUMBA_CACHE_DIR=/data/cache/numba
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]

# The program itself takes SIGTERM: it hands jobs back, ends its worker, and answers what was asked.
ENTRYPOINT ["headswap"]
CMD ["serve"]
