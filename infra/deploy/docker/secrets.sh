#!/bin/sh
# Generate the passwords of this deployment. Each file belongs to the one user that reads it.
# Runs first on each `docker compose up`; existing passwords are kept.
set -eu
umask 077

readonly app=10001 redis=10002 minio=10003 postgres=999

random() {
	head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

# write NAME OWNER LINE
write() {
	rm -f "/run/secrets/$1"
	printf '%s\n' "$3" >"/run/secrets/$1"
	chmod 400 "/run/secrets/$1"
	chown "$2" "/run/secrets/$1"
}

# The last file of each group marks the group as complete. An incomplete group is generated again. It
# cannot be in use, since all other services wait for this script.
if [ ! -e /run/secrets/postgres_password ]; then
	password=$(random)
	write gallery_database_url $app "postgresql://gallery:$password@postgres:5432/gallery"
	write database_password $postgres "$password"
	write postgres_password $postgres "$(random)"
fi

if [ ! -e /run/secrets/redis.conf ]; then
	password=$(random)
	write gallery_redis_url $app "redis://:$password@redis:6379/0"
	write redis_password $redis "$password"
	write redis.conf $redis "requirepass $password"
fi

if [ ! -e /run/secrets/minio_password ]; then
	password=$(random)
	write gallery_objects_url $app "http://gallery:$password@minio:9000/gallery"
	write objects_password $minio "$password"
	write minio_password $minio "$(random)"
fi

# A new volume belongs to root, but MinIO runs as another user.
chown $minio /volumes/objects
