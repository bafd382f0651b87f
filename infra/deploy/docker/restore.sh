#!/bin/sh
# restore.sh FOLDER: fills an empty `docker compose` gallery with what backup.sh has copied. Refuses
# where there is one already: take it away first (docker compose down --volumes).
set -eu
cd "$(dirname "$0")/../.."
[ $# -eq 1 ] && [ -f "$1/gallery.dump" ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
folder=$(cd "$1" && pwd)

docker compose up --detach --wait postgres minio
if docker compose exec -T postgres psql --username=gallery --quiet --no-align --tuples-only \
	--command "SELECT to_regclass('images')" gallery | grep -q images; then
	echo "There is a gallery here. Nothing was changed." >&2
	exit 1
fi
# The extension is there, made by who may; its comment is not ours to change.
docker compose exec -T postgres pg_restore --username=gallery --dbname=gallery \
	--exit-on-error --single-transaction --no-owner --no-comments <"$folder/gallery.dump"

docker compose run --rm -T bucket >/dev/null
docker compose run --rm --no-deps -T --volume "$folder/objects:/backup:ro" \
	--entrypoint /bin/sh bucket -c '
		MC_HOST_store="http://gallery:$(cat /run/secrets/objects_password)@minio:9000"
		export MC_HOST_store
		mc --quiet mirror --overwrite /backup store/gallery' >/dev/null
echo "Restored. Now: docker compose up --detach --wait"
