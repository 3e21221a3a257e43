-- Where the chain begins since its oldest rows left, five years old: place and hash of the last row that left, signed.
CREATE TABLE audit_checkpoints (
    place BIGINT NOT NULL PRIMARY KEY,
    hash {bytes} NOT NULL,
    -- Every row that left is older than this.
    before BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kid TEXT NOT NULL,
    signature {bytes} NOT NULL
) {clustered};

{refuse} UPDATE audit_checkpoints;
{refuse} DELETE audit_checkpoints;

-- From now on a row may leave that a checkpoint closes.
{allow} DELETE audit_heads WHERE OLD.place <= (SELECT max(place) FROM audit_checkpoints);
{allow} DELETE audit_chain WHERE OLD.place <= (SELECT max(place) FROM audit_checkpoints);
{allow} DELETE audit WHERE OLD.at < (SELECT max(before) FROM audit_checkpoints)
    AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.audit = OLD.id)
    AND NOT EXISTS (SELECT 1 FROM audit_waiting w WHERE w.audit = OLD.id);
