-- How long the steps of the workers' work took, for /metrics: workers have no port of their own, and
-- come and go. Each adds what it has measured with its heartbeat. Old processes take no notice.
CREATE TABLE stage_timings (
    stage       text             NOT NULL,
    upper_bound double precision NOT NULL,  -- seconds; infinity for all that took longer
    times       bigint           NOT NULL,
    seconds     double precision NOT NULL,
    PRIMARY KEY (stage, upper_bound)
);
