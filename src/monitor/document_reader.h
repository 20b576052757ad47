// From a file of the spool to a Document: ownership, size, envelope, digest, name, parsing.
// Whatever is wrong becomes a Rejection; the file itself is never changed here.
//
// SRV-06: only files are taken that the transport (or, in the local folder, a listed account)
// wrote: the owner is asked of the open file, not of its name.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/file.h"
#include "monitor/ingest_types.h"
#include "report/reader.h"
#include "text/time_zone.h"

namespace yagura::monitor {

struct ReadPolicy {
  std::vector<uid_t> spool_owners;  ///< who may write items; empty = this process's own account
  std::vector<uid_t> local_owners;  ///< who may write plain files; empty = the same
  std::size_t max_document_bytes = report::kMaxDocumentBytes;
  bool use_document_time = true;  ///< use_xml_timestamp
  text::TimeZone time_zone;       ///< of times that name none
};

/// One per thread: it keeps its parser. The directories must outlive it.
class DocumentReader {
 public:
  /// `local` may be nullptr: no plain files are taken.
  DocumentReader(const Directory& incoming, const Directory* local, const ReadPolicy& policy,
                 const Clock& clock);

  /// Reads and parses. Vanished when the file is gone or cannot be read for now.
  Document read(const SpoolHandle& handle);
  /// Only the payload of a file that was read before: for quarantine and held documents. Of one
  /// beyond the limit the first 64 KiB.
  Result<std::string> payload(const SpoolHandle& handle) const;
  /// Parses a payload whose provenance is known (documents held in the database).
  Document parse(std::string_view payload, Provenance from);

 private:
  Document read_item(const SpoolHandle& handle);
  Document read_local(const SpoolHandle& handle);
  void parse_into(std::string_view payload, Document& document);

  const Directory& incoming_;
  const Directory* local_;
  const ReadPolicy& policy_;
  const Clock& clock_;
  report::Reader reader_;
};

/// The uid of an account name.
Result<uid_t> uid_of(const std::string& account);

}  // namespace yagura::monitor
