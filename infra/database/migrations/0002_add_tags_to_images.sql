-- Search without joins: the row of an image holds its tags, both classes and categories.

-- `tags` are the tag numbers of core/vocabulary/tags.py in ascending order of their `scores`, so that
-- the tags within a range of scores are a slice, found by binary search. `confidence` is the score of
-- the best class, 0 before classification. These columns are derived from `predictions`.
ALTER TABLE images
    ADD COLUMN tags smallint[] NOT NULL DEFAULT '{}',
    ADD COLUMN scores real[] NOT NULL DEFAULT '{}',
    ADD COLUMN confidence real NOT NULL DEFAULT 0,
    ADD CONSTRAINT images_score_per_tag CHECK (cardinality(tags) = cardinality(scores));
-- Large enough for statistics on all 1,600 tags: the planner can then estimate the frequency of each.
ALTER TABLE images ALTER COLUMN tags SET STATISTICS 300;

-- Images classified before this migration get their classes only. Reclassify them for categories.
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

-- Finds the images of a tag. Conjunctions and disjunctions of tags are evaluated in the index.
CREATE INDEX images_tags ON images USING gin (tags) WHERE status = 'done' AND deleted_at IS NULL;
-- A sample of one image in 128, chosen by hash: estimates the number of matches before a search runs,
-- and counts tags if counting all of them would take too long. The second index is for searches
-- without tags. Its predicate is equivalent but written differently: the planner underestimates the
-- cost of comparing arrays and would use it for tags, too.
CREATE INDEX images_sample_tags ON images USING gin (tags)
 WHERE status = 'done' AND deleted_at IS NULL AND get_byte(sha256, 0) < 2;
CREATE INDEX images_sample ON images (created_at)
 WHERE deleted_at IS NULL AND get_byte(sha256, 0) IN (0, 1);
-- Without these statistics the planner estimates the sample at a third of all images.
CREATE STATISTICS images_sample_share ON get_byte(sha256, 0) FROM images;
-- sort=confidence.
CREATE INDEX images_confidence ON images (confidence DESC, id DESC) WHERE deleted_at IS NULL;
-- status:failed, which selects few rows.
CREATE INDEX images_unfinished ON images (status, created_at DESC, id DESC)
 WHERE status <> 'done' AND deleted_at IS NULL;
-- name:holiday*
CREATE INDEX images_name ON images (lower(name) text_pattern_ops) WHERE deleted_at IS NULL;

-- Used only by the previous search, which joined predictions.
DROP INDEX predictions_class;
