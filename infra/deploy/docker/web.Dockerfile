# Image of the web client: built with Node, served by nginx.
# The page is the same for every platform, so it is built on the platform of the builder.
FROM --platform=$BUILDPLATFORM node:24.19.0-trixie-slim AS build
WORKDIR /web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY web/ ./
RUN npm run build

FROM nginx:1.30.4-alpine3.24
# Uploads are spooled here until they are complete.
RUN install -d -o nginx -g nginx /var/spool/nginx
COPY infra/deploy/nginx/*.conf /etc/nginx/
COPY infra/deploy/nginx/problems /etc/nginx/problems
COPY --from=build /web/dist /usr/share/nginx/html
COPY LICENSE /licenses/LICENSE
USER nginx
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --start-interval=1s \
    CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="gallery-web" \
    org.opencontainers.image.description="Page and reverse proxy of the AI Image Gallery Manager" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
