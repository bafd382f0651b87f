-- Who holds a picture, and since when one waits.
--
-- `worker` is the heartbeat's id: a picture whose holder is silent is taken back within seconds,
-- and one whose holder is alive is never counted as having killed it.
ALTER TABLE images ADD COLUMN worker text;
-- Unlike `changed_at` it survives a worker's handing the picture back, so the age is honest.
ALTER TABLE images ADD COLUMN waiting_since timestamptz NOT NULL DEFAULT now();
CREATE INDEX images_longest_waiting ON images (waiting_since) WHERE status = 'queued';

-- The sweeper's own pulse, on the same clock as everybody's. After a pause (Postgres was away, its
-- clock was set) nobody has been heard of, and nobody may be called dead yet.
CREATE TABLE sweeper (
    only_row     boolean     PRIMARY KEY DEFAULT true,
    seen_at      timestamptz NOT NULL DEFAULT now(),
    steady_since timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sweeper_is_one_row CHECK (only_row)
);
INSERT INTO sweeper DEFAULT VALUES;
