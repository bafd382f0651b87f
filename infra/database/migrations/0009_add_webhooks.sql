-- Where the end of a job is to be told, and the outbox of such tellings. Old processes go on beside
-- new ones: they take no webhooks, and arm none.
CREATE TABLE webhooks (
    job_id   uuid        PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    url      text        NOT NULL,
    armed_at timestamptz          -- when its end became something to be told; null once it was
);
-- Finds the jobs whose end is still to be told.
CREATE INDEX webhooks_armed ON webhooks (job_id) WHERE armed_at IS NOT NULL;

CREATE TABLE deliveries (
    id         uuid        PRIMARY KEY,
    job_id     uuid        NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    url        text        NOT NULL,
    body       text        NOT NULL,
    state      text        NOT NULL DEFAULT 'waiting',
    tries      integer     NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    answer     text,                 -- what came of the last try
    CONSTRAINT deliveries_state_known CHECK (state IN ('waiting', 'delivered', 'failed'))
);
-- Finds what is to be sent next.
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 'waiting';
