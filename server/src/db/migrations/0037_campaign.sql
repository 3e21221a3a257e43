-- How many cards an organisation may make. Without a row there is no limit, and what is made is not counted.
CREATE TABLE card_quotas (
    organisation BIGINT NOT NULL PRIMARY KEY REFERENCES organisations (id),
    granted BIGINT NOT NULL,
    used BIGINT NOT NULL DEFAULT 0,
    -- Taken by runs under way; what they do not use goes back.
    reserved BIGINT NOT NULL DEFAULT 0
) {clustered};

-- What cards look like: the settings of Card Studio, as JSON.
CREATE TABLE designs (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    code TEXT NOT NULL,
    form TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    UNIQUE (organisation, code)
);

-- Logos of designs, decoded and written again as PNG.
CREATE TABLE design_logos (
    design BIGINT NOT NULL REFERENCES designs (id),
    place SMALLINT NOT NULL,
    picture {bytes} NOT NULL,
    PRIMARY KEY (design, place)
);

-- A generation: the cards of everyone in a campaign who has none.
CREATE TABLE runs (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    campaign BIGINT NOT NULL REFERENCES campaigns (id),
    -- What is made, as JSON.
    request TEXT NOT NULL,
    -- 0 being cut into shards, 1 shards at work, 2 ended, 3 cancelled
    state SMALLINT NOT NULL DEFAULT 0,
    -- Cards for which quota was taken, and how many of these are in shards.
    reserved BIGINT NOT NULL,
    planned BIGINT NOT NULL DEFAULT 0,
    actor TEXT NOT NULL,
    created BIGINT NOT NULL,
    finished BIGINT,
    -- When its files are removed.
    expires BIGINT
);
CREATE INDEX runs_of_campaign ON runs (campaign, id);
CREATE INDEX runs_expiring ON runs (expires) WHERE expires IS NOT NULL;

CREATE TABLE shards (
    id {id},
    run BIGINT NOT NULL REFERENCES runs (id),
    number INTEGER NOT NULL,
    -- People in it.
    size INTEGER NOT NULL,
    -- 0 waiting or at work, 1 done, 2 failed, 3 cancelled
    state SMALLINT NOT NULL DEFAULT 0,
    -- Cards drawn so far, by whoever is at work.
    progress INTEGER NOT NULL DEFAULT 0,
    made INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    finished BIGINT,
    UNIQUE (run, number)
);

-- Who gets a card of a campaign: each once, whatever is added how often.
CREATE TABLE beneficiaries (
    id {id},
    campaign BIGINT NOT NULL REFERENCES campaigns (id),
    identity BIGINT NOT NULL REFERENCES identities (id),
    -- The run and the shard that make the card; NULL while none does.
    run BIGINT REFERENCES runs (id),
    shard BIGINT REFERENCES shards (id),
    -- The card that counts.
    card BIGINT REFERENCES cards (id),
    -- Why the last try made none; names nobody.
    fault TEXT,
    added BIGINT NOT NULL,
    UNIQUE (campaign, identity)
);
CREATE INDEX beneficiaries_waiting ON beneficiaries (campaign, id) WHERE card IS NULL AND run IS NULL;
CREATE INDEX beneficiaries_of_shard ON beneficiaries (shard, id) WHERE shard IS NOT NULL;
CREATE INDEX beneficiaries_of_identity ON beneficiaries (identity);

-- Whose card it is in a campaign, and what is needed to print it again, sealed: its nonce and its code.
ALTER TABLE cards ADD COLUMN beneficiary BIGINT REFERENCES beneficiaries (id);
ALTER TABLE cards ADD COLUMN print {bytes};
-- One card a person counts, whatever crashes when.
CREATE UNIQUE INDEX cards_once ON cards (beneficiary) WHERE beneficiary IS NOT NULL AND state = 0;

CREATE TABLE artifacts (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    -- A run's, or a lot's.
    run BIGINT REFERENCES runs (id),
    shard BIGINT REFERENCES shards (id),
    lot BIGINT,
    -- What whoever downloads it sees, and where it is kept.
    name TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE,
    bytes BIGINT NOT NULL,
    sha256 {bytes} NOT NULL,
    downloads BIGINT NOT NULL DEFAULT 0,
    created BIGINT NOT NULL,
    -- When it was removed.
    removed BIGINT
);
CREATE INDEX artifacts_of_run ON artifacts (run, id) WHERE run IS NOT NULL;
CREATE INDEX artifacts_of_lot ON artifacts (lot, id) WHERE lot IS NOT NULL;
