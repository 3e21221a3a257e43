-- Slow work, written down in the transaction of its cause and completed in the transaction of its results.
CREATE TABLE jobs (
    id {id},
    kind TEXT NOT NULL,
    -- JSON: rows' numbers and settings, nothing about a person.
    body TEXT NOT NULL,
    -- What it belongs to, such as run:12: jobs of a topic are cancelled together.
    topic TEXT NOT NULL DEFAULT '',
    -- Where set, one job of this name waits at most, and one of them runs at a time.
    single TEXT,
    -- The higher the sooner.
    priority SMALLINT NOT NULL DEFAULT 0,
    -- 0 waiting, 1 leased, 2 done, 3 dead, 4 cancelled
    state SMALLINT NOT NULL DEFAULT 0,
    due BIGINT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    most_tries INTEGER NOT NULL,
    -- Until when its holder has it, and which holder.
    lease BIGINT,
    holder TEXT,
    -- Why it failed last.
    error TEXT,
    created BIGINT NOT NULL,
    finished BIGINT
);
CREATE INDEX jobs_waiting ON jobs (priority DESC, due, id) WHERE state = 0;
CREATE INDEX jobs_leased ON jobs (lease) WHERE state = 1;
CREATE INDEX jobs_of_topic ON jobs (topic, state) WHERE topic <> '';
CREATE INDEX jobs_finished ON jobs (finished) WHERE finished IS NOT NULL;
CREATE UNIQUE INDEX jobs_single ON jobs (single) WHERE single IS NOT NULL AND state = 0;

-- Which ticks of which schedule were enqueued: whoever comes second finds the row.
CREATE TABLE ticks (
    schedule TEXT NOT NULL,
    tick BIGINT NOT NULL,
    PRIMARY KEY (schedule, tick)
) {clustered};
