#pragma once

#include "crash_record.h"

#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace hotswift {

/// What a crash record (crash_record.h) says of a process that has crashed.
class CrashReader {
public:
  static llvm::Expected<CrashReader> read(int Record);

  const std::array<uint64_t, RegisterCount> &registers() const {
    return State.Registers;
  }

  /// A word of the stack; nothing if it was not recorded.
  std::optional<uint64_t> stackAt(uint64_t Address) const;

  struct LinkedObject {
    std::string Path;
    bool IsPatch;
  };
  const std::vector<LinkedObject> &objects() const { return Objects; }

  struct LinkedCode {
    const LinkedObject *Object;
    /// In the object, as prepareObject gives it.
    uint64_t Address;
  };
  /// The object whose code an address lies in.
  std::optional<LinkedCode> linkedCode(uint64_t Address) const;

  struct MappedCode {
    /// Empty for memory of the process's own.
    llvm::StringRef File;
    uint64_t Inode;
    /// In the file.
    uint64_t Offset;
  };
  /// Nothing where there is no code.
  std::optional<MappedCode> mappedCode(uint64_t Address) const;

private:
  struct Range {
    CodeRange Code;
    size_t Object;
  };
  struct Mapping {
    uint64_t Start;
    uint64_t End;
    uint64_t Offset;
    uint64_t Inode;
    std::string File;
  };

  llvm::Error readObjects(llvm::StringRef Bytes);
  void readMaps(llvm::StringRef Text);

  CrashState State = {};
  std::string Stack;
  std::vector<LinkedObject> Objects;
  /// By their places in memory.
  std::vector<Range> Ranges;
  /// Of code, ascending.
  std::vector<Mapping> Mappings;
};

} // namespace hotswift
