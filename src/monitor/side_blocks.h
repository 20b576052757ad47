// The blocks of a document beside its modules: addresses, custom fields, inventory, log lines
// (agent-data §14; spec server §16, §17). They change rarely, so they may ask the database; what
// they write goes into the WriteSet where it can wait.
//
// Called inside the batch's transaction, under the agent's lock.
#pragma once

#include "db/connection.h"
#include "monitor/agent_cache.h"
#include "monitor/ingest_policy.h"
#include "monitor/ingest_types.h"
#include "monitor/reference.h"
#include "monitor/write_set.h"
#include "report/agent_report.h"

namespace yagura::monitor {

struct SideContext {
  db::Connection& db;
  const IngestPolicy& policy;
  const Reference& reference;
  WriteSet& rows;
  IngestCounters& counters;
};

/// `fresh`: the agent was created in this very batch, nothing of it is in the database yet.
/// `rights` as for the document.
Status store_side_blocks(const SideContext& context, CachedAgent& agent,
                         const report::AgentReport& report, const Provenance& from,
                         const LearnRights& rights, bool fresh);

}  // namespace yagura::monitor
