-- DHIS2, which is read and never written: one connection an organisation, its programmes, what their attributes become,
-- and what became of each enrollment. No row here holds a value of an attribute; those are sealed in `enrollments`.
CREATE TABLE dhis2_connections (
    organisation BIGINT NOT NULL PRIMARY KEY REFERENCES organisations (id),
    url TEXT NOT NULL,
    -- Private addresses and plain HTTP are allowed.
    own_network SMALLINT NOT NULL DEFAULT 0,
    -- Username and password, or a token; AES-256-GCM under the master key.
    credentials {bytes} NOT NULL,
    version TEXT NOT NULL,
    -- Programmes that the account could write to. It never does.
    can_write INTEGER NOT NULL DEFAULT 0,
    settings TEXT NOT NULL DEFAULT '{}',
    -- The state of the circuit breaker.
    breaker TEXT NOT NULL DEFAULT '{}',
    -- SHA-256 of the secret that a webhook shows.
    webhook {bytes} UNIQUE,
    changed BIGINT NOT NULL
);

CREATE TABLE dhis2_programmes (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    uid TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL,
    programme BIGINT NOT NULL REFERENCES programmes (id),
    interval_minutes INTEGER NOT NULL DEFAULT 60,
    enabled SMALLINT NOT NULL DEFAULT 0,
    -- When it is read next, and when everything was last compared.
    due BIGINT,
    reconciled BIGINT,
    -- The server's own clock when the last sync began; NULL: everything is read.
    since TEXT,
    -- Who reads it, and until when nobody else does.
    leased_by BIGINT,
    leased_until BIGINT NOT NULL DEFAULT 0,
    UNIQUE (organisation, uid)
);
CREATE INDEX dhis2_programmes_due ON dhis2_programmes (due) WHERE enabled = 1;

CREATE TABLE dhis2_mappings (
    programme BIGINT NOT NULL REFERENCES dhis2_programmes (id),
    attribute TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL,
    card_field TEXT NOT NULL,
    -- Of the seven categories, where the guard found one.
    category TEXT,
    reason TEXT,
    PRIMARY KEY (programme, attribute)
) {clustered};

-- Words that an organisation added to the guard's. None is ever taken away.
CREATE TABLE guard_words (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    category TEXT NOT NULL,
    pattern TEXT NOT NULL,
    added BIGINT NOT NULL,
    added_by TEXT NOT NULL,
    UNIQUE (organisation, category, pattern)
);

CREATE TABLE dhis2_runs (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    programme BIGINT NOT NULL REFERENCES dhis2_programmes (id),
    -- manual, schedule, webhook, night
    cause TEXT NOT NULL,
    -- everything or changes
    kind TEXT NOT NULL,
    -- running, stopped (it can go on), done, failed
    state TEXT NOT NULL,
    since TEXT,
    -- The server's clock when it began.
    server_began TEXT,
    -- Pages that are taken in.
    pages INTEGER NOT NULL DEFAULT 0,
    people BIGINT NOT NULL DEFAULT 0,
    linked BIGINT NOT NULL DEFAULT 0,
    review BIGINT NOT NULL DEFAULT 0,
    alert BIGINT NOT NULL DEFAULT 0,
    new BIGINT NOT NULL DEFAULT 0,
    refused BIGINT NOT NULL DEFAULT 0,
    changed BIGINT NOT NULL DEFAULT 0,
    unchanged BIGINT NOT NULL DEFAULT 0,
    gone BIGINT NOT NULL DEFAULT 0,
    error_code TEXT,
    error TEXT,
    started BIGINT NOT NULL,
    finished BIGINT
);
CREATE INDEX dhis2_runs_of_programme ON dhis2_runs (programme, id);

-- Everyone whom a programme's list has shown.
CREATE TABLE dhis2_members (
    programme BIGINT NOT NULL REFERENCES dhis2_programmes (id),
    tracked_entity TEXT NOT NULL,
    -- The registration; NULL for who was refused or was gone at once.
    identity BIGINT REFERENCES identities (id),
    number TEXT,
    -- The registration stands for itself, so that a change there corrects it.
    own SMALLINT NOT NULL DEFAULT 0,
    -- Of what makes the person, and of all that was read; a change is seen by them.
    person_digest BIGINT NOT NULL,
    digest BIGINT NOT NULL,
    -- The run that saw them last.
    seen BIGINT NOT NULL,
    gone SMALLINT NOT NULL DEFAULT 0,
    PRIMARY KEY (programme, tracked_entity)
) {clustered};
CREATE INDEX dhis2_members_by_entity ON dhis2_members (tracked_entity);

CREATE TABLE dhis2_enrollments (
    programme BIGINT NOT NULL REFERENCES dhis2_programmes (id),
    enrollment TEXT NOT NULL,
    tracked_entity TEXT NOT NULL,
    org_unit TEXT NOT NULL,
    status TEXT NOT NULL,
    enrolled BIGINT NOT NULL,
    -- linked, review, alert, new or refused
    outcome TEXT NOT NULL,
    reason TEXT,
    number TEXT,
    run BIGINT NOT NULL,
    gone SMALLINT NOT NULL DEFAULT 0,
    PRIMARY KEY (programme, enrollment)
) {clustered};
CREATE INDEX dhis2_enrollments_by_entity ON dhis2_enrollments (programme, tracked_entity);
CREATE INDEX dhis2_enrollments_by_outcome ON dhis2_enrollments (programme, outcome, enrollment);
