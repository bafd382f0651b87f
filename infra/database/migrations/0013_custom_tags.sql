-- Custom tags learn from verdicts: one classifier per tag, and its scores.

ALTER TABLE custom_tags
    ADD COLUMN suggest_only boolean NOT NULL DEFAULT false,  -- never tags images by itself
    ADD COLUMN chosen_threshold real,                        -- NULL: the threshold of the training
    ADD COLUMN deleted_at timestamptz,
    ADD COLUMN deletion uuid,                                -- undoes the deletion
    -- Number of changes of the examples and of the settings above, and the time of the last one.
    ADD COLUMN revision bigint NOT NULL DEFAULT 0,
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(),
    -- The revision that is in effect, with its classifier (core/custom_tags.py); NULL before the
    -- first training, and the classifier also while the tag has too few examples.
    ADD COLUMN version bigint NOT NULL DEFAULT 0,
    ADD COLUMN classifier jsonb,
    ADD COLUMN cutoff real,     -- score from which images have the tag; NULL: none by itself
    ADD COLUMN keep_from real,  -- score from which scores are kept, for suggestions
    -- The revision in preparation: its classifier, and the image up to which others are scored.
    ADD COLUMN next_version bigint,
    ADD COLUMN next_classifier jsonb,
    ADD COLUMN prepared_at timestamptz,
    ADD COLUMN scored_to uuid,
    ADD COLUMN lease uuid,
    ADD COLUMN leased_until timestamptz,
    ADD CONSTRAINT custom_tags_threshold_is_score CHECK (chosen_threshold BETWEEN 0 AND 1);
-- Images that were classified during a training.
-- blocks writes: one scan of the table; uploads wait for seconds per million images, once.
CREATE INDEX images_classified ON images (classified_at) WHERE classified_at IS NOT NULL;
CREATE INDEX custom_tags_due ON custom_tags (changed_at) WHERE revision > version;

-- Scores of the best images of each tag, by version. Only those of the version in effect count.
CREATE TABLE custom_tag_scores (
    image_id uuid     NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    tag      smallint NOT NULL,
    version  bigint   NOT NULL,
    score    real     NOT NULL,
    PRIMARY KEY (image_id, tag, version)
);
CREATE INDEX custom_tag_scores_best ON custom_tag_scores (tag, version, score);

-- blocks writes: the table is small, because only people write to it.
CREATE INDEX verdicts_custom ON verdicts (tag) WHERE tag >= 10000 AND verdict IS NOT NULL;

-- A verdict on a custom tag is a new revision of it. All changes lock images before custom tags.
CREATE FUNCTION revise_custom_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tag
       FROM custom_tags
      WHERE tag IN (SELECT tag FROM after WHERE tag >= 10000)
      ORDER BY tag
        FOR NO KEY UPDATE;
    UPDATE custom_tags
       SET revision = revision + 1,
           changed_at = now()
     WHERE tag IN (SELECT tag FROM after WHERE tag >= 10000);
    RETURN NULL;
END $$;
CREATE TRIGGER verdicts_revise_after_insert AFTER INSERT ON verdicts
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION revise_custom_tags();
CREATE TRIGGER verdicts_revise_after_update AFTER UPDATE ON verdicts
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION revise_custom_tags();
-- Custom tags that exist already have examples.
UPDATE custom_tags SET revision = 1;

