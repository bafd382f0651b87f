-- Verdicts: decisions of people on tags, and the effective tags that result from them.

-- All tags above and below each class and category in WordNet. Each migration run fills the table
-- from the vocabulary.
CREATE TABLE tag_hierarchy (
    tag   smallint   PRIMARY KEY,
    above smallint[] NOT NULL,
    below smallint[] NOT NULL
);

-- Tags that users defined. Their numbers follow those of classes and categories and are never reused.
CREATE SEQUENCE custom_tag_numbers AS smallint START 10000 MINVALUE 10000;
CREATE TABLE custom_tags (
    tag        smallint    PRIMARY KEY DEFAULT nextval('custom_tag_numbers'),
    slug       text        NOT NULL,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT custom_tags_slug_unique UNIQUE (slug)
);
ALTER SEQUENCE custom_tag_numbers OWNED BY custom_tags.tag;

-- Append-only history of all decisions.
CREATE TABLE verdict_history (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operation  uuid        NOT NULL,  -- the request that made the decision; undone as a whole
    sha256     bytea       NOT NULL,
    tag        smallint    NOT NULL,
    verdict    text,                  -- NULL: withdrawn
    previous   bigint,                -- entry that this one replaced
    decided_by text,                  -- name of the API key; NULL while the service has none
    decided_at timestamptz NOT NULL DEFAULT now(),
    model      text,                  -- model whose predictions the image had
    sampled    boolean     NOT NULL DEFAULT false,  -- the image came from a random sample
    CONSTRAINT verdict_history_verdict_known CHECK (verdict IN ('confirmed', 'rejected'))
);
CREATE INDEX verdict_history_image ON verdict_history (sha256, id);
CREATE INDEX verdict_history_operation ON verdict_history (operation, id);

-- The current decision on each tag of an image: the newest entry of the history. The image is
-- identified by its hash, so that decisions outlive purging and uploading the image again.
CREATE TABLE verdicts (
    sha256     bytea       NOT NULL,
    tag        smallint    NOT NULL,
    verdict    text,                  -- NULL: withdrawn
    entry      bigint      NOT NULL,  -- of verdict_history
    decided_by text,
    decided_at timestamptz NOT NULL,
    model      text,
    sampled    boolean     NOT NULL,
    PRIMARY KEY (sha256, tag)
);

-- `tags` and `scores` hold the effective tags. The following columns are NULL unless the image has
-- verdicts; without any, the effective tags are the model's.
ALTER TABLE images
    ADD COLUMN model_tags smallint[],      -- tags and scores of the model, as in `tags` and `scores`
    ADD COLUMN model_scores real[],
    ADD COLUMN model_confidence real,      -- score of the model's best class
    ADD COLUMN model_right boolean,        -- whether that class is right, if the verdicts tell
    ADD COLUMN confirmed smallint[],
    ADD COLUMN rejected smallint[],
    ADD COLUMN sampled boolean;            -- a decision was made on a random sample
-- verdict:confirmed, and the statistics of verdicts.
-- blocks writes: no image has verdicts yet, so that the index is empty after one scan of the table.
CREATE INDEX images_decided ON images (created_at DESC, id DESC)
 WHERE deleted_at IS NULL AND model_tags IS NOT NULL;

-- Apply the verdicts on images that were just classified (`apply_verdicts`, migration 0013) in the
-- statement that writes the model's tags: also for workers of the previous version. The row locks
-- of that statement order it before or after a concurrent decision, and this function sees decisions
-- that came before.
CREATE FUNCTION apply_earlier_verdicts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    chosen uuid[];
BEGIN
    SELECT array_agg(id) INTO chosen
      FROM after AS i
     WHERE status = 'done'
       AND classified_at = now()
       AND EXISTS (SELECT FROM verdicts AS v WHERE v.sha256 = i.sha256 AND v.verdict IS NOT NULL);
    IF chosen IS NOT NULL THEN
        PERFORM apply_verdicts(chosen, true);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER images_apply_verdicts AFTER UPDATE ON images
    REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION apply_earlier_verdicts();

-- Keys with the scope `review` may decide on tags.
ALTER TABLE api_keys
    DROP CONSTRAINT api_keys_scopes_known,
    ADD CONSTRAINT api_keys_scopes_known CHECK (
        cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'submit', 'review', 'manage']);
