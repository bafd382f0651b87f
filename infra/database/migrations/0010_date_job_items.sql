-- When an item was added, or its image was purged: the image's `changed_at` shows neither. Processes
-- of the previous version can keep running: the default dates the items they add.
ALTER TABLE job_items ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
