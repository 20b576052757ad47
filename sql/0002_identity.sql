-- Who may use the console: accounts, profiles, assignments, sessions, counters of refused logins.
-- Source: spec console-security §1, §2, §3, §9, §10, §12.

CREATE TABLE user_account (
  id AUTOID,
  name KEYTEXT(255) NOT NULL UNIQUE,
  full_name VARCHAR(255) NOT NULL DEFAULT '',
  superadmin SMALLINT NOT NULL DEFAULT 0,
  disabled SMALLINT NOT NULL DEFAULT 0,
  -- Argon2id with its own salt and cost
  password_hash VARCHAR(255) NOT NULL,
  must_change_password SMALLINT NOT NULL DEFAULT 1,
  password_changed_at BIGINT NOT NULL DEFAULT 0,
  -- Refused logins since first_failure; never for names that do not exist
  failed_attempts INT NOT NULL DEFAULT 0,
  first_failure BIGINT NOT NULL DEFAULT 0,
  blocked_until BIGINT NOT NULL DEFAULT 0,
  last_login BIGINT NOT NULL DEFAULT 0,
  language VARCHAR(8) NOT NULL DEFAULT '',
  theme VARCHAR(16) NOT NULL DEFAULT '',
  density VARCHAR(16) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL DEFAULT 0
);

-- Earlier passwords that may not come back.
CREATE TABLE password_history (
  id AUTOID,
  user_id BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  password_hash VARCHAR(255) NOT NULL
);
CREATE INDEX password_history_by_user ON password_history (user_id, changed_at);

-- A named set of permission bits; the mask is that of src/identity/permission.h.
CREATE TABLE profile (
  id AUTOID,
  name KEYTEXT(100) NOT NULL UNIQUE,
  bits BIGINT NOT NULL,
  built_in SMALLINT NOT NULL DEFAULT 0
);
INSERT INTO profile (id, name, bits, built_in) VALUES
  (1, 'Operator (Read)', 1067297, 1),
  (2, 'Operator (Write)', 3164513, 1),
  (3, 'Chief Operator', 7396333, 1),
  (4, 'Group Coordinator', 16252927, 1),
  (5, 'Administrator', 67108863, 1);

-- group_id 0 = all groups.
CREATE TABLE user_assignment (
  id AUTOID,
  user_id BIGINT NOT NULL,
  profile_id BIGINT NOT NULL,
  group_id BIGINT NOT NULL,
  no_hierarchy SMALLINT NOT NULL DEFAULT 0,
  assigned_by VARCHAR(255) NOT NULL DEFAULT '',
  assigned_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX user_assignment_once ON user_assignment (user_id, profile_id, group_id);

-- Only the SHA-256 of the token: who reads this table cannot become anybody.
CREATE TABLE user_session (
  token_hash KEYTEXT(64) NOT NULL PRIMARY KEY,
  public_id KEYTEXT(32) NOT NULL UNIQUE,
  user_id BIGINT NOT NULL,
  -- Network the session is bound to; empty = none
  network VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  last_activity BIGINT NOT NULL
) CLUSTERED;
CREATE INDEX user_session_by_user ON user_session (user_id, created_at);
CREATE INDEX user_session_by_activity ON user_session (last_activity);

-- Refused logins per source network, whatever the name was.
CREATE TABLE login_source (
  source KEYTEXT(64) NOT NULL PRIMARY KEY,
  failures INT NOT NULL,
  first_failure BIGINT NOT NULL,
  last_failure BIGINT NOT NULL,
  blocked_until BIGINT NOT NULL DEFAULT 0
) CLUSTERED;
CREATE INDEX login_source_by_time ON login_source (last_failure);
