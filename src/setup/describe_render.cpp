// How the facts of describe.h are shown.
#include <array>
#include <cstdio>

#include "setup/describe.h"
#include "text/json.h"

namespace yagura::setup {
namespace {

/// Names of files come from outside: what would steer a terminal is shown as '?'.
std::string printable(const std::string& text) {
  std::string out = text;
  for (char& c : out) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7f) c = '?';
  }
  return out;
}

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode));
  return text.data();
}

std::string socket_text(const ListeningSocket& socket) {
  if (socket.protocol == "unix") return "unix " + printable(socket.address);
  const bool v6 = socket.address.find(':') != std::string::npos;
  return socket.protocol + " " + (v6 ? "[" + socket.address + "]" : socket.address) + ":" +
         std::to_string(socket.port);
}

std::string file_text(const OpenFile& file) {
  return printable(file.path) + (file.folder && file.path != "/" ? "/" : "") + "  " +
         (file.writable ? "read, write" : (file.folder ? "folder" : "read")) + "  " + file.account +
         " " + octal(file.mode) + (file.removed ? "  (its name is gone)" : "");
}

const char* seccomp_text(int mode) {
  switch (mode) {
    case 0:
      return "not filtered";
    case 1:
      return "strict";
    case 2:
      return "filtered";
    default:
      return "unknown mode";
  }
}

class Text {
 public:
  void line(const std::string& label, const std::string& value) {
    constexpr std::size_t kColumn = 14;
    out_ += "  " + label + std::string(kColumn - std::min(kColumn - 1, label.size()), ' ') + value +
            "\n";
  }
  void missing(const std::string& label, const Error& why) {
    line(label, "not assessed: " + why.what);
  }
  void head(const std::string& value) { out_ += value + "\n"; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void add_process(Text& text, const Component& c) {
  if (c.executable.ok()) {
    text.line("executable", printable(*c.executable));
  } else {
    text.missing("executable", c.executable.error());
  }
  if (c.status.ok()) {
    text.line("account", account_name(c.status->uid, c.status->gid));
    text.line("capabilities", capability_names(c.status->capabilities));
    text.line("new rights", c.status->no_new_privs ? "never (NoNewPrivs)" : "possible");
    text.line("system calls", seccomp_text(c.status->seccomp));
  } else {
    text.missing("account", c.status.error());
  }
  if (!c.descriptors.ok()) {
    text.missing("listens", c.descriptors.error());
    text.missing("files", c.descriptors.error());
    return;
  }
  if (c.descriptors->listening.empty()) text.line("listens", "on nothing");
  for (const ListeningSocket& socket : c.descriptors->listening)
    text.line("listens", socket_text(socket));
  for (const OpenFile& file : c.descriptors->files)
    text.line("file", file_text(file));
}

void add_missing(text::JsonWriter& json, const std::string& fact, const Error& why) {
  json.begin_object().field("fact", fact).field("reason", why.what).end_object();
}

void write_sockets(text::JsonWriter& json, const Component& c) {
  json.key("listening");
  if (!c.descriptors.ok()) {
    json.null();
    return;
  }
  json.begin_array();
  for (const ListeningSocket& s : c.descriptors->listening) {
    json.begin_object()
        .field("protocol", s.protocol)
        .field("address", s.address)
        .field("port", s.port)
        .end_object();
  }
  json.end_array();
}

void write_files(text::JsonWriter& json, const Component& c) {
  json.key("files");
  if (!c.descriptors.ok()) {
    json.null();
    return;
  }
  json.begin_array();
  for (const OpenFile& f : c.descriptors->files) {
    json.begin_object()
        .field("path", f.path)
        .field("folder", f.folder)
        .field("writable", f.writable)
        .field("removed", f.removed)
        .field("account", f.account)
        .field("mode", octal(f.mode))
        .end_object();
  }
  json.end_array();
}

void write_rights(text::JsonWriter& json, const Component& c) {
  if (!c.status.ok()) {
    for (const char* name : {"account", "uid", "capabilities", "no_new_privs", "seccomp"})
      json.key(name).null();
    return;
  }
  json.field("account", account_name(c.status->uid, c.status->gid))
      .field("uid", c.status->uid)
      .field("capabilities", capability_names(c.status->capabilities))
      .field("no_new_privs", c.status->no_new_privs)
      .field("seccomp", c.status->seccomp);
}

void write_certificates(text::JsonWriter& json, const Component& c) {
  json.key("certificates").begin_array();
  for (const auto& fact : c.certificates) {
    if (!fact.ok()) continue;
    json.begin_object()
        .field("file", fact->file)
        .field("subject", fact->subject)
        .field("issuer", fact->issuer)
        .field("sha256", fact->fingerprint)
        .field("not_after", format_utc(fact->not_after))
        .end_object();
  }
  json.end_array();
}

void write_missing(text::JsonWriter& json, const Component& c) {
  json.key("not_assessed").begin_array();
  if (c.pid != 0) {
    if (!c.status.ok()) add_missing(json, "rights", c.status.error());
    if (!c.executable.ok()) add_missing(json, "executable", c.executable.error());
    if (!c.descriptors.ok()) add_missing(json, "descriptors", c.descriptors.error());
  }
  for (const auto& fact : c.certificates) {
    if (!fact.ok()) add_missing(json, "certificate", fact.error());
  }
  json.end_array();
}

}  // namespace

std::string render(const std::vector<Component>& components) {
  Text text;
  for (const Component& c : components) {
    text.head(c.name + (c.pid == 0 ? "  does not run" : "  pid " + std::to_string(c.pid)));
    if (c.pid != 0) add_process(text, c);
    for (const auto& fact : c.certificates) {
      if (!fact.ok()) {
        text.missing("certificate", fact.error());
        continue;
      }
      text.line("certificate", printable(fact->subject) + " by " + printable(fact->issuer) +
                                   " until " + format_utc(fact->not_after) + "  " +
                                   printable(fact->file));
    }
  }
  return text.take();
}

std::string render_json(const std::vector<Component>& components) {
  text::JsonWriter json;
  json.begin_object().key("components").begin_array();
  for (const Component& c : components) {
    json.begin_object().field("name", c.name).field("running", c.pid != 0);
    json.key("pid");
    c.pid == 0 ? json.null() : json.value(c.pid);
    json.key("executable");
    c.executable.ok() ? json.value(*c.executable) : json.null();
    write_rights(json, c);
    write_sockets(json, c);
    write_files(json, c);
    write_certificates(json, c);
    write_missing(json, c);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace yagura::setup
