-- What the database layer itself keeps: reports, trends, items already stored, leases, settings.
-- Times are microseconds since the epoch (UTC) unless a name says otherwise.

-- One row per report as it came (packed samples). `version` is the agent's version after the
-- report, so that two reports of one agent with the same time are two rows.
-- MariaDB: one partition per day, made ahead and dropped whole by the procedures below.
--@sqlite
CREATE TABLE report (
  agent_id BIGINT NOT NULL,
  ts BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body MEDIUMBLOB NOT NULL,
  PRIMARY KEY (agent_id, ts, version)
) CLUSTERED;
--@mariadb
CREATE TABLE report (
  agent_id BIGINT NOT NULL,
  ts BIGINT NOT NULL,
  version BIGINT NOT NULL,
  body MEDIUMBLOB NOT NULL,
  PRIMARY KEY (agent_id, ts, version)
) PARTITION BY RANGE (ts) (PARTITION pmax VALUES LESS THAN MAXVALUE);

-- Partitions are made and dropped by these alone, with the rights of the schema's owner: the
-- server's account needs EXECUTE on them and no right to alter or drop anything.
-- Days count from 1970-01-01; a partition is named after its day, p20261122.
--@begin
CREATE PROCEDURE report_add_day(IN day BIGINT)
  SQL SECURITY DEFINER MODIFIES SQL DATA
BEGIN
  DECLARE upper_ts BIGINT DEFAULT (day + 1) * 86400000000;
  DECLARE old_name VARCHAR(64) DEFAULT NULL;
  DECLARE old_bound VARCHAR(64) DEFAULT NULL;
  DECLARE present BIGINT DEFAULT 0;
  SELECT COUNT(*) INTO present FROM information_schema.PARTITIONS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'report'
      AND PARTITION_DESCRIPTION = CAST(upper_ts AS CHAR);
  IF present = 0 THEN
    SELECT PARTITION_NAME, PARTITION_DESCRIPTION INTO old_name, old_bound
      FROM information_schema.PARTITIONS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'report'
        AND (PARTITION_DESCRIPTION = 'MAXVALUE'
             OR CAST(PARTITION_DESCRIPTION AS SIGNED) > upper_ts)
      ORDER BY PARTITION_ORDINAL_POSITION LIMIT 1;
    SET @report_ddl = CONCAT('ALTER TABLE report REORGANIZE PARTITION ', old_name,
      ' INTO (PARTITION p', DATE_FORMAT(DATE_ADD('1970-01-01', INTERVAL day DAY), '%Y%m%d'),
      ' VALUES LESS THAN (', upper_ts, '), PARTITION ', old_name,
      IF(old_bound = 'MAXVALUE', ' VALUES LESS THAN MAXVALUE)',
         CONCAT(' VALUES LESS THAN (', old_bound, '))')));
    PREPARE report_statement FROM @report_ddl;
    EXECUTE report_statement;
    DEALLOCATE PREPARE report_statement;
  END IF;
END;
--@end
--@begin
CREATE PROCEDURE report_drop_days(IN before_day BIGINT)
  SQL SECURITY DEFINER MODIFIES SQL DATA
BEGIN
  DECLARE names MEDIUMTEXT DEFAULT NULL;
  SELECT GROUP_CONCAT(PARTITION_NAME) INTO names FROM information_schema.PARTITIONS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'report'
      AND PARTITION_DESCRIPTION <> 'MAXVALUE'
      AND CAST(PARTITION_DESCRIPTION AS SIGNED) <= before_day * 86400000000;
  IF names IS NOT NULL THEN
    SET @report_ddl = CONCAT('ALTER TABLE report DROP PARTITION ', names);
    PREPARE report_statement FROM @report_ddl;
    EXECUTE report_statement;
    DEALLOCATE PREPARE report_statement;
  END IF;
END;
--@end

--@all
-- Reports folded by the hour; `hour` counts whole hours since the epoch.
CREATE TABLE trend (
  module_id BIGINT NOT NULL,
  hour BIGINT NOT NULL,
  n BIGINT NOT NULL,
  min DOUBLE NOT NULL,
  max DOUBLE NOT NULL,
  sum DOUBLE NOT NULL,
  PRIMARY KEY (module_id, hour)
) CLUSTERED;

-- Spool items whose effects are committed; written in the same transaction as these effects.
CREATE TABLE ingested_item (
  item_id BINARY(16) NOT NULL PRIMARY KEY,
  stored_at BIGINT NOT NULL
) CLUSTERED;
CREATE INDEX ingested_item_by_time ON ingested_item (stored_at);

-- Named leases (db/lease.h). `fence` changes with each write that the lease protects.
CREATE TABLE lease (
  name KEYTEXT(64) NOT NULL PRIMARY KEY,
  holder KEYTEXT(190) NOT NULL,
  epoch BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  fence BIGINT NOT NULL DEFAULT 0
);

-- Values that all processes share and people may change.
CREATE TABLE setting (
  name KEYTEXT(100) NOT NULL PRIMARY KEY,
  value MEDIUMTEXT NOT NULL,
  version BIGINT NOT NULL DEFAULT 0,
  changed_at BIGINT NOT NULL DEFAULT 0,
  changed_by KEYTEXT(100) NOT NULL DEFAULT ''
);
