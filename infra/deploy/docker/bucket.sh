#!/bin/sh
# Makes the bucket, and the user who may read and write it and nothing else.
set -eu

# In the environment and not on command lines, which every process can read.
MC_HOST_local="http://root:$(cat /run/secrets/minio_password)@minio:9000"
export MC_HOST_local

mc mb --ignore-existing local/gallery
mc admin policy create local gallery /bucket.json
printf 'gallery\n%s\n' "$(cat /run/secrets/objects_password)" | mc admin user add local
# Attaching twice is an error; being attached is what counts.
mc admin policy attach local gallery --user gallery ||
	mc admin policy entities local --user gallery | grep -q gallery
