// Builds an AgentReport while the XML parser walks through a document. Internal to the reader.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "report/module_fields.h"
#include "report/reader.h"
#include "report/root_attributes.h"
#include "text/xml.h"

namespace yagura::report {

class DocumentBuilder final : public text::XmlHandler {
 public:
  /// Forgets the document before. `options` must outlive the walk.
  void begin(const ReadOptions& options, std::size_t expected_modules);
  void warn(std::string_view id, std::string text) { warnings_.add(id, std::move(text)); }
  /// The result of a walk that the parser finished.
  Document finish();

  bool on_start(std::string_view name, std::span<const text::XmlAttribute> attributes) override;
  void on_end() override;
  void on_text(std::string_view piece) override;

 private:
  /// Where in the document an open element stands.
  enum class Place : std::uint8_t {
    kIgnored,
    kRoot,
    kModules,  ///< a wrapper around <module> elements
    kModule,
    kDataList,
    kListItem,
    kCustomFields,
    kCustomField,
    kInventory,
    kInventoryModule,
    kInventoryList,
    kEvents,
    kLog,
    kText,  ///< an element whose text is wanted
  };
  /// What becomes of the text of a kText element.
  enum class Target : std::uint8_t {
    kModuleField,
    kModuleName,
    kModuleData,
    kModuleTime,
    kAlertTemplate,
    kExtra,
    kItemValue,
    kItemTime,
    kFieldName,
    kFieldValue,
    kInventoryName,
    kInventoryRow,
    kEvent,
    kLogSource,
    kLogData,
    kLogEncoding,
  };

  Place start_root(std::span<const text::XmlAttribute> attributes);
  Place start_in_root(std::string_view name, std::span<const text::XmlAttribute> attributes);
  Place start_in_module(std::string_view name);
  Place start_module(std::span<const text::XmlAttribute> attributes);
  Place start_child(Place parent, std::string_view name,
                    std::span<const text::XmlAttribute> attributes);
  Place want(Target target);

  void finish_text();
  void finish_item();
  void finish_module();
  void finish_custom_field();
  void finish_inventory_module();
  void finish_log();
  void add_event(std::string_view base64);
  void add_inventory_rows(std::string_view text);

  /// Values of one element under construction; what is not its business stays empty.
  struct Pending {
    std::optional<std::string> name, type, data, time, encoding;
    void clear() { *this = {}; }
  };

  const ReadOptions* options_ = nullptr;
  std::optional<DocumentTimes> times_;
  Warnings warnings_;
  DocumentKind kind_ = DocumentKind::kAgent;
  bool root_has_content_ = false;
  bool too_many_modules_ = false;
  AgentReport report_;
  std::optional<ServerReport> server_;

  std::array<Place, kMaxDepth> stack_{};
  std::size_t depth_ = 0;
  Target target_ = Target::kExtra;
  std::optional<std::string> ModuleReport::* member_ = nullptr;
  std::string text_;        ///< of the kText element
  bool pure_text_ = true;   ///< it has neither attributes nor children
  std::string extra_name_;  ///< name of an unknown element
  Pending module_;          ///< name, data, timestamp elements of <module>
  Pending module_attributes_;
  Pending item_;  ///< of a list, custom field, inventory module or log
  InventoryReport inventory_;
};

}  // namespace yagura::report
