-- When an item came, or its picture was purged: neither shows in the picture's own date. Old
-- processes may go on beside new ones: what they add is dated by the default.
ALTER TABLE job_items ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
