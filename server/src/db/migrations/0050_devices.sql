-- Phones that work offline: how they enter, what they sent, what they are told. The phones themselves are in `devices`.
CREATE TABLE device_tickets (
    -- SHA-256 of 128 random bits.
    hash {bytes} NOT NULL PRIMARY KEY,
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    device BIGINT NOT NULL REFERENCES devices (id),
    made BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    expires BIGINT NOT NULL,
    -- The name of the phone that used it: only that one gets its answer again.
    used_by {bytes}
) {clustered};

-- The public keys of a phone, under the name that follows from them.
CREATE TABLE device_keys (
    name {bytes} NOT NULL PRIMARY KEY,
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    device BIGINT NOT NULL UNIQUE REFERENCES devices (id),
    signing {bytes} NOT NULL,
    transport {bytes} NOT NULL,
    vault {bytes} NOT NULL,
    app TEXT NOT NULL,
    enrolled BIGINT NOT NULL,
    -- Goes up when it turns out that the server forgot something of the phone.
    epoch BIGINT NOT NULL DEFAULT 1,
    epoch_at BIGINT NOT NULL DEFAULT 0,
    -- The highest number of a downlink.
    downlink BIGINT NOT NULL DEFAULT 0,
    -- The number and SHA-256 of the setup that was told last.
    setup BIGINT NOT NULL DEFAULT 0,
    setup_hash {bytes}
) {clustered};

CREATE TABLE device_sessions (
    -- SHA-256 of the token.
    hash {bytes} NOT NULL PRIMARY KEY,
    -- SHA-256 of the challenge, which opens one session only.
    challenge {bytes} NOT NULL UNIQUE,
    device BIGINT NOT NULL REFERENCES devices (id),
    sync BIGINT NOT NULL,
    expires BIGINT NOT NULL
) {clustered};
CREATE INDEX device_sessions_expired ON device_sessions (expires);

-- The history: a row a session, with what the phone said of itself and what became of its packets.
CREATE TABLE device_syncs (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    device BIGINT NOT NULL REFERENCES devices (id),
    at BIGINT NOT NULL,
    -- The phone's clock minus the server's, milliseconds.
    skew BIGINT NOT NULL,
    report TEXT NOT NULL,
    accepted BIGINT NOT NULL DEFAULT 0,
    linked BIGINT NOT NULL DEFAULT 0,
    reviewed BIGINT NOT NULL DEFAULT 0,
    refused BIGINT NOT NULL DEFAULT 0,
    kept BIGINT NOT NULL DEFAULT 0,
    again BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX device_syncs_of_device ON device_syncs (device, id);

-- Every packet that was answered, for as long as its phone is known: a phone may come back after months. A packet is
-- known by its phone and its name together, so that nobody can take another phone's names.
CREATE TABLE device_packets (
    device BIGINT NOT NULL REFERENCES devices (id),
    packet {bytes} NOT NULL,
    organisation BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    -- SHA-256 of the fact: the same name with another fact is refused.
    digest {bytes} NOT NULL,
    kind TEXT NOT NULL,
    -- 0 accepted, 1 linked, 2 review, 3 refused, 4 kept aside
    outcome SMALLINT NOT NULL,
    -- Of a refusal: code, why and what to do, JSON.
    refusal TEXT,
    -- The registration's row.
    identity BIGINT,
    -- The number and revision that the phone was told last.
    told TEXT,
    told_revision INTEGER NOT NULL DEFAULT 1,
    user_id BIGINT,
    -- By the phone's clock, and by the server's.
    at BIGINT NOT NULL,
    received BIGINT NOT NULL,
    -- The packet itself, where it was kept aside.
    sealed {bytes},
    PRIMARY KEY (device, packet)
) {clustered};
CREATE INDEX device_packets_by_sequence ON device_packets (device, sequence);
CREATE INDEX device_packets_kept ON device_packets (device) WHERE outcome = 4;

CREATE TABLE device_downlinks (
    device BIGINT NOT NULL REFERENCES devices (id),
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- 0 the transport key, 1 the vault key
    sealed_to SMALLINT NOT NULL,
    sealed {bytes} NOT NULL,
    PRIMARY KEY (device, number)
) {clustered};

-- Blank cards that a phone was given to hand out.
CREATE TABLE device_blanks (
    card BIGINT NOT NULL PRIMARY KEY REFERENCES cards (id),
    device BIGINT NOT NULL REFERENCES devices (id),
    at BIGINT NOT NULL
) {clustered};
CREATE INDEX device_blanks_of_device ON device_blanks (device);

-- What people agreed to when they were registered.
CREATE TABLE consents (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    -- The registration's row; NULL for someone who declined, of whom nothing is kept.
    identity BIGINT REFERENCES identities (id),
    programme BIGINT,
    text TEXT NOT NULL,
    version INTEGER NOT NULL,
    language TEXT NOT NULL,
    -- spoken, signed, thumbprint or guardian
    how TEXT NOT NULL,
    declined SMALLINT NOT NULL DEFAULT 0,
    at BIGINT NOT NULL,
    received BIGINT NOT NULL
);
CREATE INDEX consents_of_identity ON consents (identity) WHERE identity IS NOT NULL;

-- What programs gave to whom.
CREATE TABLE services (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    programme BIGINT NOT NULL REFERENCES programmes (id),
    round TEXT NOT NULL,
    identity BIGINT,
    card BIGINT,
    device BIGINT NOT NULL,
    holder_check TEXT NOT NULL,
    -- An earlier row of the same holder in the same round: a second claim.
    repeats BIGINT,
    at BIGINT NOT NULL,
    received BIGINT NOT NULL
);
CREATE INDEX services_of_identity ON services (programme, round, identity) WHERE identity IS NOT NULL;
CREATE INDEX services_of_card ON services (programme, round, card) WHERE card IS NOT NULL;

-- Parts of bundles, each under the hash of its bytes; shared by all phones of an area.
CREATE TABLE bundle_parts (
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    hash {bytes} NOT NULL,
    -- The area, for sealed parts; the empty path for what all phones carry.
    area TEXT NOT NULL,
    -- 1 trust, 2 status, 3 delta, 4 people, 5 ids
    kind SMALLINT NOT NULL,
    version BIGINT NOT NULL,
    -- Goes up with every part of the organisation that is built; a manifest bears the highest of its parts.
    number BIGINT NOT NULL,
    size BIGINT NOT NULL,
    opened_size BIGINT NOT NULL,
    -- The part's key, sealed under the master key.
    key {bytes},
    -- The place in the feed of cards up to which it is complete.
    seen BIGINT NOT NULL DEFAULT 0,
    built BIGINT NOT NULL,
    contents {bytes} NOT NULL,
    PRIMARY KEY (organisation, hash)
);
CREATE INDEX bundle_parts_newest ON bundle_parts (organisation, area, kind, number);
