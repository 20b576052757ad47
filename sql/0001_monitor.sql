-- What is monitored: groups, agents, modules, events, inventory, log lines, quarantine, servers.
-- Source: spec server §2 to §11, §16, §17, §20; agent-data §4 to §14.
--
-- Conventions: times are microseconds since the epoch (UTC), 0 = never; flags are 0 or 1; the words
-- for codes stand in src/monitor. Texts that are identities are compared byte by byte, trailing
-- blanks included: "Host A", "host a" and "Host A " are three agents, so that nobody can take over
-- another's identity through a collation. Texts that people sort and search ignore case.
--
-- Ids: a module's id is agent_id * 65536 + slot, so that it is known before anything is written and
-- the modules of an agent lie together. Slots are never used again: history refers to them.
-- Agent ids come from id_sequence, in blocks, inside the creating transaction; its row lock also
-- makes the limits of automatic creation exact across servers.

CREATE TABLE id_sequence (
  name KEYTEXT(64) NOT NULL PRIMARY KEY,
  next_id BIGINT NOT NULL
) CLUSTERED;
INSERT INTO id_sequence (name, next_id) VALUES ('agent', 1);

CREATE TABLE agent_group (
  id AUTOID,
  name KEYTEXT(400) NOT NULL UNIQUE,
  parent_id BIGINT NOT NULL DEFAULT 0,
  propagate SMALLINT NOT NULL DEFAULT 0,
  disabled SMALLINT NOT NULL DEFAULT 0,
  -- Argon2id; empty = no password. The previous one stays valid until password_grace_until.
  password_hash VARCHAR(255) NOT NULL DEFAULT '',
  previous_password_hash VARCHAR(255) NOT NULL DEFAULT '',
  password_grace_until BIGINT NOT NULL DEFAULT 0,
  max_agents BIGINT NOT NULL DEFAULT 0,
  -- Mode of agents created in this group when their document names none; -1 = learning.
  default_mode SMALLINT NOT NULL DEFAULT -1,
  custom_id VARCHAR(255) NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT (''),
  contact VARCHAR(255) NOT NULL DEFAULT '',
  other VARCHAR(255) NOT NULL DEFAULT '',
  icon VARCHAR(64) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL DEFAULT 0
);
INSERT INTO agent_group (id, name) VALUES
  (2, 'Servers'), (4, 'Firewalls'), (8, 'Databases'), (9, 'Network'), (10, 'Unknown'),
  (11, 'Workstations'), (12, 'Applications'), (13, 'Web');

