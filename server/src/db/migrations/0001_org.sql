-- Organisations run programmes, programmes run campaigns. Every row below belongs to one organisation.
CREATE TABLE organisations (
    id {id},
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- ISO 3166-1 alpha-2: the country of the MPI ids that are given without another place.
    country TEXT NOT NULL,
    settings TEXT NOT NULL DEFAULT '{}',
    created BIGINT NOT NULL
);

CREATE TABLE programmes (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    -- What the public may read; a programme that is sensitive has a neutral one.
    public_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    sensitive SMALLINT NOT NULL DEFAULT 0,
    -- Years that a person's record is kept after the programme; NULL: lifelong.
    retention_years INTEGER DEFAULT 5,
    settings TEXT NOT NULL DEFAULT '{}',
    created BIGINT NOT NULL,
    closed BIGINT,
    UNIQUE (organisation, code)
);

CREATE TABLE campaigns (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    programme BIGINT NOT NULL REFERENCES programmes (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Stands on cards and in their tokens.
    prefix TEXT NOT NULL,
    starts BIGINT,
    ends BIGINT,
    settings TEXT NOT NULL DEFAULT '{}',
    created BIGINT NOT NULL,
    UNIQUE (organisation, prefix),
    UNIQUE (programme, code)
);
