#include <gtest/gtest.h>

#include "db/migrations.h"
namespace yagura::db {
TEST(Sqlite, Migrates) {
  Options o;
  o.path = ":memory:";
  auto db = connect(o);
  ASSERT_TRUE(db.ok()) << db.error().what;
  const Migration* all = embedded_migrations().data();
  Status s = migrate(**db, {all, 1});
  ASSERT_TRUE(s.ok()) << s.error().what;
  EXPECT_TRUE(migrate(**db, {all, 1}).ok());
}
}  // namespace yagura::db
