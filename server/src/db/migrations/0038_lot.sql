-- Blank cards: signed, printed, and nobody's until one is handed over in the field.
CREATE TABLE lots (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    campaign BIGINT NOT NULL REFERENCES campaigns (id),
    -- Its number, as it stands on the cards.
    number TEXT NOT NULL,
    size INTEGER NOT NULL,
    request TEXT NOT NULL,
    -- 0 being printed, 1 in stock, 2 with an agent, 3 revoked, 4 failed
    state SMALLINT NOT NULL DEFAULT 0,
    -- Who has it: a user's login or a device, as whoever handed it out wrote it.
    holder BIGINT REFERENCES users (id),
    created BIGINT NOT NULL,
    handed BIGINT,
    revoked BIGINT,
    expires BIGINT,
    error TEXT,
    UNIQUE (organisation, number)
);
ALTER TABLE cards ADD COLUMN lot BIGINT REFERENCES lots (id);
ALTER TABLE cards ADD COLUMN serial INTEGER;
CREATE UNIQUE INDEX cards_of_lot ON cards (lot, serial) WHERE lot IS NOT NULL;
