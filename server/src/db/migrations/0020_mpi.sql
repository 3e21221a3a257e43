-- The Master Patient Index. Every registration is a row of `identities` and stays one: a link, a merge and their undoing
-- set and clear `parent` alone, so that undoing restores exactly. `root` is the end of the chain of parents.
CREATE TABLE identities (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    parent BIGINT REFERENCES identities (id),
    root BIGINT NOT NULL,
    -- 0 stands for itself, 1 linked by the matcher, 2 linked by a person, 3 merged by a person
    bond SMALLINT NOT NULL DEFAULT 0,
    -- 0 active, 1 deactivated, 2 tombstone
    state SMALLINT NOT NULL DEFAULT 0,
    -- The MPI id; a linked registration that was never one person has none of its own.
    number TEXT,
    revision INTEGER NOT NULL DEFAULT 1,
    -- Demographics as they were written, JSON.
    person TEXT NOT NULL,
    -- Codes by which rights by area are scoped and people are counted.
    country TEXT NOT NULL DEFAULT '',
    region TEXT NOT NULL DEFAULT '',
    district TEXT NOT NULL DEFAULT '',
    birth_year INTEGER,
    sex SMALLINT NOT NULL DEFAULT 3,
    source TEXT NOT NULL,
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL
);
CREATE INDEX identities_children ON identities (parent) WHERE parent IS NOT NULL;
CREATE INDEX identities_listed ON identities (organisation, created, id) WHERE parent IS NULL;

-- Numbers that were given, reserved or left behind. The eight characters are unique whatever stands before them.
CREATE TABLE numbers (
    code TEXT NOT NULL PRIMARY KEY,
    number TEXT,
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    identity BIGINT REFERENCES identities (id),
    -- 0 given, 1 alias, 2 reserved for a device, 3 tombstone
    state SMALLINT NOT NULL,
    device BIGINT,
    at BIGINT NOT NULL
) {clustered};
CREATE INDEX numbers_of_identity ON numbers (identity) WHERE identity IS NOT NULL;
CREATE INDEX numbers_reserved ON numbers (device) WHERE state = 2;

-- Numbers whose people were erased, as salted hashes: only to keep them from being given again.
CREATE TABLE tombstones (
    hash {bytes} NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
) {clustered};

-- The prepared form of each person for matching, with its version in the first byte.
CREATE TABLE prepared (
    identity {id},
    packed {bytes} NOT NULL
);

-- Who shares which blocking key. Identity 0 says that the key was split because too many shared it.
CREATE TABLE blocking_keys (
    key BIGINT NOT NULL,
    identity BIGINT NOT NULL,
    -- 62 bits that tell most strangers apart.
    sketch BIGINT NOT NULL,
    PRIMARY KEY (key, identity)
) {clustered};

-- Who has which word in a name, for search; words by hash, with the organisation in it.
CREATE TABLE name_words (
    word BIGINT NOT NULL,
    identity BIGINT NOT NULL,
    PRIMARY KEY (word, identity)
) {clustered};

-- Identifiers of other systems, for look-up and for equal verified identifiers.
CREATE TABLE identifiers (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    identity BIGINT NOT NULL REFERENCES identities (id),
    system TEXT NOT NULL,
    value TEXT NOT NULL,
    verified SMALLINT NOT NULL DEFAULT 0,
    UNIQUE (organisation, system, value, identity)
);
CREATE INDEX identifiers_of_identity ON identifiers (identity);

-- What happened, append-only. `body` says what is needed to undo and to explain, and holds no name.
CREATE TABLE facts (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL,
    identity BIGINT NOT NULL REFERENCES identities (id),
    other BIGINT,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX facts_of_identity ON facts (identity, id);
CREATE INDEX facts_of_other ON facts (other, id) WHERE other IS NOT NULL;

-- What a person's record was before a correction.
CREATE TABLE former_persons (
    fact BIGINT NOT NULL PRIMARY KEY REFERENCES facts (id),
    identity BIGINT NOT NULL REFERENCES identities (id),
    person TEXT NOT NULL
);
CREATE INDEX former_persons_of_identity ON former_persons (identity);

-- Pairs of which a person said that they are two people. The smaller comes first.
CREATE TABLE splits (
    low BIGINT NOT NULL REFERENCES identities (id),
    high BIGINT NOT NULL REFERENCES identities (id),
    fact BIGINT NOT NULL,
    PRIMARY KEY (low, high)
);
CREATE INDEX splits_by_high ON splits (high);

-- The answer to each registration that came with a key, so that the same one again gets the same answer.
CREATE TABLE idempotency (
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    key TEXT NOT NULL,
    fingerprint {bytes} NOT NULL,
    identity BIGINT NOT NULL,
    answer TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (organisation, key)
);

-- Who takes part in which programme and campaign.
CREATE TABLE enrollments (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    programme BIGINT NOT NULL REFERENCES programmes (id),
    campaign BIGINT REFERENCES campaigns (id),
    identity BIGINT NOT NULL REFERENCES identities (id),
    -- The enrollment's own id where it came from.
    source TEXT NOT NULL DEFAULT '',
    reference TEXT NOT NULL DEFAULT '',
    enrolled BIGINT NOT NULL,
    ended BIGINT,
    -- Sealed attributes (AES-256-GCM), the guard's categories among them.
    attributes {bytes}
);
CREATE INDEX enrollments_of_identity ON enrollments (identity);
CREATE INDEX enrollments_of_programme ON enrollments (programme, id);
CREATE INDEX enrollments_of_campaign ON enrollments (campaign, id) WHERE campaign IS NOT NULL;
CREATE UNIQUE INDEX enrollments_once ON enrollments (programme, source, reference) WHERE reference <> '';

-- Weights and counts by which an organisation matches. At most one is in use.
CREATE TABLE models (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    model_id TEXT NOT NULL,
    -- The model with its counts of values, as JSON, compressed (zstd).
    record {bytes} NOT NULL,
    people BIGINT NOT NULL,
    learnt BIGINT NOT NULL,
    promoted BIGINT,
    promoted_by TEXT,
    in_use SMALLINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX models_in_use ON models (organisation) WHERE in_use = 1;

-- Bulk registrations: which rows of which file were taken in.
CREATE TABLE imports (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    programme BIGINT REFERENCES programmes (id),
    campaign BIGINT REFERENCES campaigns (id),
    -- SHA-256 of the file and of how its columns were read: the same file again continues.
    digest {bytes} NOT NULL,
    rows_total BIGINT NOT NULL,
    rows_done BIGINT NOT NULL DEFAULT 0,
    actor TEXT NOT NULL,
    started BIGINT NOT NULL,
    finished BIGINT,
    UNIQUE (organisation, digest)
);

CREATE TABLE import_rows (
    import BIGINT NOT NULL REFERENCES imports (id),
    line BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    number TEXT,
    reason TEXT,
    PRIMARY KEY (import, line)
) {clustered};
