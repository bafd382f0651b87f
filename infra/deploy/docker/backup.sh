#!/bin/sh
# backup.sh FOLDER: copies the gallery of `docker compose` while it runs. First the rows, then the
# objects: so every row's object is in the copy. An object outlives its picture by an hour, so this
# must not take longer than that.
set -eu
cd "$(dirname "$0")/../.."
[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
umask 077
mkdir -p "$1"
folder=$(cd "$1" && pwd)
started=$(date +%s)

docker compose exec -T postgres pg_dump --username=gallery --format=custom gallery >"$folder/gallery.dump.partial"

# As the user that MinIO's containers have, who may write nowhere but there. Nobody else gets in, since
# the folder around it was made for its owner alone.
mkdir -p "$folder/objects"
chmod 777 "$folder/objects"
docker compose run --rm --no-deps -T --volume "$folder/objects:/backup" \
	--entrypoint /bin/sh bucket -c '
		MC_HOST_store="http://gallery:$(cat /run/secrets/objects_password)@minio:9000"
		export MC_HOST_store
		mc --quiet mirror --overwrite store/gallery /backup' >/dev/null

mv "$folder/gallery.dump.partial" "$folder/gallery.dump"
seconds=$(($(date +%s) - started))
if [ "$seconds" -gt 3000 ]; then
	echo "This took $seconds s. Objects of pictures purged meanwhile may be missing." >&2
	exit 1
fi
echo "Backed up to $folder in $seconds s: $(du -sh "$folder" | cut -f1)."
