// Files of the spool and of `outgoing`: temporary folders, items, published files. What SpoolWriter
// does with single files, kept apart from how it orders them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/file.h"
#include "crypto/digest.h"
#include "tentacle/payload.h"
#include "tentacle/spool_envelope.h"

namespace yagura::tentacle {

/// True for names of items; everything else in the spool is none of our business.
bool is_item_name(std::string_view file);

/// A fresh folder below `incoming`/.tmp, locked as long as the result is open. Folders there whose
/// owner is gone (nobody holds the lock) are removed with all they hold. `name` is set to its path
/// relative to `incoming`. Several daemons may share one spool.
Result<Directory> open_temporary(const Directory& incoming, std::string& name);
/// Removes the folder again.
void remove_temporary(const Directory& incoming, const Directory& temporary,
                      const std::string& name);

struct ItemInfo {
  Envelope envelope;
  crypto::Sha256Digest digest{};
  std::uint64_t file_size = 0;  ///< of the payload
};
/// Reads the header of an item.
Result<ItemInfo> read_item(const Directory& incoming, const std::string& file);

struct ItemListing {
  std::unordered_set<std::string> files;
  Micros oldest = 0;  ///< receive time of the oldest; 0 = none
};
Result<ItemListing> list_items(const Directory& incoming);

enum class PublishResult { kPublished, kSameThere, kOtherThere };
/// Stores a plain file durably in `outgoing`/`directory`, if no file of that name is there.
Result<PublishResult> publish_file(const std::string& outgoing, const std::string& directory,
                                   const Envelope& envelope, const Payload& payload);

}  // namespace yagura::tentacle
