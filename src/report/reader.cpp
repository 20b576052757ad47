#include "report/reader.h"

#include "report/document_builder.h"
#include "text/encoding.h"
#include "text/xml.h"
#include "text/xml_scan.h"

namespace yagura::report {
namespace {

constexpr text::XmlLimits kLimits{.max_bytes = kMaxDocumentBytes,
                                  .max_depth = kMaxDepth,
                                  .max_elements = kMaxElements,
                                  .max_attributes = kMaxAttributes,
                                  .max_text_bytes = kMaxTextBytes};

std::size_t count_modules(std::string_view document) {
  constexpr std::string_view kTag = "<module>";
  std::size_t count = 0;
  for (std::size_t at = document.find(kTag); at != std::string_view::npos;
       at = document.find(kTag, at + kTag.size())) {
    ++count;
  }
  return count;
}

Refusal refuse(text::XmlFailure failure) {
  switch (failure.problem) {
    case text::XmlProblem::kDoctype:
      return {RefusalCode::kDoctype, std::move(failure.what)};
    case text::XmlProblem::kLimit:
    case text::XmlProblem::kStopped:
      return {RefusalCode::kLimit, std::move(failure.what)};
    case text::XmlProblem::kMalformed:
      break;
  }
  return {RefusalCode::kMalformed, std::move(failure.what)};
}

void report_fidelity(text::DecodedText::Fidelity fidelity, DocumentBuilder& builder) {
  if (fidelity == text::DecodedText::Fidelity::kFallback) {
    builder.warn("encoding-fallback", "not well-formed UTF-8, read as windows-1252");
  } else if (fidelity == text::DecodedText::Fidelity::kDamaged) {
    builder.warn("encoding-damage", "bytes that are none of the declared encoding were replaced");
  }
}

}  // namespace

std::string_view to_string(RefusalCode code) {
  switch (code) {
    case RefusalCode::kMalformed:
      return "malformed-xml";
    case RefusalCode::kDoctype:
      return "doctype";
    case RefusalCode::kEncoding:
      return "encoding";
    case RefusalCode::kLimit:
      return "document-limit";
    case RefusalCode::kNoName:
      return "no-agent-name";
    case RefusalCode::kUnsupported:
      return "unsupported-document";
  }
  return "malformed-xml";
}

class Reader::Impl {
 public:
  Document read(std::string_view bytes, const ReadOptions& options) {
    if (bytes.size() > kMaxDocumentBytes) {
      return Refusal{RefusalCode::kLimit,
                     "document longer than " + std::to_string(kMaxDocumentBytes) + " bytes"};
    }
    auto decoded = text::decode_xml(bytes);
    if (!decoded.ok()) return Refusal{RefusalCode::kEncoding, decoded.error().what};
    const std::string_view document = decoded->utf8();
    auto failure = walk(document, decoded->fidelity(), options);
    if (!failure || failure->problem == text::XmlProblem::kStopped) return builder_.finish();
    if (failure->problem != text::XmlProblem::kMalformed) return refuse(std::move(*failure));

    // Control bytes and "]]>" in values must not cost the whole document (agent-data §2.2).
    const auto mended = text::mend_xml(document);
    if (!mended) return refuse(std::move(*failure));
    auto again = walk(*mended, decoded->fidelity(), options);
    if (again && again->problem != text::XmlProblem::kStopped) {
      return refuse(again->problem == text::XmlProblem::kMalformed ? std::move(*failure)
                                                                   : std::move(*again));
    }
    builder_.warn("document-mended", "characters that XML forbids were replaced");
    return builder_.finish();
  }

 private:
  void begin(std::string_view document, text::DecodedText::Fidelity fidelity,
             const ReadOptions& options) {
    builder_.begin(options, count_modules(document));
    report_fidelity(fidelity, builder_);
  }

  std::optional<text::XmlFailure> walk(std::string_view document,
                                       text::DecodedText::Fidelity fidelity,
                                       const ReadOptions& options) {
    begin(document, fidelity, options);
    // Decoding and mending may triple a document that was within the limit as it came.
    text::XmlLimits limits = kLimits;
    limits.max_bytes = std::max(kMaxDocumentBytes, document.size());
    if (text::scan_xml(document, builder_, limits) != text::XmlScan::kUnsure) return std::nullopt;
    begin(document, fidelity, options);
    return parser_.parse(document, builder_, limits);
  }

  text::XmlParser parser_;
  DocumentBuilder builder_;
};

Reader::Reader() : impl_(std::make_unique<Impl>()) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Document Reader::read(std::string_view bytes, const ReadOptions& options) {
  return impl_->read(bytes, options);
}

Document read(std::string_view bytes, const ReadOptions& options) {
  return Reader().read(bytes, options);
}

}  // namespace yagura::report
