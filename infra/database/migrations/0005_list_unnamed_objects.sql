-- Objects that no picture names: put down before an object is stored and struck out by the
-- statement that names it, or put down by the statement that purges its picture. So everything in
-- object storage is either a picture's or on this list, whatever dies in between, and what has
-- been on it for long enough may go.
CREATE TABLE unnamed_objects (
    sha256 bytea       PRIMARY KEY,
    since  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT unnamed_objects_sha256_is_whole CHECK (length(sha256) = 32)
);
CREATE INDEX unnamed_objects_oldest ON unnamed_objects (since);
