#!/bin/sh
# Usage: backup.sh FOLDER
# Back up the running gallery of `docker compose`. The database is copied before the objects, so that
# the backup contains the objects of all its rows. Objects of purged images are removed after an hour,
# so the backup must not take longer than that. Repeated, it copies only new objects, and removes those
# of purged images when the new dump is complete.
set -eu
cd "$(dirname "$0")/../../.."
[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
umask 077
mkdir -p "$1"
folder=$(cd "$1" && pwd)
started=$(date +%s)

docker compose exec -T postgres pg_dump --username=gallery --format=custom gallery >"$folder/gallery.dump.partial"

# The MinIO container runs as another user and needs write access. The parent folder is accessible to
# its owner only.
mkdir -p "$folder/objects"
chmod 777 "$folder/objects"
# mirror [OPTION]: copy the objects. The image contains little more than `mc` and a shell.
mirror() {
	docker compose run --rm --no-deps -T --volume "$folder/objects:/backup" \
		--entrypoint /bin/sh bucket -c '
			read -r password </run/secrets/objects_password
			export MC_HOST_store="http://gallery:$password@minio:9000"
			mc --quiet mirror --overwrite "$@" store/gallery /backup' sh "$@" >/dev/null
}

mirror
mv "$folder/gallery.dump.partial" "$folder/gallery.dump"
mirror --remove
seconds=$(($(date +%s) - started))
if [ "$seconds" -gt 3000 ]; then
	echo "The backup took $seconds s, more than 3000 s: objects of images purged meanwhile may be missing." >&2
	exit 1
fi
echo "Backed up to $folder in $seconds s: $(du -sh "$folder" | cut -f1)."
