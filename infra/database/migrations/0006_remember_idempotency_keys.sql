-- A client that received no response may send its submission again with the same key and gets the job
-- of the first one. Processes of the previous version can keep running: they ignore the header.
CREATE TABLE idempotency_keys (
    owner       text        NOT NULL,  -- the client; two clients may use the same key
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,  -- hash of the files sent with the key
    job_id      uuid        NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner, key)
);
-- Finds expired keys.
CREATE INDEX idempotency_keys_oldest ON idempotency_keys (created_at);
