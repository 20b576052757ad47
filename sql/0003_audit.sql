-- Audit records that the sealer has not taken yet (spec console-security §15). Whoever changes
-- something inserts here in the same transaction and may do nothing else with this table; the sealer
-- alone reads, numbers, chains and seals.

CREATE TABLE audit_pending (
  id AUTOID,
  at BIGINT NOT NULL,
  user_name VARCHAR(255) NOT NULL,
  realm VARCHAR(16) NOT NULL,
  session_id VARCHAR(64) NOT NULL,
  address VARCHAR(64) NOT NULL,
  request_id VARCHAR(64) NOT NULL,
  category VARCHAR(32) NOT NULL,
  action VARCHAR(64) NOT NULL,
  object_type VARCHAR(32) NOT NULL,
  object_id VARCHAR(255) NOT NULL,
  object_name VARCHAR(1000) NOT NULL,
  success SMALLINT NOT NULL,
  -- JSON array of {field, before, after}
  changes MEDIUMTEXT NOT NULL
);
