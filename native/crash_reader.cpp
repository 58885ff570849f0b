#include "crash_reader.h"

#include "errors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

using namespace llvm;

namespace hotswift {
namespace {

/// No process has more of it; what says that it has is damaged.
constexpr uint64_t MostBytes = 64 << 20;

Error damaged() {
  return makeError(ErrorKind::Object, "the crash record is damaged");
}

Expected<std::string> readAt(int Record, uint64_t Position, uint64_t Size) {
  if (Size > MostBytes)
    return damaged();
  std::string Bytes(Size, '\0');
  size_t Done = 0;
  while (Done < Size) {
    const ssize_t Count = ::pread(Record, Bytes.data() + Done, Size - Done,
                                  static_cast<off_t>(Position + Done));
    if (Count < 0 && errno == EINTR)
      continue;
    if (Count <= 0)
      return damaged();
    Done += static_cast<size_t>(Count);
  }
  return Bytes;
}

template <typename T> Error readValue(int Record, uint64_t Position, T &Into) {
  auto Bytes = readAt(Record, Position, sizeof(T));
  if (!Bytes)
    return Bytes.takeError();
  std::memcpy(&Into, Bytes->data(), sizeof(T));
  return Error::success();
}

} // namespace

Expected<CrashReader> CrashReader::read(int Record) {
  CrashReader Reader;
  uint64_t Position = 0;
  if (Error E = readValue(Record, 0, Position))
    return E;
  if (Position != CrashStatePosition)
    return makeError(ErrorKind::Missing, "no crash was recorded");
  if (Error E = readValue(Record, Position, Reader.State))
    return E;
  Position += sizeof(CrashState);
  const CrashState &State = Reader.State;
  if (State.ObjectsEnd < sizeof(uint64_t))
    return damaged();
  auto Objects =
      readAt(Record, sizeof(uint64_t), State.ObjectsEnd - sizeof(uint64_t));
  if (!Objects)
    return Objects.takeError();
  if (Error E =
          readAt(Record, Position, State.StackSize).moveInto(Reader.Stack))
    return E;
  auto Maps = readAt(Record, Position + State.StackSize, State.MapsSize);
  if (!Maps)
    return Maps.takeError();
  if (Error E = Reader.readObjects(*Objects))
    return E;
  Reader.readMaps(*Maps);
  return Reader;
}

Error CrashReader::readObjects(StringRef Bytes) {
  while (!Bytes.empty()) {
    CodeOfObject Head;
    if (Bytes.size() < sizeof(Head))
      return damaged();
    std::memcpy(&Head, Bytes.data(), sizeof(Head));
    Bytes = Bytes.drop_front(sizeof(Head));
    if (Head.RangeCount > Bytes.size() / sizeof(CodeRange))
      return damaged();
    for (size_t I = 0; I < Head.RangeCount; ++I) {
      Range Read = {{}, Objects.size()};
      std::memcpy(&Read.Code, Bytes.data(), sizeof(CodeRange));
      Ranges.push_back(Read);
      Bytes = Bytes.drop_front(sizeof(CodeRange));
    }
    if (Head.PathSize > Bytes.size())
      return damaged();
    Objects.push_back(
        {Bytes.take_front(Head.PathSize).str(), Head.IsPatch != 0});
    Bytes = Bytes.drop_front(Head.PathSize);
  }
  llvm::sort(Ranges, [](const Range &A, const Range &B) {
    return A.Code.InMemory < B.Code.InMemory;
  });
  return Error::success();
}

/// Lines of `start-end permissions offset device inode path`, in hexadecimal
/// but for the inode (proc_pid_maps(5)).
void CrashReader::readMaps(StringRef Text) {
  while (!Text.empty()) {
    StringRef Line;
    std::tie(Line, Text) = Text.split('\n');
    std::array<StringRef, 5> Fields;
    for (StringRef &Field : Fields) {
      std::tie(Field, Line) = Line.ltrim(' ').split(' ');
    }
    const auto [Start, End] = Fields[0].split('-');
    Mapping Read = {};
    if (Start.getAsInteger(16, Read.Start) || End.getAsInteger(16, Read.End) ||
        Fields[2].getAsInteger(16, Read.Offset) ||
        Fields[4].getAsInteger(10, Read.Inode) || !Fields[1].contains('x'))
      continue;
    StringRef File = Line.ltrim(' ');
    File.consume_back(" (deleted)");
    // The kernel's own, such as `[vdso]`, is no file.
    if (File.starts_with("/"))
      Read.File = File.str();
    Mappings.push_back(std::move(Read));
  }
}

std::optional<uint64_t> CrashReader::stackAt(uint64_t Address) const {
  if (Stack.size() < sizeof(uint64_t) || Address < State.StackStart ||
      Address - State.StackStart > Stack.size() - sizeof(uint64_t))
    return std::nullopt;
  uint64_t Word = 0;
  std::memcpy(&Word, Stack.data() + (Address - State.StackStart), sizeof(Word));
  return Word;
}

std::optional<CrashReader::LinkedCode>
CrashReader::linkedCode(uint64_t Address) const {
  const auto After =
      llvm::upper_bound(Ranges, Address, [](uint64_t At, const Range &R) {
        return At < R.Code.InMemory;
      });
  if (After == Ranges.begin())
    return std::nullopt;
  const Range &Found = *std::prev(After);
  const uint64_t Offset = Address - Found.Code.InMemory;
  if (Offset >= Found.Code.Size)
    return std::nullopt;
  return LinkedCode{&Objects[Found.Object], Found.Code.InObject + Offset};
}

std::optional<CrashReader::MappedCode>
CrashReader::mappedCode(uint64_t Address) const {
  const auto Found = find_if(Mappings, [&](const Mapping &M) {
    return M.Start <= Address && Address < M.End;
  });
  if (Found == Mappings.end())
    return std::nullopt;
  return MappedCode{Found->File, Found->Inode,
                    Address - Found->Start + Found->Offset};
}

} // namespace hotswift
