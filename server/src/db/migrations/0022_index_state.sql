-- By which version of the name tables everyone of the index can be found, and how far a rebuilding has come.
CREATE TABLE index_state (
    one SMALLINT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    -- The version that a rebuilding makes; nothing when there is none under way.
    target INTEGER,
    -- The last identity whose keys were written anew.
    reached BIGINT NOT NULL DEFAULT 0,
    -- The last blocking key, and the last word, whose old rows were removed.
    swept_key BIGINT NOT NULL DEFAULT 0,
    swept_word BIGINT NOT NULL DEFAULT 0
);
INSERT INTO index_state (one, version) VALUES (1, 1);
