// The looks that `yagura doctor` takes, one function each.
#pragma once

#include <vector>

#include "setup/doctor.h"

namespace yagura::setup {

struct DoctorContext {
  const Installation& installation;
  const DoctorOptions& options;
  const Clock& clock;
};
using DoctorCheck = void (*)(const DoctorContext&, std::vector<Finding>&);

void check_files(const DoctorContext& context, std::vector<Finding>& out);
void check_settings(const DoctorContext& context, std::vector<Finding>& out);
void check_certificates(const DoctorContext& context, std::vector<Finding>& out);
void check_programs(const DoctorContext& context, std::vector<Finding>& out);
void check_transport(const DoctorContext& context, std::vector<Finding>& out);
void check_console(const DoctorContext& context, std::vector<Finding>& out);
void check_database(const DoctorContext& context, std::vector<Finding>& out);
void check_spool(const DoctorContext& context, std::vector<Finding>& out);
void check_quarantine(const DoctorContext& context, std::vector<Finding>& out);
void check_disk(const DoctorContext& context, std::vector<Finding>& out);
void check_clock(const DoctorContext& context, std::vector<Finding>& out);

}  // namespace yagura::setup
