#include "net/admission.h"

#include <algorithm>
#include <utility>

namespace yagura::net {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAdmitted:
      return "admitted";
    case Verdict::kFull:
      return "full";
    case Verdict::kAddressFull:
      return "address-full";
    case Verdict::kBlocked:
      return "blocked";
    case Verdict::kNotAllowed:
      return "not-allowed";
  }
  return "full";
}

Admission::Ticket::Ticket(Ticket&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), id_(other.id_) {}

Admission::Ticket& Admission::Ticket::operator=(Ticket&& other) noexcept {
  if (this != &other) {
    const Ticket old(std::move(*this));
    owner_ = std::exchange(other.owner_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

Admission::Ticket::~Ticket() {
  if (owner_ != nullptr) release(*owner_->state_.lock(), id_);
}

void Admission::Ticket::prove() {
  if (owner_ == nullptr) return;
  auto state = owner_->state_.lock();
  const auto found = state->places.find(id_);
  if (found == state->places.end() || found->second.proven) return;
  state->unproven.erase(found->second.unproven);
  found->second.proven = true;
}

void Admission::release(State& state, std::uint64_t id) {
  const auto found = state.places.find(id);
  if (found == state.places.end()) return;
  if (!found->second.proven) state.unproven.erase(found->second.unproven);
  const auto count = state.per_address.find(found->second.counted);
  if (--count->second == 0) state.per_address.erase(count);
  state.places.erase(found);
}

bool Admission::evict_oldest(State& state, const Address* of, std::weak_ptr<Evictable>& evicted) {
  for (const std::uint64_t id : state.unproven) {
    const Place& place = state.places.at(id);
    if (of != nullptr && place.counted != *of) continue;
    evicted = place.connection;
    release(state, id);
    ++state.counts.evicted;
    return true;
  }
  return false;
}

bool Admission::is_blocked(const State& state, const Address& counted, Micros now) {
  const auto found = state.failures.find(counted);
  return found != state.failures.end() && found->second.blocked_until > now;
}

bool Admission::is_exempt(const Address& address) const {
  return address == Address() || std::any_of(limits_.exempt.begin(), limits_.exempt.end(),
                                             [&](const Network& n) { return n.contains(address); });
}

Verdict Admission::make_room(State& state, const Address& counted, bool exempt,
                             std::weak_ptr<Evictable>& evicted) const {
  if (!exempt) {
    const auto own = state.per_address.find(counted);
    if (own != state.per_address.end() && own->second >= limits_.per_address) {
      return evict_oldest(state, &counted, evicted) ? Verdict::kAdmitted : Verdict::kAddressFull;
    }
  }
  if (state.places.size() >= limits_.connections && !evict_oldest(state, nullptr, evicted)) {
    return Verdict::kFull;
  }
  return Verdict::kAdmitted;
}

Verdict Admission::enter(const Address& address, Micros now, Ticket& ticket) {
  const Address counted = net::counted(address);
  std::weak_ptr<Evictable> evicted;
  {
    auto state = state_.lock();
    const Verdict verdict = is_blocked(*state, counted, now)
                                ? Verdict::kBlocked
                                : make_room(*state, counted, is_exempt(address), evicted);
    if (verdict != Verdict::kAdmitted) {
      ++state->counts.refused;
      return verdict;
    }
    ++state->counts.admitted;
    const std::uint64_t id = state->next_id++;
    Place place;
    place.counted = counted;
    place.unproven = state->unproven.insert(state->unproven.end(), id);
    state->places.emplace(id, std::move(place));
    ++state->per_address[counted];
    ticket = Ticket(this, id);
  }
  // Outside the lock: what it calls may take locks of its own.
  if (const auto connection = evicted.lock()) connection->evict();
  return Verdict::kAdmitted;
}

Verdict Admission::move(Ticket& ticket, const Address& address, Micros now) {
  const Address counted = net::counted(address);
  auto state = state_.lock();
  const auto found = state->places.find(ticket.id_);
  if (found == state->places.end()) return Verdict::kFull;  // evicted meanwhile
  Verdict verdict = Verdict::kAdmitted;
  if (is_blocked(*state, counted, now)) verdict = Verdict::kBlocked;
  const auto own = state->per_address.find(counted);
  if (own != state->per_address.end() && own->second >= limits_.per_address &&
      !is_exempt(address)) {
    verdict = Verdict::kAddressFull;
  }
  if (verdict != Verdict::kAdmitted) {
    ++state->counts.refused;
    return verdict;
  }
  const auto old = state->per_address.find(found->second.counted);
  if (--old->second == 0) state->per_address.erase(old);
  found->second.counted = counted;
  ++state->per_address[counted];
  return Verdict::kAdmitted;
}

void Admission::attach(const Ticket& ticket, std::weak_ptr<Evictable> connection) {
  auto state = state_.lock();
  const auto found = state->places.find(ticket.id_);
  if (found != state->places.end()) found->second.connection = std::move(connection);
}

bool Admission::failed(const Address& address, Micros now) {
  if (is_exempt(address)) return false;
  const Address counted = net::counted(address);
  auto state = state_.lock();
  auto found = state->failures.find(counted);
  if (found == state->failures.end()) {
    if (state->failures.size() >= kMaxTracked) {
      state->failures.erase(state->failure_order.front());
      state->failure_order.pop_front();
    }
    state->failure_order.push_back(counted);
    found = state->failures.emplace(counted, Failures{now, 0, 0}).first;
  }
  Failures& failures = found->second;
  if (failures.blocked_until > now) return false;
  if (now - failures.first > limits_.failure_window) failures = Failures{now, 0, 0};
  if (++failures.count < limits_.failures) return false;
  failures = Failures{now, 0, now + limits_.block};
  return true;
}

Admission::Counts Admission::counts(Micros now) {
  auto state = state_.lock();
  Counts counts = state->counts;
  counts.open = state->places.size();
  counts.blocked_addresses = static_cast<std::size_t>(
      std::count_if(state->failures.begin(), state->failures.end(),
                    [now](const auto& entry) { return entry.second.blocked_until > now; }));
  return counts;
}

}  // namespace yagura::net
