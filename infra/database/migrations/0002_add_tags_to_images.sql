-- Search without joins: every picture carries its tags, classes and categories alike.

-- `tags` are numbers of core/vocabulary/tags.py in ascending order of their `scores`, so that the
-- tags within a range of scores are a slice, found by binary search. `confidence` is the score of
-- the best class, 0 before there is one. `predictions` stays what the model said; these columns are made of it.
ALTER TABLE images
    ADD COLUMN tags smallint[] NOT NULL DEFAULT '{}',
    ADD COLUMN scores real[] NOT NULL DEFAULT '{}',
    ADD COLUMN confidence real NOT NULL DEFAULT 0,
    ADD CONSTRAINT images_score_per_tag CHECK (cardinality(tags) = cardinality(scores));
-- All of the 1,600 tags, so that the planner knows how common each is.
ALTER TABLE images ALTER COLUMN tags SET STATISTICS 300;

-- What was classified before has its classes only; its categories come with a re-run.
UPDATE images AS i
   SET tags = p.tags,
       scores = p.scores,
       confidence = p.confidence
  FROM (
           SELECT image_id,
                  array_agg(class_index ORDER BY rank DESC) AS tags,
                  array_agg(score ORDER BY rank DESC) AS scores,
                  max(score) AS confidence
             FROM predictions
            GROUP BY image_id) AS p
 WHERE p.image_id = i.id;

-- From tags to the pictures that show them; `a` and `b`, `a` or `b` are answered inside it.
CREATE INDEX images_tags ON images USING gin (tags) WHERE status = 'done' AND deleted_at IS NULL;
-- A fair sample, one picture in 128 by its hash: tells how much a search finds before it is run,
-- and counts tags where counting all would take too long. The second, for searches without tags,
-- says the same in other words: the planner thinks comparing arrays cheap and would prefer it.
CREATE INDEX images_sample_tags ON images USING gin (tags)
 WHERE status = 'done' AND deleted_at IS NULL AND get_byte(sha256, 0) < 2;
CREATE INDEX images_sample ON images (created_at)
 WHERE deleted_at IS NULL AND get_byte(sha256, 0) IN (0, 1);
-- Without it the planner takes the sample for a third of the gallery.
CREATE STATISTICS images_sample_share ON get_byte(sha256, 0) FROM images;
-- sort=confidence.
CREATE INDEX images_confidence ON images (confidence DESC, id DESC) WHERE deleted_at IS NULL;
-- status:failed, of which there are few among many that are done.
CREATE INDEX images_unfinished ON images (status, created_at DESC, id DESC)
 WHERE status <> 'done' AND deleted_at IS NULL;
-- name:holiday*
CREATE INDEX images_name ON images (lower(name) text_pattern_ops) WHERE deleted_at IS NULL;

-- Served the search that joined predictions.
DROP INDEX predictions_class;
