-- Each change of a card or of a key takes the next number of its feed, in the transaction that makes the change: whoever
-- follows a feed by its numbers misses nothing, since numbers come up in the order of the commits.
CREATE TABLE feeds (
    name TEXT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
) {clustered};
INSERT INTO feeds (name, revision) VALUES ('cards', 0), ('keys', 0);

ALTER TABLE cards ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
-- The key that signed it; NULL for cards of the older form.
ALTER TABLE cards ADD COLUMN kid TEXT;
CREATE INDEX cards_by_revision ON cards (revision, id);

-- The trust lists that were signed, of each root; the highest number counts.
CREATE TABLE trust_lists (
    root {bytes} NOT NULL,
    number BIGINT NOT NULL,
    signed {bytes} NOT NULL,
    kept BIGINT NOT NULL,
    PRIMARY KEY (root, number)
) {clustered};

-- How often cards were looked at by the public: no address, no card, no time of day. Campaign 0 stands for none that may
-- be named.
CREATE TABLE scan_counts (
    day BIGINT NOT NULL,
    campaign BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    scans BIGINT NOT NULL,
    PRIMARY KEY (day, campaign, verdict)
) {clustered};
