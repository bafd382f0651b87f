-- The worker that holds an image's lease, and the time since which an image is queued.
--
-- `worker` is the id of a row in workers. When the worker's heartbeat stops, its images are reclaimed
-- within seconds. While it continues, no crash is counted against them.
ALTER TABLE images ADD COLUMN worker text;
-- Unlike `changed_at`, a release by the worker does not reset it: the age includes failed attempts.
ALTER TABLE images ADD COLUMN waiting_since timestamptz NOT NULL DEFAULT now();
CREATE INDEX images_longest_waiting ON images (waiting_since) WHERE status = 'queued';

-- Heartbeat of the sweeper, on the clock of the workers' heartbeats. After a pause (Postgres was down
-- or its clock was set) all heartbeats look old, and the sweeper must not declare workers dead yet.
CREATE TABLE sweeper (
    only_row     boolean     PRIMARY KEY DEFAULT true,
    seen_at      timestamptz NOT NULL DEFAULT now(),
    steady_since timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sweeper_is_one_row CHECK (only_row)
);
INSERT INTO sweeper DEFAULT VALUES;
