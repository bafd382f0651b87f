-- Jobs and their items, distinct images, and the model's predictions.

-- One row per distinct image, identified by the SHA-256 of its bytes. The rows with the status
-- `queued` are the queue: messages in Redis are only notifications, and any of them may be lost.
CREATE TABLE images (
    id             uuid        PRIMARY KEY,
    sha256         bytea       NOT NULL,
    name           text        NOT NULL,
    media_type     text        NOT NULL,
    bytes          bigint      NOT NULL,
    width          integer     NOT NULL,
    height         integer     NOT NULL,
    status         text        NOT NULL DEFAULT 'queued',
    lane           text        NOT NULL DEFAULT 'interactive',
    attempts       smallint    NOT NULL DEFAULT 0,
    announced_at   timestamptz NOT NULL DEFAULT now(),
    announcements  smallint    NOT NULL DEFAULT 0,
    lease          uuid,
    leased_until   timestamptz,
    failure_code   text,
    failure_detail text,
    model          text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    changed_at     timestamptz NOT NULL DEFAULT now(),
    classified_at  timestamptz,
    deleted_at     timestamptz,
    CONSTRAINT images_sha256_unique UNIQUE (sha256),
    CONSTRAINT images_sha256_is_whole CHECK (length(sha256) = 32),
    CONSTRAINT images_status_known
        CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    CONSTRAINT images_lane_known CHECK (lane IN ('interactive', 'bulk')),
    CONSTRAINT images_leased_iff_running
        CHECK ((status = 'running') = (lease IS NOT NULL)
           AND (lease IS NULL) = (leased_until IS NULL)),
    CONSTRAINT images_classified_when_done
        CHECK (status <> 'done' OR (classified_at IS NOT NULL AND model IS NOT NULL)),
    CONSTRAINT images_reason_iff_failed
        CHECK ((status = 'failed') = (failure_code IS NOT NULL)
           AND (failure_code IS NULL) = (failure_detail IS NULL))
) WITH (fillfactor = 80);  -- room on the page for two updates of each row (queued, running, done)

-- Image lists: newest first, without the trash, and the trash by itself.
CREATE INDEX images_newest ON images (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX images_trash ON images (deleted_at DESC, id DESC) WHERE deleted_at IS NOT NULL;
-- The sweeper and the queue metrics: queued rows only, running rows only.
CREATE INDEX images_waiting ON images (lane, announced_at) WHERE status = 'queued';
CREATE INDEX images_at_work ON images (leased_until) WHERE status = 'running';

-- One submission of files.
CREATE TABLE jobs (
    id           uuid        PRIMARY KEY,
    item_count   integer     NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    cancelled_at timestamptz
);
CREATE INDEX jobs_newest ON jobs (created_at DESC, id DESC);

-- One file of a job, in the order of the upload.
CREATE TABLE job_items (
    job_id         uuid        NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    position       integer     NOT NULL,
    name           text        NOT NULL,
    outcome        text        NOT NULL,
    image_id       uuid        REFERENCES images (id) ON DELETE SET NULL,
    last_status    text,       -- status of the image when it was purged
    problem_code   text,
    problem_detail text,
    PRIMARY KEY (job_id, position),
    CONSTRAINT job_items_outcome_known CHECK (outcome IN ('accepted', 'duplicate', 'rejected')),
    CONSTRAINT job_items_reason_iff_rejected
        CHECK ((outcome = 'rejected') = (problem_code IS NOT NULL))
);
-- Finds the jobs of an image, for purging and for cancelling.
CREATE INDEX job_items_image ON job_items (image_id) WHERE image_id IS NOT NULL;

-- The 1,000 ImageNet classes. Each migration run fills the table from the vocabulary.
CREATE TABLE classes (
    class_index smallint PRIMARY KEY,
    wnid        text     NOT NULL,
    name        text     NOT NULL
);

-- Predictions of the model: five rows per classified image, best first.
CREATE TABLE predictions (
    image_id    uuid     NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    rank        smallint NOT NULL,
    class_index smallint NOT NULL,  -- of classes; a range check saves five foreign key lookups per image
    score       real     NOT NULL,
    PRIMARY KEY (image_id, rank),
    CONSTRAINT predictions_class_known CHECK (class_index BETWEEN 0 AND 999),
    CONSTRAINT predictions_rank_known CHECK (rank BETWEEN 1 AND 5),
    CONSTRAINT predictions_score_is_probability CHECK (score BETWEEN 0 AND 1)
);
-- Search: finds the images of a class.
CREATE INDEX predictions_class ON predictions (class_index, score, image_id);

-- Worker processes with the time of their last heartbeat, and why they are not ready.
CREATE TABLE workers (
    id         text        PRIMARY KEY,
    state      text        NOT NULL,
    detail     text        NOT NULL DEFAULT '',
    model      text,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT workers_state_known CHECK (state IN ('ready', 'no_weights', 'preparing', 'broken'))
);
