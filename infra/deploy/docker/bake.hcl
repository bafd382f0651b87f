# Images for both platforms, from the root of the checkout:
#   docker buildx bake --file infra/deploy/docker/bake.hcl
# `docker compose build` builds them for this machine.
variable "REGISTRY" { default = "localhost" }
variable "VERSION" { default = "dev" }
variable "REVISION" { default = "unknown" }
variable "WEIGHTS" { default = "infra/deploy/docker/weights" }

group "default" {
  targets = ["api", "worker", "web"]
}

target "image" {
  context   = "."
  platforms = ["linux/amd64", "linux/arm64"]
  args      = { VERSION = VERSION, REVISION = REVISION }
}

target "api" {
  inherits   = ["image"]
  dockerfile = "infra/deploy/docker/api.Dockerfile"
  tags       = ["${REGISTRY}/gallery/api:${VERSION}"]
}

target "worker" {
  inherits   = ["image"]
  dockerfile = "infra/deploy/docker/worker.Dockerfile"
  contexts   = { weights = WEIGHTS }
  tags       = ["${REGISTRY}/gallery/worker:${VERSION}"]
}

target "web" {
  inherits   = ["image"]
  dockerfile = "infra/deploy/docker/web.Dockerfile"
  tags       = ["${REGISTRY}/gallery/web:${VERSION}"]
}