-- Score newly classified images by all custom tags, and derive their effective tags. The caller
-- holds the lock of `publish` (infra/database/queries/tag_scores.py), so that no version takes
-- effect meanwhile.
CREATE FUNCTION score_images(chosen uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    tagged uuid[];
BEGIN
    IF NOT EXISTS (SELECT FROM custom_tags WHERE classifier IS NOT NULL) THEN
        RETURN;
    END IF;
    DELETE FROM custom_tag_scores WHERE image_id = ANY(chosen);
    WITH scored AS MATERIALIZED (
        SELECT e.image_id, t.tag, t.version, t.cutoff, t.keep_from,
               custom_tag_score(e.embedding <=> w.weights, w.length, w.bias) AS score
          FROM embeddings AS e
         CROSS JOIN custom_tags AS t
          JOIN custom_tag_weights AS w ON w.tag = t.tag
         WHERE e.image_id = ANY(chosen)
           AND t.classifier IS NOT NULL
           AND t.deleted_at IS NULL
    ),
    kept AS (
        INSERT INTO custom_tag_scores (image_id, tag, version, score)
        SELECT image_id, tag, version, score FROM scored WHERE score >= keep_from
    )
    SELECT array_agg(DISTINCT image_id) INTO tagged FROM scored WHERE score >= cutoff;
    IF tagged IS NOT NULL THEN
        PERFORM apply_verdicts(tagged, false);
    END IF;
END $$;

-- Calibrated score of an embedding at a cosine distance from the weights of a classifier.
CREATE FUNCTION custom_tag_score(distance double precision, length real, bias real) RETURNS real
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (1 / (1 + exp(-least(greatest(length * (1 - coalesce(nullif(distance, 'NaN'), 1)) + bias,
                                         -40), 40))))::real
$$;

-- Derive the effective tags of images from the model's tags and the verdicts. The only code that
-- does so.
--
-- A confirmed tag is present with score 1, and so are all tags above it. A rejected tag is absent,
-- and so are all tags below it. Decisions never contradict each other (infra/database/queries/
-- verdicts.py), so that their order does not matter. `fresh`: `tags` holds new tags of the model.
-- Images have the custom tags with sufficient scores; verdicts on deleted custom tags do not count.
-- Without verdicts, `tags` holds the tags of the model and those custom tags.
CREATE FUNCTION apply_verdicts(chosen uuid[], fresh boolean) RETURNS void LANGUAGE sql AS $$
    WITH decided AS MATERIALIZED (
        SELECT i.id, v.confirmed, v.rejected, v.sampled, m.tags, m.scores,
               m.tags || l.tags AS given, m.scores || l.scores AS given_scores
          FROM images AS i
         CROSS JOIN LATERAL (
               SELECT coalesce(array_agg(tag ORDER BY n), '{}') AS tags,
                      coalesce(array_agg(score ORDER BY n), '{}') AS scores
                 FROM unnest(CASE WHEN fresh OR i.model_tags IS NULL THEN i.tags
                                  ELSE i.model_tags END,
                             CASE WHEN fresh OR i.model_tags IS NULL THEN i.scores
                                  ELSE i.model_scores END) WITH ORDINALITY AS t (tag, score, n)
                WHERE tag < 10000) AS m
         CROSS JOIN LATERAL (
               SELECT coalesce(array_agg(s.tag), '{}') AS tags,
                      coalesce(array_agg(s.score), '{}') AS scores
                 FROM custom_tag_scores AS s
                 JOIN custom_tags AS t ON t.tag = s.tag AND t.version = s.version
                WHERE s.image_id = i.id
                  AND s.score >= t.cutoff
                  AND t.deleted_at IS NULL) AS l
         CROSS JOIN LATERAL (
               SELECT coalesce(array_agg(tag ORDER BY tag) FILTER (WHERE verdict = 'confirmed'),
                               '{}') AS confirmed,
                      coalesce(array_agg(tag ORDER BY tag) FILTER (WHERE verdict = 'rejected'),
                               '{}') AS rejected,
                      bool_or(sampled) AS sampled
                 FROM verdicts
                WHERE sha256 = i.sha256
                  AND verdict IS NOT NULL
                  AND tag NOT IN (SELECT tag FROM custom_tags WHERE deleted_at IS NOT NULL)) AS v
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
           SELECT coalesce(array_agg(tag ORDER BY n) FILTER (WHERE kept), '{}') AS tags,
                  coalesce(array_agg(score ORDER BY n) FILTER (WHERE kept), '{}') AS scores,
                  max(score) FILTER (WHERE kept AND tag < 1000) AS confidence,
                  max(score) FILTER (WHERE tag < 1000) AS best_score,
                  (array_agg(tag ORDER BY n DESC) FILTER (WHERE tag < 1000))[1] AS best
             FROM (SELECT tag, score, row_number() OVER (ORDER BY score, n) AS n,
                          tag <> ALL(a.tags) AND tag <> ALL(p.tags) AS kept
                     FROM unnest(d.given, d.given_scores)
                              WITH ORDINALITY AS m (tag, score, n)) AS t
           ) AS e
     WHERE i.id = d.id
$$;
