# Image of the worker. A build stage compiles the model with TensorFlow; the final image contains the
# compiled model and LiteRT only.
FROM python:3.13.14-slim-trixie AS dependencies
RUN python3 -m venv --without-pip /opt/venv
COPY requirements/worker.txt .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/venv/bin/python install --require-hashes -r worker.txt

# Replaced by the build context `weights` (docs/how-to/docker-compose.md); if empty, Keras downloads.
FROM scratch AS weights

# The compiled model is the same for every platform, so it is built on the platform of the builder.
FROM --platform=$BUILDPLATFORM python:3.13.14-slim-trixie AS model
RUN python3 -m venv --without-pip /opt/venv
COPY requirements/compile.txt .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/venv/bin/python install --require-hashes -r compile.txt
WORKDIR /srv/gallery
COPY core core
COPY infra infra
COPY worker worker
COPY --from=weights / /weights
ARG PRECISION=float32
ARG WEIGHTS_SHA256
ENV GALLERY_DATA_DIR=/var/lib/gallery \
    GALLERY_PRECISION=$PRECISION
RUN sh infra/deploy/docker/compile.sh

FROM python:3.13.14-slim-trixie
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GALLERY_DATA_DIR=/var/lib/gallery
RUN groupadd --gid 10001 gallery \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/gallery gallery
COPY --from=dependencies /opt/venv /opt/venv
COPY LICENSE /licenses/LICENSE
WORKDIR /srv/gallery
COPY core core
COPY infra infra
COPY worker worker
RUN python -m compileall -q .
COPY --from=model /var/lib/gallery /var/lib/gallery
ARG PRECISION=float32
ENV GALLERY_PRECISION=$PRECISION
USER gallery
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --start-interval=2s \
    CMD ["sh", "infra/deploy/docker/liveness.sh"]
CMD ["python", "-m", "worker"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="gallery-worker" \
    org.opencontainers.image.description="Worker of the AI Image Gallery Manager, with the compiled model" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
