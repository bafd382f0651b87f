# Image of the API and of the migrations. Contains neither TensorFlow nor the model.
FROM python:3.13.14-slim-trixie AS dependencies
RUN python3 -m venv --without-pip /opt/venv
COPY requirements/api.txt .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/venv/bin/python install --require-hashes -r api.txt

FROM python:3.13.14-slim-trixie
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    # Large uploads are spooled here during validation.
    TMPDIR=/var/spool/gallery \
    GALLERY_HOST=0.0.0.0
RUN groupadd --gid 10001 gallery \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/gallery gallery \
    && install -d -o gallery -g gallery -m 700 /var/spool/gallery
COPY --from=dependencies /opt/venv /opt/venv
COPY --chmod=755 infra/deploy/docker/gallery.sh /usr/local/bin/gallery
COPY LICENSE /licenses/LICENSE
WORKDIR /srv/gallery
COPY core core
COPY infra infra
COPY api api
COPY cli cli
RUN python -m compileall -q .
USER gallery
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["python", "-m", "api"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="gallery-api" \
    org.opencontainers.image.description="API and migrations of the AI Image Gallery Manager" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
