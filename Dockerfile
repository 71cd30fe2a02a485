# Image Medic as a small image that runs as nobody in particular. glibc on purpose: google-re2 has no wheels for musl.
#   docker build --tag image-medic .
#   docker run --rm --publish 127.0.0.1:3978:3978 --env-file .env image-medic
# To build from exact bytes, name the base image by its digest: --build-arg BASE=python:3.13-slim@sha256:…
ARG BASE=python:3.13-slim
FROM $BASE AS build
COPY requirements-image.txt requirements-telemetry.txt /build/
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
    --require-hashes --only-binary :all: \
    --requirement /build/requirements-image.txt --requirement /build/requirements-telemetry.txt

FROM $BASE
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BIND_ADDRESS=0.0.0.0 \
    LOG_FORMAT=json
# where state lies unless a setting says otherwise; STATE_PATH stays unset, since whoever sets STATE_BLOB_URL must not set both
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin medic \
 && install --directory --owner medic --group medic --mode 0700 /app/state
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY app.py ./
COPY appmanifest ./appmanifest
COPY knowledge ./knowledge
COPY dialogs ./dialogs
COPY bot ./bot
RUN python -m compileall -q -j 0 .
USER 10001
VOLUME /app/state
EXPOSE 3978
# the same answer that an orchestrator asks for: the process runs
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT', '3978')}/healthz\", timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "app.py"]
CMD ["serve"]
