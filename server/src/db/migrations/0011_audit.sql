-- Who did what, when. Rows are written in the transaction of what they tell of, and never change. What is personal (an
-- address, a name) is in a half of its own, which can be erased; the row holds a salted hash of it.
CREATE TABLE audit (
    id {id},
    organisation BIGINT REFERENCES organisations (id),
    at BIGINT NOT NULL,
    -- user:7, token:3, device:12, console, system
    actor TEXT NOT NULL,
    -- person.register, user.disable
    action TEXT NOT NULL,
    -- identity:812, user:7
    target TEXT NOT NULL,
    -- SHA-256 of the salt and the private half.
    commitment {bytes}
);
CREATE INDEX audit_of_organisation ON audit (organisation, id);

CREATE TABLE audit_private (
    audit BIGINT NOT NULL PRIMARY KEY REFERENCES audit (id),
    salt {bytes} NOT NULL,
    body TEXT NOT NULL
) {clustered};

-- Rows that the chain does not hold yet. On PostgreSQL rows become visible in another order than that of their ids.
CREATE TABLE audit_waiting (
    audit BIGINT NOT NULL PRIMARY KEY
) {clustered};

-- The chain, in the order in which rows were seen committed.
CREATE TABLE audit_chain (
    place BIGINT NOT NULL PRIMARY KEY,
    audit BIGINT NOT NULL UNIQUE REFERENCES audit (id),
    hash {bytes} NOT NULL
) {clustered};

-- The publisher key's signatures of the chain up to a place.
CREATE TABLE audit_heads (
    place BIGINT NOT NULL PRIMARY KEY REFERENCES audit_chain (place),
    hash {bytes} NOT NULL,
    at BIGINT NOT NULL,
    kid TEXT NOT NULL,
    signature {bytes} NOT NULL
) {clustered};

{refuse} UPDATE audit;
{refuse} DELETE audit;
{refuse} UPDATE audit_private;
{refuse} UPDATE audit_chain;
{refuse} DELETE audit_chain;
{refuse} UPDATE audit_heads;
{refuse} DELETE audit_heads;
