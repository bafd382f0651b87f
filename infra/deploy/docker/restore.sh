#!/bin/sh
# Usage: restore.sh FOLDER
# Restore a backup of backup.sh into an empty gallery of `docker compose`. Fails if a gallery exists;
# remove it first with `docker compose down --volumes`.
set -eu
cd "$(dirname "$0")/../../.."
[ $# -eq 1 ] && [ -f "$1/gallery.dump" ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
folder=$(cd "$1" && pwd)

docker compose up --detach --wait postgres minio
if docker compose exec -T postgres psql --username=gallery --quiet --no-align --tuples-only \
	--command "SELECT to_regclass('images')" gallery | grep -q images; then
	echo "A gallery exists already; nothing was changed. Remove it with: docker compose down --volumes" >&2
	exit 1
fi
# --no-comments: the extension exists and belongs to the superuser, as does its comment.
docker compose exec -T postgres pg_restore --username=gallery --dbname=gallery \
	--exit-on-error --single-transaction --no-owner --no-comments <"$folder/gallery.dump"

docker compose run --rm -T bucket >/dev/null
docker compose run --rm --no-deps -T --volume "$folder/objects:/backup:ro" \
	--entrypoint /bin/sh bucket -c '
		read -r password </run/secrets/objects_password
		export MC_HOST_store="http://gallery:$password@minio:9000"
		mc --quiet mirror --overwrite /backup store/gallery' >/dev/null
echo "Restored. Now: docker compose up --detach --wait"
