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

-- Derive the effective tags of images from the model's tags and the verdicts. The only code that
-- does so.
--
-- A confirmed tag is present with score 1, and so are all tags above it. A rejected tag is absent,
-- and so are all tags below it. Decisions never contradict each other (infra/database/queries/
-- verdicts.py), so that their order does not matter. `fresh`: `tags` holds new tags of the model.
CREATE FUNCTION apply_verdicts(chosen uuid[], fresh boolean) RETURNS void LANGUAGE sql AS $$
    WITH decided AS MATERIALIZED (
        SELECT i.id, v.confirmed, v.rejected, v.sampled,
               CASE WHEN fresh OR i.model_tags IS NULL THEN i.tags ELSE i.model_tags END AS tags,
               CASE WHEN fresh OR i.model_tags IS NULL THEN i.scores ELSE i.model_scores END
                   AS scores
          FROM images AS i
         CROSS JOIN LATERAL (
               SELECT coalesce(array_agg(tag ORDER BY tag) FILTER (WHERE verdict = 'confirmed'),
                               '{}') AS confirmed,
                      coalesce(array_agg(tag ORDER BY tag) FILTER (WHERE verdict = 'rejected'),
                               '{}') AS rejected,
                      bool_or(sampled) AS sampled
                 FROM verdicts
                WHERE sha256 = i.sha256
                  AND verdict IS NOT NULL) AS v
         WHERE i.id = ANY(chosen)
    ),
    -- Most images of a bulk decision have the same verdicts: follow the hierarchy once for them.
    present AS MATERIALIZED (
        SELECT confirmed,
               ARRAY(SELECT tag
                       FROM (SELECT unnest(confirmed) AS tag, true AS is_decided
                              UNION ALL
                             SELECT unnest(above), false
                               FROM tag_hierarchy
                              WHERE tag = ANY(confirmed)) AS t
                      GROUP BY tag
                      ORDER BY bool_or(is_decided), tag DESC) AS tags
          FROM (SELECT DISTINCT confirmed FROM decided) AS d
    ),
    absent AS MATERIALIZED (
        SELECT rejected,
               rejected || ARRAY(SELECT unnest(below)
                                   FROM tag_hierarchy
                                  WHERE tag = ANY(rejected)) AS tags
          FROM (SELECT DISTINCT rejected FROM decided) AS d
    )
    UPDATE images AS i
       SET tags = e.tags || p.tags,
           scores = e.scores || array_fill(1::real, ARRAY[cardinality(p.tags)]),
           confidence = CASE WHEN 1000 > ANY(p.tags) THEN 1 ELSE coalesce(e.confidence, 0) END,
           confirmed = CASE WHEN d.sampled IS NOT NULL THEN d.confirmed END,
           rejected = CASE WHEN d.sampled IS NOT NULL THEN d.rejected END,
           sampled = d.sampled,
           model_tags = CASE WHEN d.sampled IS NOT NULL THEN d.tags END,
           model_scores = CASE WHEN d.sampled IS NOT NULL THEN d.scores END,
           model_confidence = CASE WHEN d.sampled IS NOT NULL THEN e.best_score END,
           model_right = CASE WHEN e.best = ANY(p.tags) THEN true
                              WHEN e.best = ANY(a.tags) OR e.best IS NOT NULL
                               AND 1000 > ANY(d.confirmed) THEN false END
      FROM decided AS d
      JOIN present AS p ON p.confirmed = d.confirmed
      JOIN absent AS a ON a.rejected = d.rejected
     CROSS JOIN LATERAL (
           -- Aggregates read the elements in the order of the arrays. Sorting them would take twice
           -- as long. The best class is the last one.
           SELECT coalesce(array_agg(tag) FILTER (WHERE kept), '{}') AS tags,
                  coalesce(array_agg(score) FILTER (WHERE kept), '{}') AS scores,
                  max(score) FILTER (WHERE kept AND tag < 1000) AS confidence,
                  max(score) FILTER (WHERE tag < 1000) AS best_score,
                  (array_agg(tag) FILTER (WHERE tag < 1000)) AS classes
             FROM (SELECT tag, score, tag <> ALL(a.tags || p.tags) AS kept
                     FROM unnest(d.tags, d.scores) AS m (tag, score)) AS t
           ) AS m
     CROSS JOIN LATERAL (SELECT m.*, m.classes[cardinality(m.classes)] AS best) AS e
     WHERE i.id = d.id
$$;

-- Apply the verdicts on images that were just classified, in the statement that writes the model's
-- tags: also for workers of the previous version. The row locks of that statement order it before
-- or after a concurrent decision, and this function sees decisions that came before.
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
