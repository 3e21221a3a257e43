-- Cards by the hashes of their tokens and codes; neither stands anywhere in clear.
CREATE TABLE cards (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    campaign BIGINT NOT NULL REFERENCES campaigns (id),
    -- NULL for a blank card that nobody holds yet.
    identity BIGINT REFERENCES identities (id),
    token_hash {bytes} NOT NULL UNIQUE,
    code_hash {bytes} UNIQUE,
    -- Sealed under the master key; with it and the token key the card can be printed again.
    nonce {bytes},
    -- 0 valid, 1 revoked
    state SMALLINT NOT NULL DEFAULT 0,
    issued BIGINT NOT NULL,
    expires BIGINT,
    revoked BIGINT,
    revoked_for TEXT,
    replaced_by BIGINT
);
CREATE INDEX cards_of_identity ON cards (identity) WHERE identity IS NOT NULL;
CREATE INDEX cards_of_campaign ON cards (campaign, id);

-- The organisation's keys, sealed under the master key.
CREATE TABLE card_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    organisation BIGINT REFERENCES organisations (id),
    info TEXT NOT NULL,
    sealed {bytes} NOT NULL,
    made BIGINT NOT NULL
);

CREATE TABLE devices (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    area TEXT NOT NULL DEFAULT '',
    settings TEXT NOT NULL DEFAULT '{}',
    -- 0 invited, 1 enrolled, 2 revoked
    state SMALLINT NOT NULL DEFAULT 0,
    created BIGINT NOT NULL,
    last_sync BIGINT
);
CREATE INDEX devices_of_organisation ON devices (organisation, id);
