-- A client that got no answer may send its submission again, and gets the job it made the first
-- time. Old processes go on beside new ones: they take no notice of the header.
CREATE TABLE idempotency_keys (
    owner       text        NOT NULL,  -- whose key it is: the same word of two clients is two keys
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,  -- of the files sent with it
    job_id      uuid        NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner, key)
);
-- Finds what is old enough to be forgotten.
CREATE INDEX idempotency_keys_oldest ON idempotency_keys (created_at);
