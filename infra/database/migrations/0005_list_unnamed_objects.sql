-- Orphaned objects: objects in storage that no image may reference. An upload registers an object
-- before it is stored; the statement that inserts the image removes the registration. A purge
-- registers the objects of the images it deletes. So each object in storage is either referenced by
-- an image or registered here, even after a crash. The cleanup removes objects that have been
-- registered for long enough.
CREATE TABLE unnamed_objects (
    sha256 bytea       PRIMARY KEY,
    since  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT unnamed_objects_sha256_is_whole CHECK (length(sha256) = 32)
);
CREATE INDEX unnamed_objects_oldest ON unnamed_objects (since);
