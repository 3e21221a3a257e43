-- Who may do what, where. People sign in with a password, integrations with a token; both hold roles in areas.
-- Areas are paths of codes, SN, SN/DKR or SN/DKR/Pikine; the empty path is the whole organisation.
CREATE TABLE areas (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    -- People who live there, as far as it is known: nothing about fewer than 20,000 is shared.
    people BIGINT,
    created BIGINT NOT NULL,
    UNIQUE (organisation, path)
);

CREATE TABLE users (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    -- In small letters, and unique in the whole server: nobody names an organisation to sign in.
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- A PHC string, Argon2id.
    password TEXT NOT NULL,
    -- Somebody else chose it, so that it must be changed first.
    password_temporary SMALLINT NOT NULL DEFAULT 0,
    password_changed BIGINT NOT NULL,
    -- Session tokens of earlier versions are refused.
    version INTEGER NOT NULL DEFAULT 1,
    -- 0 active, 1 disabled
    state SMALLINT NOT NULL DEFAULT 0,
    -- Wrong passwords since the last right one.
    failures INTEGER NOT NULL DEFAULT 0,
    -- The second factor's secret, sealed; it counts from when a first code was right.
    totp {bytes},
    totp_since BIGINT,
    -- The step of the last code that was taken: none is taken twice.
    totp_step BIGINT NOT NULL DEFAULT 0,
    created BIGINT NOT NULL,
    last_sign_in BIGINT
);
CREATE INDEX users_of_organisation ON users (organisation, id);

CREATE TABLE user_roles (
    user_id BIGINT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    area TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (user_id, role, area)
) {clustered};

-- Codes for when the phone with the second factor is lost; each once. SHA-256 of 80 random bits.
CREATE TABLE recovery_codes (
    hash {bytes} NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id),
    used BIGINT
) {clustered};
CREATE INDEX recovery_codes_of_user ON recovery_codes (user_id);

-- One sign-in and all the refresh tokens that followed from it.
CREATE TABLE sessions (
    id {id},
    user_id BIGINT NOT NULL REFERENCES users (id),
    started BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    ended BIGINT,
    -- signed-out, reused, password, second-factor, disabled
    ended_for TEXT
);
CREATE INDEX sessions_of_user ON sessions (user_id);

-- SHA-256 of 256 random bits. One that is shown again after it was used ends its session.
CREATE TABLE refresh_tokens (
    hash {bytes} NOT NULL PRIMARY KEY,
    session BIGINT NOT NULL REFERENCES sessions (id),
    expires BIGINT NOT NULL,
    used BIGINT
) {clustered};
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session);

-- Tokens of integrations. SHA-256 of 256 random bits; shown once.
CREATE TABLE api_tokens (
    id {id},
    organisation BIGINT NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    hash {bytes} NOT NULL UNIQUE,
    role TEXT NOT NULL,
    area TEXT NOT NULL DEFAULT '',
    created BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    expires BIGINT,
    revoked BIGINT,
    last_used BIGINT
);
CREATE INDEX api_tokens_of_organisation ON api_tokens (organisation, id);