-- What the console lists and people change. Written by the data server only when something of it
-- changed; what changes with every report is in agent_state.
CREATE TABLE agent (
  id INTEGER NOT NULL PRIMARY KEY,
  name KEYTEXT(600) NOT NULL UNIQUE,
  alias KEYTEXT(255) NOT NULL,
  -- For sorting and searching without case.
  alias_folded KEYTEXT(255) GENERATED ALWAYS AS (LOWER(alias)) VIRTUAL,
  description TEXT NOT NULL DEFAULT (''),
  comments TEXT NOT NULL DEFAULT (''),
  address VARCHAR(255) NOT NULL DEFAULT '',
  fixed_ip SMALLINT NOT NULL DEFAULT 0,
  group_id BIGINT NOT NULL,
  mode SMALLINT NOT NULL DEFAULT 1,
  interval_s INT NOT NULL DEFAULT 300,
  os_id SMALLINT NOT NULL DEFAULT 10,
  os_name VARCHAR(255) NOT NULL DEFAULT '',
  os_version VARCHAR(255) NOT NULL DEFAULT '',
  agent_version VARCHAR(255) NOT NULL DEFAULT '',
  timezone_offset_h DOUBLE NOT NULL DEFAULT 0,
  custom_id VARCHAR(255) NOT NULL DEFAULT '',
  url_address TEXT NOT NULL DEFAULT (''),
  parent_id BIGINT NOT NULL DEFAULT 0,
  server_name VARCHAR(100) NOT NULL DEFAULT '',
  disabled SMALLINT NOT NULL DEFAULT 0,
  disabled_at BIGINT NOT NULL DEFAULT 0,
  quiet SMALLINT NOT NULL DEFAULT 0,
  ignore_unknown SMALLINT NOT NULL DEFAULT 0,
  remote_config SMALLINT NOT NULL DEFAULT 0,
  -- none, server, agent: who declared the agent read-only
  config_lock VARCHAR(8) NOT NULL DEFAULT 'none',
  -- 0 pending, 1 approved, 2 rejected
  approval SMALLINT NOT NULL DEFAULT 1,
  demo SMALLINT NOT NULL DEFAULT 0,
  -- Binding to the transport identity (SRV-10); empty = not bound.
  bound_fingerprint VARCHAR(64) NOT NULL DEFAULT '',
  bound_at BIGINT NOT NULL DEFAULT 0,
  transport_level SMALLINT NOT NULL DEFAULT 0,
  transport_peer VARCHAR(255) NOT NULL DEFAULT '',
  latitude DOUBLE,
  longitude DOUBLE,
  altitude DOUBLE,
  position_description TEXT NOT NULL DEFAULT (''),
  -- Live status, kept by the data server. status_rank orders worst first: critical 0, warning 1,
  -- unknown 2, normal 3, not_init 4; disabled and unapproved agents 5.
  status SMALLINT NOT NULL DEFAULT 4,
  status_rank SMALLINT NOT NULL DEFAULT 4,
  status_since BIGINT NOT NULL DEFAULT 0,
  modules_total INT NOT NULL DEFAULT 0,
  modules_normal INT NOT NULL DEFAULT 0,
  modules_critical INT NOT NULL DEFAULT 0,
  modules_warning INT NOT NULL DEFAULT 0,
  modules_unknown INT NOT NULL DEFAULT 0,
  modules_not_init INT NOT NULL DEFAULT 0,
  -- Module with the worst status (the longest in it); 0 = all normal.
  worst_module_id BIGINT NOT NULL DEFAULT 0,
  -- Counts changes of settings of this row and of its modules: the ETag of the API.
  revision BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL DEFAULT 0,
  created_peer VARCHAR(255) NOT NULL DEFAULT '',
  first_contact BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX agent_by_rank ON agent (status_rank, alias_folded, id);
CREATE INDEX agent_by_alias ON agent (alias_folded, id);
CREATE INDEX agent_by_group ON agent (group_id, status);
CREATE INDEX agent_by_approval ON agent (approval, created_at);
CREATE INDEX agent_by_creation ON agent (created_at, created_peer);

-- What every report changes: one narrow update. `version` is what every data server compares under
-- the row lock before it trusts its cache; whoever changes settings of an agent or of its modules
-- adds 1 to it in the same transaction.
CREATE TABLE agent_state (
  agent_id INTEGER NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL DEFAULT 1,
  last_contact BIGINT NOT NULL DEFAULT 0,
  last_remote_contact BIGINT NOT NULL DEFAULT 0,
  -- When the unknown rules have to look at this agent next; far future = not until it reports.
  next_check_at BIGINT NOT NULL DEFAULT 0,
  -- First 8 bytes of the digest of the newest document: a copy over a second transport is dropped.
  last_digest BIGINT NOT NULL DEFAULT 0,
  -- Live state of all modules: src/monitor/state_codec.h
  latest LONGBLOB NOT NULL
);
CREATE INDEX agent_state_due ON agent_state (next_check_at, agent_id);
CREATE INDEX agent_state_contact ON agent_state (last_contact, agent_id);

CREATE TABLE agent_address (
  agent_id INTEGER NOT NULL,
  address VARCHAR(255) NOT NULL,
  first_seen BIGINT NOT NULL,
  PRIMARY KEY (agent_id, address)
) CLUSTERED;
CREATE INDEX agent_address_by_address ON agent_address (address);

CREATE TABLE agent_secondary_group (
  agent_id INTEGER NOT NULL,
  group_id BIGINT NOT NULL,
  PRIMARY KEY (agent_id, group_id)
) CLUSTERED;
CREATE INDEX agent_secondary_group_by_group ON agent_secondary_group (group_id, agent_id);

-- The newest document of an agent that waits for approval; older ones are counted and dropped.
CREATE TABLE pending_document (
  agent_id INTEGER NOT NULL PRIMARY KEY,
  received_at BIGINT NOT NULL,
  item_id VARCHAR(32) NOT NULL,
  peer VARCHAR(255) NOT NULL,
  level SMALLINT NOT NULL,
  fingerprint VARCHAR(64) NOT NULL DEFAULT '',
  subject VARCHAR(1000) NOT NULL DEFAULT '',
  file_name VARCHAR(1000) NOT NULL,
  dropped BIGINT NOT NULL DEFAULT 0,
  document LONGBLOB NOT NULL
);

CREATE TABLE module_group (
  id AUTOID,
  name KEYTEXT(100) NOT NULL UNIQUE
);
INSERT INTO module_group (id, name) VALUES
  (1, 'General'), (2, 'Networking'), (3, 'Application'), (4, 'System'), (5, 'Miscellaneous'),
  (6, 'Performance'), (7, 'Database'), (8, 'Enviromental'), (9, 'Users'), (10, 'Security');

CREATE TABLE module (
  -- agent_id * 65536 + slot
  id BIGINT NOT NULL PRIMARY KEY,
  agent_id INTEGER NOT NULL,
  slot INT NOT NULL,
  name KEYTEXT(600) NOT NULL,
  -- ids of spec server §7.1
  type SMALLINT NOT NULL,
  description TEXT NOT NULL DEFAULT (''),
  extended_info TEXT NOT NULL DEFAULT (''),
  unit VARCHAR(100) NOT NULL DEFAULT '',
  module_group_id BIGINT NOT NULL DEFAULT 0,
  custom_id VARCHAR(255) NOT NULL DEFAULT '',
  -- Seconds; 0 = the agent's
  interval_s INT NOT NULL DEFAULT 0,
  cron VARCHAR(255) NOT NULL DEFAULT '',
  min_value DOUBLE NOT NULL DEFAULT 0,
  max_value DOUBLE NOT NULL DEFAULT 0,
  post_process DOUBLE NOT NULL DEFAULT 0,
  min_warning DOUBLE NOT NULL DEFAULT 0,
  max_warning DOUBLE NOT NULL DEFAULT 0,
  str_warning TEXT NOT NULL DEFAULT (''),
  warning_inverse SMALLINT NOT NULL DEFAULT 0,
  percentage_warning SMALLINT NOT NULL DEFAULT 0,
  min_critical DOUBLE NOT NULL DEFAULT 0,
  max_critical DOUBLE NOT NULL DEFAULT 0,
  str_critical TEXT NOT NULL DEFAULT (''),
  critical_inverse SMALLINT NOT NULL DEFAULT 0,
  percentage_critical SMALLINT NOT NULL DEFAULT 0,
  -- Warning becomes critical after more than this many warning samples in a row; 0 = never
  warning_time INT NOT NULL DEFAULT 0,
  min_ff_event INT NOT NULL DEFAULT 0,
  each_ff SMALLINT NOT NULL DEFAULT 0,
  min_ff_event_normal INT NOT NULL DEFAULT 0,
  min_ff_event_warning INT NOT NULL DEFAULT 0,
  min_ff_event_critical INT NOT NULL DEFAULT 0,
  ff_type SMALLINT NOT NULL DEFAULT 0,
  ff_timeout_s INT NOT NULL DEFAULT 0,
  ff_interval_s INT NOT NULL DEFAULT 0,
  history_data SMALLINT NOT NULL DEFAULT 1,
  disabled SMALLINT NOT NULL DEFAULT 0,
  quiet SMALLINT NOT NULL DEFAULT 0,
  ignore_unknown SMALLINT NOT NULL DEFAULT 0,
  -- Bit 1 << number of the event type
  disabled_events BIGINT NOT NULL DEFAULT 0,
  delete_pending SMALLINT NOT NULL DEFAULT 0,
  policy_linked SMALLINT NOT NULL DEFAULT 0,
  parent_module_id BIGINT NOT NULL DEFAULT 0,
  critical_instructions TEXT NOT NULL DEFAULT (''),
  warning_instructions TEXT NOT NULL DEFAULT (''),
  unknown_instructions TEXT NOT NULL DEFAULT (''),
  -- Copy of the live status for lists; the truth is agent_state.latest of the same transaction.
  status SMALLINT NOT NULL DEFAULT 4,
  status_since BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL DEFAULT 0
) CLUSTERED;
CREATE UNIQUE INDEX module_by_name ON module (agent_id, name);

CREATE TABLE tag (
  id AUTOID,
  name KEYTEXT(255) NOT NULL UNIQUE,
  description VARCHAR(2000) NOT NULL DEFAULT ''
);
INSERT INTO tag (id, name) VALUES (1, 'critical'), (2, 'network'), (3, 'security'), (4, 'sensitive');

CREATE TABLE module_tag (
  module_id BIGINT NOT NULL,
  tag_id BIGINT NOT NULL,
  PRIMARY KEY (module_id, tag_id)
) CLUSTERED;
CREATE INDEX module_tag_by_tag ON module_tag (tag_id, module_id);

-- Texts of string modules: a row when the text changed (asynchronous ones: every sample).
CREATE TABLE text_sample (
  module_id BIGINT NOT NULL,
  ts BIGINT NOT NULL,
  value LONGTEXT NOT NULL DEFAULT (''),
  PRIMARY KEY (module_id, ts)
) CLUSTERED;

-- Hours of agents whose reports came after their trend had been made: folded again.
CREATE TABLE trend_dirty (
  agent_id INTEGER NOT NULL,
  hour BIGINT NOT NULL,
  PRIMARY KEY (agent_id, hour)
) CLUSTERED;

CREATE TABLE event (
  id AUTOID,
  at BIGINT NOT NULL,
  agent_id INTEGER NOT NULL DEFAULT 0,
  module_id BIGINT NOT NULL DEFAULT 0,
  -- Group when it happened; 0 = whole site
  group_id BIGINT NOT NULL DEFAULT 0,
  type VARCHAR(32) NOT NULL,
  severity SMALLINT NOT NULL,
  -- 0 new, 1 validated, 2 in process
  status SMALLINT NOT NULL DEFAULT 0,
  -- What the reader's language renders; `text` is the English sentence.
  code VARCHAR(64) NOT NULL,
  params TEXT NOT NULL DEFAULT (''),
  text TEXT NOT NULL DEFAULT (''),
  source VARCHAR(100) NOT NULL DEFAULT '',
  tags VARCHAR(1000) NOT NULL DEFAULT '',
  -- Status of the module the event announced; -1 = none
  module_status SMALLINT NOT NULL DEFAULT -1,
  acknowledged_by VARCHAR(255) NOT NULL DEFAULT '',
  acknowledged_at BIGINT NOT NULL DEFAULT 0,
  owner VARCHAR(255) NOT NULL DEFAULT '',
  external_id VARCHAR(255) NOT NULL DEFAULT ''
);
CREATE INDEX event_by_time ON event (at, id);
CREATE INDEX event_by_agent ON event (agent_id, at, id);
CREATE INDEX event_by_module ON event (module_id, status, at);
CREATE INDEX event_by_status ON event (status, severity, at);

CREATE TABLE event_comment (
  id AUTOID,
  event_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  user_name VARCHAR(255) NOT NULL,
  comment TEXT NOT NULL DEFAULT ('')
);
CREATE INDEX event_comment_by_event ON event_comment (event_id, at);

CREATE TABLE custom_field (
  id AUTOID,
  name KEYTEXT(255) NOT NULL UNIQUE,
  display_on_front SMALLINT NOT NULL DEFAULT 0,
  is_password SMALLINT NOT NULL DEFAULT 0,
  allowed_values VARCHAR(2000) NOT NULL DEFAULT ''
);
INSERT INTO custom_field (id, name, display_on_front) VALUES
  (1, 'Department', 1), (2, 'Responsible', 1), (3, 'Location', 1), (4, 'Serial Number', 0);

CREATE TABLE custom_field_value (
  agent_id INTEGER NOT NULL,
  field_id BIGINT NOT NULL,
  value TEXT NOT NULL DEFAULT (''),
  updated_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (agent_id, field_id)
) CLUSTERED;

-- Columns and rules of the inventories the product knows; others are kept as they come.
CREATE TABLE inventory_definition (
  name KEYTEXT(255) NOT NULL PRIMARY KEY,
  columns_text VARCHAR(1000) NOT NULL DEFAULT '',
  raise_event SMALLINT NOT NULL DEFAULT 1,
  severity SMALLINT NOT NULL DEFAULT 0
) CLUSTERED;

CREATE TABLE inventory_current (
  agent_id INTEGER NOT NULL,
  name KEYTEXT(255) NOT NULL,
  at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  digest BIGINT NOT NULL,
  row_count INT NOT NULL,
  -- Rows sorted and unique, each ended by LF; columns separated by ';'
  content LONGTEXT NOT NULL DEFAULT (''),
  PRIMARY KEY (agent_id, name)
) CLUSTERED;

-- One row per change: the first holds everything in `added`, later ones the difference.
CREATE TABLE inventory_history (
  id AUTOID,
  agent_id INTEGER NOT NULL,
  name KEYTEXT(255) NOT NULL,
  at BIGINT NOT NULL,
  added_count INT NOT NULL,
  removed_count INT NOT NULL,
  added LONGTEXT NOT NULL DEFAULT (''),
  removed LONGTEXT NOT NULL DEFAULT ('')
);
CREATE INDEX inventory_history_by_agent ON inventory_history (agent_id, name, at);
CREATE INDEX inventory_history_by_time ON inventory_history (at);

CREATE TABLE log_source (
  id AUTOID,
  agent_id INTEGER NOT NULL,
  name KEYTEXT(255) NOT NULL,
  security SMALLINT NOT NULL DEFAULT 0,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  line_total BIGINT NOT NULL DEFAULT 0,
  cut_total BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX log_source_by_name ON log_source (agent_id, name);

-- The lines of one source in one document, separated by LF.
CREATE TABLE log_chunk (
  id AUTOID,
  source_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  line_count INT NOT NULL,
  content LONGTEXT NOT NULL DEFAULT ('')
);
CREATE INDEX log_chunk_by_source ON log_chunk (source_id, at, id);
CREATE INDEX log_chunk_by_time ON log_chunk (at);

-- What was refused. The payload and a reason file lie in the quarantine folder under `file`.
CREATE TABLE quarantine (
  id AUTOID,
  at BIGINT NOT NULL,
  code VARCHAR(64) NOT NULL,
  params TEXT NOT NULL DEFAULT (''),
  text VARCHAR(2000) NOT NULL,
  server_name VARCHAR(100) NOT NULL,
  item_id VARCHAR(32) NOT NULL UNIQUE,
  peer VARCHAR(255) NOT NULL,
  level SMALLINT NOT NULL,
  fingerprint VARCHAR(64) NOT NULL DEFAULT '',
  agent_name VARCHAR(600) NOT NULL DEFAULT '',
  file_name VARCHAR(1000) NOT NULL DEFAULT '',
  file VARCHAR(255) NOT NULL DEFAULT '',
  bytes BIGINT NOT NULL,
  -- held, released, deleted
  state VARCHAR(16) NOT NULL DEFAULT 'held'
);
CREATE INDEX quarantine_by_time ON quarantine (at, id);
CREATE INDEX quarantine_by_state ON quarantine (state, at);

-- One row per data server: keep-alive, and the figures of the health page.
CREATE TABLE server (
  name KEYTEXT(100) NOT NULL PRIMARY KEY,
  type VARCHAR(16) NOT NULL DEFAULT 'data',
  address VARCHAR(255) NOT NULL DEFAULT '',
  version VARCHAR(64) NOT NULL DEFAULT '',
  -- 1 up, 0 stopped, -1 down
  status SMALLINT NOT NULL DEFAULT 0,
  master_priority INT NOT NULL DEFAULT 1,
  is_master SMALLINT NOT NULL DEFAULT 0,
  keepalive_s INT NOT NULL DEFAULT 45,
  last_keepalive BIGINT NOT NULL DEFAULT 0,
  started_at BIGINT NOT NULL DEFAULT 0,
  threads INT NOT NULL DEFAULT 0,
  spool_items BIGINT NOT NULL DEFAULT 0,
  spool_bytes BIGINT NOT NULL DEFAULT 0,
  -- When the oldest waiting item was received; 0 = nothing waits
  spool_oldest_at BIGINT NOT NULL DEFAULT 0,
  disk_free_percent DOUBLE NOT NULL DEFAULT 0,
  quarantine_items BIGINT NOT NULL DEFAULT 0,
  items_per_s DOUBLE NOT NULL DEFAULT 0,
  samples_per_s DOUBLE NOT NULL DEFAULT 0,
  -- Arrival to commit, 99th percentile of the last minute
  delay_p99_ms DOUBLE NOT NULL DEFAULT 0,
  last_item_at BIGINT NOT NULL DEFAULT 0,
  -- Totals since the row exists; they survive restarts
  items_total BIGINT NOT NULL DEFAULT 0,
  samples_total BIGINT NOT NULL DEFAULT 0,
  late_total BIGINT NOT NULL DEFAULT 0,
  refused_total BIGINT NOT NULL DEFAULT 0,
  quarantined_total BIGINT NOT NULL DEFAULT 0,
  invalid_values_total BIGINT NOT NULL DEFAULT 0,
  duplicates_total BIGINT NOT NULL DEFAULT 0,
  cached_agents BIGINT NOT NULL DEFAULT 0,
  resident_bytes BIGINT NOT NULL DEFAULT 0,
  database_tls_version VARCHAR(32) NOT NULL DEFAULT '',
  database_tls_cipher VARCHAR(64) NOT NULL DEFAULT ''
) CLUSTERED;
