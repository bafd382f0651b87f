#!/bin/sh
# Create the bucket, and a user with read and write access to this bucket only.
set -eu

# Passed in the environment, since all processes can read command lines.
MC_HOST_local="http://root:$(cat /run/secrets/minio_password)@minio:9000"
export MC_HOST_local

mc mb --ignore-existing local/gallery
mc admin policy create local gallery /bucket.json
printf 'gallery\n%s\n' "$(cat /run/secrets/objects_password)" | mc admin user add local
# Attaching an attached policy is an error, so check the result instead.
mc admin policy attach local gallery --user gallery ||
	mc admin policy entities local --user gallery | grep -q gallery
