// ELF only: on other platforms compiler output goes to JITLink as it is.
#pragma once

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Triple.h"

#include <memory>
#include <string>
#include <vector>

namespace hotswift {

/// What becomes of `.debug_*` sections. Nothing that is linked needs them, and
/// reading their relocations takes as long as linking all the rest.
enum class DebugSections { Drop, Keep };

/// An object that JITLink accepts, and what it asks to be linked with.
struct PreparedObject {
  std::unique_ptr<llvm::WritableMemoryBuffer> Buffer;
  /// The linker flags of `.swift1_autolink_entries`, for example `-lswiftCore`.
  std::vector<std::string> AutolinkFlags;
};

/// Checks a relocatable object and rewrites what JITLink refuses in what the
/// Swift compiler emits:
///  - symbols that extend past the end of their section (type metadata) are
///    clamped;
///  - internal symbols (gcc's wrappers of thread-local variables) become
///  hidden;
///  - of sections that share a name but not their permissions, the later kinds
///    are renamed;
///  - `.tdata.*` and `.tbss.*` become `.tdata` and `.tbss`, the only
///    thread-local sections that ORC's ELF platform looks for;
///  - debug sections are dropped, unless they are wanted;
///  - accesses in the local-dynamic model are rewritten (local_dynamic_tls.h).
/// Sections get addresses of their own, in the order of the file: JITLink takes
/// two blocks at one address for an overlap, and lays out by address, so that
/// for example conformance records come in the order of the source. Those that
/// are not loaded have none.
///
/// Every offset, index and size that the linker will follow is checked here, so
/// that a damaged file is an error and not undefined behaviour in the linker.
///
/// Runs before ORC sees the object: its symbol table is read there, too. Linear
/// in symbols and relocations, sections are sorted.
llvm::Expected<PreparedObject>
prepareObject(llvm::MemoryBufferRef Input, const llvm::Triple &Target,
              DebugSections Debug = DebugSections::Drop);

} // namespace hotswift
