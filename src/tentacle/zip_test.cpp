#include "tentacle/zip.h"

#include <string>

#include <gtest/gtest.h>

namespace yagura::tentacle {
namespace {

/// An archive as the reference's client writes it (flag 8, sizes in a descriptor): transcript T6.
std::string streamed_archive(bool signature = true) {
  const std::string whole = make_zip("zt.1.data", "hello world\n").value();
  const std::string name = "zt.1.data";
  const std::string packed("\xcb\x48\xcd\xc9\xc9\x57\x28\xcf\x2f\xca\x49\xe1\x02\x00", 14);
  std::string out("PK\x03\x04\x14\x00\x08\x00\x08\x00", 10);
  out += std::string(16, '\0');  // time, CRC, sizes
  out += std::string("\x09\x00\x1c\x00", 4) + name + std::string(28, 'e') + packed;
  if (signature) out += std::string("PK\x07\x08", 4);
  out += whole.substr(14, 4);  // CRC
  out += std::string("\x0e\x00\x00\x00\x0c\x00\x00\x00", 8);
  return out + "PK\x01\x02 the rest does not matter";
}

std::string stored_archive(const std::string& bytes, const std::string& crc) {
  std::string out("PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00", 14);
  const auto size = static_cast<char>(bytes.size());
  out += crc;
  for (int i = 0; i < 2; ++i)
    out += std::string(1, size) + std::string(3, '\0');
  out += std::string("\x01\x00\x00\x00x", 5);
  return out + bytes;
}

TEST(Zip, RoundTrip) {
  for (const std::string& bytes : {std::string(), std::string("x"), std::string("hello world\n"),
                                   std::string(300'000, 'a'), std::string("\0\xff\x80", 3)}) {
    const std::string archive = make_zip("name", bytes).value();
    EXPECT_EQ(expand_zip(archive, 1'000'000).value(), bytes);
  }
}

TEST(Zip, T06ReadsStreamedArchives) {
  EXPECT_EQ(expand_zip(streamed_archive(), 100).value(), "hello world\n");
  EXPECT_EQ(expand_zip(streamed_archive(false), 100).value(), "hello world\n");
}

TEST(Zip, ReadsByteByByte) {
  const std::string archive = streamed_archive();
  std::string out;
  ZipReader reader(100, [&](std::string_view bytes) {
    out.append(bytes);
    return Status{};
  });
  for (const char c : archive)
    ASSERT_TRUE(reader.feed({&c, 1}).ok());
  EXPECT_TRUE(reader.finish().ok());
  EXPECT_EQ(out, "hello world\n");
}

TEST(Zip, ReadsStoredMembers) {
  const std::string crc("\xc2\x41\x24\x35", 4);  // of "abc"
  EXPECT_EQ(expand_zip(stored_archive("abc", crc), 100).value(), "abc");
  EXPECT_FALSE(expand_zip(stored_archive("abd", crc), 100).ok()) << "checksum";
  EXPECT_FALSE(expand_zip(stored_archive("abc", crc).substr(0, 33), 100).ok()) << "short";
}

TEST(Zip, RefusesDamage) {
  const std::string archive = make_zip("n", std::string(5000, 'a') + "b").value();
  const std::size_t member = archive.rfind("PK\x01\x02");
  for (std::size_t cut = 0; cut < member; ++cut) {
    EXPECT_FALSE(expand_zip(archive.substr(0, cut), 10'000).ok()) << cut;
  }
  std::string damaged = archive;
  damaged[40] = static_cast<char>(damaged[40] ^ 0x55);
  EXPECT_FALSE(expand_zip(damaged, 10'000).ok());
  std::string wrong_crc = archive;
  wrong_crc[14] = static_cast<char>(wrong_crc[14] ^ 1);
  EXPECT_FALSE(expand_zip(wrong_crc, 10'000).ok());
  std::string wrong_size = archive;
  wrong_size[22] = static_cast<char>(wrong_size[22] ^ 1);
  EXPECT_FALSE(expand_zip(wrong_size, 10'000).ok());
  std::string encrypted = archive;
  encrypted[6] = 1;
  EXPECT_FALSE(expand_zip(encrypted, 10'000).ok());
}

TEST(Zip, RefusesWhatIsNoArchive) {
  for (const char* bytes :
       {"plain text, not an archive at all", "\x1f\x8b\x08", "PK", "PK\x05\x06"}) {
    const auto result = expand_zip(bytes, 100);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  }
}

TEST(Zip, C34StopsAtTheLimit) {
  const std::string bomb = make_zip("b", std::string(100'000, 'a')).value();
  const auto result = expand_zip(bomb, 99'999);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kLimit);
  EXPECT_TRUE(expand_zip(bomb, 100'000).ok());
}

TEST(Zip, KeepsItsFirstError) {
  ZipReader reader(10, [](std::string_view) { return Status{}; });
  EXPECT_FALSE(reader.feed("not an archive").ok());
  EXPECT_FALSE(reader.feed("PK\x03\x04").ok());
  EXPECT_FALSE(reader.finish().ok());
}

TEST(Zip, SinkErrorsEndTheReading) {
  const std::string archive = make_zip("n", "abc").value();
  ZipReader reader(10, [](std::string_view) { return Error{ErrorCode::kUnavailable, "disk"}; });
  EXPECT_EQ(reader.feed(archive).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace yagura::tentacle
