-- Webhooks of jobs, and the outbox of their deliveries. Processes of the previous version can keep
-- running: they accept no webhooks and arm none.
CREATE TABLE webhooks (
    job_id   uuid        PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    url      text        NOT NULL,
    armed_at timestamptz          -- since when the end of the job is to be reported; null after it was
);
-- Finds the jobs whose end has not been reported.
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
    answer     text,                 -- response or error of the last attempt
    CONSTRAINT deliveries_state_known CHECK (state IN ('waiting', 'delivered', 'failed'))
);
-- Finds deliveries that are due.
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 'waiting';
