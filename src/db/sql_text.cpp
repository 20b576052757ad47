#include "db/sql_text.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace yagura::db {
namespace {

/// What a word of ours means for each flavor, in the order of the enumeration.
struct Word {
  std::string_view name;
  bool with_length;  ///< followed by "(n)"; "$" in the meaning stands for n
  std::array<std::string_view, 3> meaning;
};

// SQLite gives BINARY(n) the affinity NUMERIC, which would turn a text of digits into a number.
constexpr std::array kWords = {
    Word{"AUTOID",
         false,
         {"INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
          "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY"}},
    Word{"KEYTEXT",
         true,
         {"TEXT", "VARCHAR($) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
          "VARCHAR($) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin"}},
    Word{"CLUSTERED", false, {"WITHOUT ROWID", "", ""}},
    Word{"BINARY", true, {"BLOB", "BINARY($)", "BINARY($)"}},
    Word{"VARBINARY", true, {"BLOB", "VARBINARY($)", "VARBINARY($)"}},
};

constexpr std::array<std::string_view, 3> kTableOptions = {
    "", " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin",
    " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin"};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

class Reader {
 public:
  Reader(std::string_view text, Flavor flavor) : text_(text), flavor_(flavor) {}

  Result<std::vector<std::string>> read() {
    while (at_ < text_.size())
      YAGURA_CHECK(step());
    if (block_) return wrong("--@begin without --@end");
    if (!pending_.empty()) return wrong("the last statement does not end with ';'");
    return std::move(statements_);
  }

 private:
  [[nodiscard]] Error wrong(std::string_view what) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + std::ptrdiff_t(at_), '\n');
    return Error{ErrorCode::kInvalid, "line " + std::to_string(line) + ": " + std::string(what)};
  }

  [[nodiscard]] std::size_t line_end() const {
    return std::min(text_.find('\n', at_), text_.size());
  }

  Status step() {
    const char c = text_[at_];
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("--@")) return directive();
    if (rest.starts_with("--")) {
      at_ = line_end();
    } else if (rest.starts_with("/*")) {
      const std::size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) return wrong("comment without an end");
      at_ = end + 2;
      put(" ");
    } else if (c == '\'' || c == '"' || c == '`') {
      return quoted(c);
    } else if (is_word(c)) {
      return word();
    } else if (c == ';' && !block_) {
      ++at_;
      finish();
    } else {
      put(is_blank(c) ? " " : text_.substr(at_, 1));
      ++at_;
    }
    return {};
  }

  Status directive() {
    const std::size_t end = line_end();
    std::string_view name = text_.substr(at_ + 3, end - at_ - 3);
    while (!name.empty() && is_blank(name.back()))
      name.remove_suffix(1);
    if (name == "begin" && !block_) {
      block_ = true;
    } else if (name == "end" && block_) {
      block_ = false;
      finish();
    } else if (name == "all" || name == "sqlite" || name == "mariadb") {
      if (block_ || !pending_.empty())
        return wrong("a statement is open before --@" + std::string(name));
      active_ = name == "all" || (name == "sqlite") == (flavor_ == Flavor::kSqlite);
    } else {
      return wrong("unknown line --@" + std::string(name));
    }
    at_ = end;
    return {};
  }

  Status quoted(char quote) {
    // A doubled quote inside stands for itself: as two quoted pieces it comes out the same.
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return wrong("quote without an end");
    put(text_.substr(at_, end + 1 - at_));
    at_ = end + 1;
    return {};
  }

  Status word() {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end]))
      ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    const auto* known =
        std::find_if(kWords.begin(), kWords.end(), [&](const Word& w) { return w.name == name; });
    if (known == kWords.end()) {
      put(name);
      at_ = end;
      return {};
    }
    std::string meaning(known->meaning[static_cast<std::size_t>(flavor_)]);
    if (known->with_length) {
      if (end >= text_.size() || text_[end] != '(') {
        return wrong(std::string(name) + " needs a length");
      }
      const std::size_t close = text_.find(')', end);
      if (close == std::string_view::npos) return wrong("length without an end");
      if (const std::size_t mark = meaning.find('$'); mark != std::string::npos) {
        meaning.replace(mark, 1, text_.substr(end + 1, close - end - 1));
      }
      end = close + 1;
    }
    put(meaning);
    at_ = end;
    return {};
  }

  /// Appends to the open statement; runs of blanks outside quotes become one.
  void put(std::string_view piece) {
    if (piece == " " && (pending_.empty() || pending_.back() == ' ')) return;
    pending_ += piece;
  }

  void finish() {
    while (!pending_.empty() && pending_.back() == ' ')
      pending_.pop_back();
    std::string statement = std::exchange(pending_, {});
    if (statement.empty() || !active_) return;
    if (statement.starts_with("CREATE TABLE") && statement.find("ENGINE=") == std::string::npos) {
      // Before PARTITION BY, after the closing bracket of the columns.
      const std::size_t partition = statement.find(" PARTITION BY ");
      statement.insert(std::min(partition, statement.size()),
                       kTableOptions[static_cast<std::size_t>(flavor_)]);
    }
    statements_.push_back(std::move(statement));
  }

  std::string_view text_;
  Flavor flavor_;
  std::size_t at_ = 0;
  bool active_ = true;
  bool block_ = false;
  std::string pending_;
  std::vector<std::string> statements_;
};

}  // namespace

std::string widen_insert(std::string_view sql, std::size_t rows) {
  constexpr std::string_view kValues = "VALUES (";
  if (!sql.starts_with("INSERT") && !sql.starts_with("REPLACE")) return {};
  // Quotes could hide brackets or question marks: such statements stay as they are.
  if (sql.find_first_of("'\"`") != std::string_view::npos) return {};
  const std::size_t values = sql.find(kValues);
  if (values == std::string_view::npos) return {};
  const std::size_t open = values + kValues.size() - 1;
  std::size_t close = open;
  int depth = 0;
  do {
    depth += sql[close] == '(' ? 1 : sql[close] == ')' ? -1 : 0;
    ++close;
  } while (depth > 0 && close < sql.size());
  const std::string_view tuple = sql.substr(open, close - open);
  const std::string_view tail = sql.substr(close);
  if (depth != 0 || sql.substr(0, open).find('?') != std::string_view::npos ||
      tail.find('?') != std::string_view::npos) {
    return {};
  }
  std::string wide(sql.substr(0, open));
  for (std::size_t i = 0; i < rows; ++i) {
    if (i > 0) wide += ", ";
    wide += tuple;
  }
  return wide.append(tail);
}

Result<std::vector<std::string>> statements_of(std::string_view text, Flavor flavor) {
  return Reader(text, flavor).read();
}

}  // namespace yagura::db
