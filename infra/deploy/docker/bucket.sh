#!/bin/sh
# Create the bucket, and a user with read and write access to this bucket only. Runs on each start.
# The image contains little more than `mc` and a shell, so this uses shell builtins only.
set -eu

# Passed in the environment, since all processes can read command lines.
read -r root_password </run/secrets/minio_password
export MC_HOST_local="http://root:$root_password@minio:9000"

mc mb --ignore-existing local/gallery
mc admin policy create local gallery /bucket.json
read -r password </run/secrets/objects_password
printf 'gallery\n%s\n' "$password" | mc admin user add local
# Attaching an attached policy is an error, so check the result instead. In the JSON, the policies of
# the user follow its name.
mc admin policy attach local gallery --user gallery ||
	case $(mc --json admin policy entities local --user gallery) in
	*'"policies"'*'"gallery"'*) ;;
	*) exit 1 ;;
	esac
