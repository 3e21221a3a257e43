-- What was published, numbered forward only: lists, deltas, portals, bundles.
CREATE TABLE publications (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    -- status, delta, portal, trust, bundle
    kind TEXT NOT NULL,
    -- The campaign's prefix of a portal; empty for the others.
    scope TEXT NOT NULL DEFAULT '',
    number BIGINT NOT NULL,
    -- The status list that a delta carries forward.
    base BIGINT NOT NULL DEFAULT 0,
    -- The day before which a list speaks of cards, in milliseconds since 1970.
    covers_before BIGINT,
    -- The number in the feed of cards up to which it knows them.
    revision BIGINT NOT NULL DEFAULT 0,
    path TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 {bytes} NOT NULL,
    at BIGINT NOT NULL,
    UNIQUE (organisation, kind, scope, base, number)
);
