-- Audit trail: what keys did and what was refused. Events outlive the keys and images they name, so
-- that nothing references other tables. The cleanup deletes events after GALLERY_AUDIT_RETENTION.
CREATE TABLE audit_events (
    id         uuid        PRIMARY KEY,
    at         timestamptz NOT NULL,
    event      text        NOT NULL,  -- noun.participle, as in the log
    outcome    text        NOT NULL,
    key_id     uuid,                  -- NULL: without a key, or by `gallery` on the server
    key_name   text,
    address    text,                  -- of the client; NULL: on the server
    count      integer,               -- number of images, or of equal refusals
    request_id text,
    details    jsonb       NOT NULL DEFAULT '{}',
    CONSTRAINT audit_events_outcome_known CHECK (outcome IN ('done', 'refused', 'failed'))
);
CREATE INDEX audit_events_newest ON audit_events (at DESC, id DESC);

-- Processes of the previous version neither read nor write the new columns.
ALTER TABLE api_keys ADD COLUMN last_used_address text;
-- The key that created a job; NULL: created without a key, or by the previous version.
ALTER TABLE jobs ADD COLUMN key_id uuid;

-- Finds the oldest sessions of a key.
CREATE INDEX sessions_of_key ON sessions (key_id, created_at);
