// ELF only, and little-endian: of other files nothing is known.
#pragma once

#include "object_transform.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/DebugInfo/DIContext.h"
#include "llvm/DebugInfo/DWARF/DWARFContext.h"
#include "llvm/DebugInfo/DWARF/LowLevel/DWARFUnwindTable.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace hotswift {

/// How to get from a function's frame to its caller's.
struct UnwindStep {
  llvm::dwarf::UnwindRow Row;
  /// The register that the return address is restored to.
  uint32_t ReturnAddress;
};

/// What an object, a shared library or a program says about its code.
/// Addresses are those of the file; in an object those that prepareObject has
/// given to its sections.
///
/// What is damaged, or of a kind that is not known, is answered with nothing:
/// a backtrace is worth having without it.
class CodeFile {
public:
  /// A shared library or a program. \p Inode: which file the path has to lead
  /// to; it may have been replaced since.
  static llvm::Expected<std::unique_ptr<CodeFile>>
  openLibrary(const std::string &Path, uint64_t Inode);
  /// An object, or a member of a static library, `lib.a(member.o)`.
  static llvm::Expected<std::unique_ptr<CodeFile>>
  openObject(const std::string &Path, DebugSections Debug);

  /// The same, of bytes.
  static llvm::Expected<std::unique_ptr<CodeFile>>
  readLibrary(std::unique_ptr<llvm::MemoryBuffer> Bytes);
  static llvm::Expected<std::unique_ptr<CodeFile>>
  readObject(llvm::MemoryBufferRef Contents, DebugSections Debug);

  struct Function {
    llvm::StringRef Name;
    uint64_t Start;
  };
  /// The function that an address lies in.
  std::optional<Function> functionAt(uint64_t Address) const;
  /// Where a function begins.
  std::optional<uint64_t> find(llvm::StringRef Function) const;

  /// The address of what lies at an offset of a shared library or a program.
  std::optional<uint64_t> addressOfOffset(uint64_t Offset) const;

  std::optional<UnwindStep> unwindStep(uint64_t Address) const;

  /// The functions and lines at an address, innermost first: those that were
  /// inlined, and the one that they were inlined in. Empty without debug
  /// information.
  llvm::DIInliningInfo lines(uint64_t Address) const;

  /// Whether the object refers to a symbol whose name begins so.
  bool refersTo(llvm::StringRef Prefix) const;

private:
  using File = llvm::object::ELFFile<llvm::object::ELF64LE>;
  using Section = llvm::object::ELF64LE::Shdr;

  explicit CodeFile(std::unique_ptr<llvm::MemoryBuffer> Bytes)
      : Bytes(std::move(Bytes)) {}
  llvm::Error index();
  llvm::DWARFContext &debugInformation() const;
  /// Of the sections that are loaded.
  std::optional<size_t> sectionAt(uint64_t Address) const;
  /// From an address of a library to the end of its segment.
  llvm::StringRef contentsFrom(uint64_t Address) const;
  std::optional<UnwindStep> stepOfObject(uint64_t Address) const;
  std::optional<UnwindStep> stepOfLibrary(uint64_t Address) const;
  llvm::Triple::ArchType architecture() const;

  std::unique_ptr<llvm::MemoryBuffer> Bytes;
  std::unique_ptr<llvm::object::ELFObjectFile<llvm::object::ELF64LE>> Object;
  llvm::ArrayRef<Section> Sections;
  /// The table of all symbols, or of those that are exported where that was
  /// stripped.
  llvm::ArrayRef<llvm::object::ELF64LE::Sym> Symbols;
  llvm::StringRef Names;
  mutable std::unique_ptr<llvm::DWARFContext> Debug;
};

} // namespace hotswift
