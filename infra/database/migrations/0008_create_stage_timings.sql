-- Histogram of the durations of the worker stages, for /metrics. Workers listen on no port and are
-- started and stopped at any time, so each adds its measurements with its heartbeat. Processes of the
-- previous version ignore the table.
CREATE TABLE stage_timings (
    stage       text             NOT NULL,
    upper_bound double precision NOT NULL,  -- seconds; infinity for the last bucket
    times       bigint           NOT NULL,
    seconds     double precision NOT NULL,
    PRIMARY KEY (stage, upper_bound)
);
