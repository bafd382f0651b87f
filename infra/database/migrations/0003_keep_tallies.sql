-- Tallies: numbers of images by state and by tag, without counting them.
--
-- Triggers append rows with the difference that each statement makes; the sum of the rows is the
-- number. Appending needs no lock on a shared row. The API replaces the rows by their sums every few
-- seconds, so that there are only a few of them.
CREATE TABLE image_tallies (
    status   text    NOT NULL,
    in_trash boolean NOT NULL,
    images   bigint  NOT NULL
);
-- Images that have a tag, are classified and not in the trash.
CREATE TABLE tag_tallies (
    tag    smallint NOT NULL,
    images bigint   NOT NULL
);

INSERT INTO image_tallies
SELECT status, deleted_at IS NOT NULL, count(*) FROM images GROUP BY 1, 2;
INSERT INTO tag_tallies
SELECT unnest(tags), count(*) FROM images WHERE status = 'done' AND deleted_at IS NULL GROUP BY 1;

CREATE FUNCTION tally_arrivals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO image_tallies
    SELECT status, deleted_at IS NOT NULL, count(*) FROM after GROUP BY 1, 2;
    INSERT INTO tag_tallies
    SELECT unnest(tags), count(*) FROM after WHERE status = 'done' AND deleted_at IS NULL GROUP BY 1;
    RETURN NULL;
END $$;

CREATE FUNCTION tally_departures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO image_tallies
    SELECT status, deleted_at IS NOT NULL, -count(*) FROM before GROUP BY 1, 2;
    INSERT INTO tag_tallies
    SELECT unnest(tags), -count(*) FROM before WHERE status = 'done' AND deleted_at IS NULL GROUP BY 1;
    RETURN NULL;
END $$;

CREATE FUNCTION tally_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO image_tallies
    SELECT status, in_trash, sum(change)
      FROM (SELECT status, deleted_at IS NOT NULL AS in_trash, 1 AS change FROM after
             UNION ALL
            SELECT status, deleted_at IS NOT NULL, -1 FROM before) AS c
     GROUP BY 1, 2
    HAVING sum(change) <> 0;
    INSERT INTO tag_tallies
    SELECT tag, sum(change)
      FROM (SELECT unnest(tags) AS tag, 1 AS change FROM after
             WHERE status = 'done' AND deleted_at IS NULL
             UNION ALL
            SELECT unnest(tags), -1 FROM before
             WHERE status = 'done' AND deleted_at IS NULL) AS c
     GROUP BY 1
    HAVING sum(change) <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER images_tally_arrivals AFTER INSERT ON images
    REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION tally_arrivals();
CREATE TRIGGER images_tally_departures AFTER DELETE ON images
    REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION tally_departures();
CREATE TRIGGER images_tally_changes AFTER UPDATE ON images
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION tally_changes();
