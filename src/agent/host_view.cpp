#include "agent/host_view.h"

#include <algorithm>

namespace yagura::agent {
namespace {

/// Fills an empty slot with what `read` returns.
template <typename T, typename Read>
const T& once(std::optional<T>& slot, Read read) {
  if (!slot) slot.emplace(read());
  return *slot;
}

/// Rates between the run before and this one.
template <typename Rates, typename Before, typename Now, typename Compare>
Rates compare(const std::optional<Before>& before, const Result<Now>& now, Compare rates) {
  if (!now.ok()) return now.error();
  if (!before) return Error{ErrorCode::kUnavailable, "first look: nothing to compare with yet"};
  return rates(*before, *now);
}

}  // namespace

HostView::HostView(const host::Root& root, const Clock& clock, host::UsageFunction ask)
    : root_(root), clock_(clock), probe_(std::move(ask)) {}

void HostView::prime() {
  begin_run();
  (void)cpu();
  (void)disk_snapshot();
  (void)network();
  end_run();
  begin_run();
  primed_ = true;
}

void HostView::begin_run() {
  run_ = Run{};
}

void HostView::end_run() {
  if (run_.cpu && run_.cpu->ok()) cpu_before_ = std::move(**run_.cpu);
  if (run_.disk_snapshot && run_.disk_snapshot->ok()) {
    disks_before_ = std::move(**run_.disk_snapshot);
  }
  if (run_.network && run_.network->ok()) network_before_ = std::move(**run_.network);
  run_ = Run{};
}

const Result<host::CpuSnapshot>& HostView::cpu() {
  return once(run_.cpu, [&] { return host::read_cpu(root_); });
}

const Result<host::CpuUsage>& HostView::cpu_usage() {
  return once(run_.cpu_usage, [&] {
    return compare<Result<host::CpuUsage>>(cpu_before_, cpu(), &host::cpu_usage);
  });
}

const Result<host::Memory>& HostView::memory() {
  return once(run_.memory, [&] { return host::read_memory(root_); });
}

const Result<host::Load>& HostView::load() {
  return once(run_.load, [&] { return host::read_load(root_); });
}

const Result<host::ProcessTable>& HostView::processes() {
  return once(run_.processes, [&] { return host::read_processes(root_); });
}

const Result<host::Sockets>& HostView::sockets() {
  return once(run_.sockets, [&] { return host::read_sockets(root_); });
}

const Result<std::vector<host::Mount>>& HostView::mounts() {
  return once(run_.mounts, [&] { return host::read_mounts(root_); });
}

const Result<host::DiskSnapshot>& HostView::disk_snapshot() {
  return once(run_.disk_snapshot, [&] { return host::read_disks(root_, clock_.steady()); });
}

const Result<std::vector<host::DiskRates>>& HostView::disks() {
  return once(run_.disks, [&] {
    return compare<Result<std::vector<host::DiskRates>>>(disks_before_, disk_snapshot(),
                                                         &host::disk_rates);
  });
}

const Result<host::NetworkSnapshot>& HostView::network() {
  return once(run_.network, [&] { return host::read_interfaces(root_, clock_.steady()); });
}

const Result<std::vector<host::InterfaceRates>>& HostView::interfaces() {
  return once(run_.interfaces, [&] {
    return compare<Result<std::vector<host::InterfaceRates>>>(network_before_, network(),
                                                              &host::interface_rates);
  });
}

Result<host::Usage> HostView::usage(const std::string& mount_point) {
  const auto& all = mounts();
  if (!all.ok()) return all.error();
  const auto mount = std::find_if(
      all->begin(), all->end(), [&](const host::Mount& m) { return m.mount_point == mount_point; });
  if (mount == all->end()) {
    return Error{ErrorCode::kNotFound, "nothing is mounted on " + mount_point};
  }
  return probe_.usage(*mount);
}

}  // namespace yagura::agent
