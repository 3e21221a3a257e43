-- Pairs that a person has to look at, and alerts that a dashboard shows. The smaller identity comes first.
CREATE TABLE reviews (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    low BIGINT NOT NULL REFERENCES identities (id),
    high BIGINT NOT NULL REFERENCES identities (id),
    -- review or alert
    kind TEXT NOT NULL,
    score INTEGER NOT NULL,
    similarity INTEGER NOT NULL,
    veto TEXT,
    model TEXT NOT NULL,
    region TEXT NOT NULL DEFAULT '',
    -- 0 open, 1 merged, 2 rejected, 3 settled by something else
    state SMALLINT NOT NULL DEFAULT 0,
    opened BIGINT NOT NULL,
    decided BIGINT,
    decided_by TEXT,
    UNIQUE (low, high)
);
CREATE INDEX reviews_open ON reviews (organisation, kind, score, id) WHERE state = 0;
CREATE INDEX reviews_by_high ON reviews (high);

CREATE TABLE review_notes (
    id {id},
    review BIGINT NOT NULL REFERENCES reviews (id),
    author TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- Sealed: a note may say anything.
    note {bytes} NOT NULL
);
CREATE INDEX review_notes_of_review ON review_notes (review, id);
