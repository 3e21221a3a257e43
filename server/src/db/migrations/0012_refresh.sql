-- The token that came after this one, so that a client whose answer was lost may ask once more: see ADR 0010.
ALTER TABLE refresh_tokens ADD COLUMN successor {bytes};
