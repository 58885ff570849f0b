// x86-64 ELF only. On other platforms what uses a changed function is linked
// anew as well (object_index.h).
#pragma once

#include "body_changes.h"
#include "library_symbols.h"
#include "object_units.h"

#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>
#include <vector>

namespace hotswift {

/// A new version of an object, to run in the place of the former one that went
/// into a shared library.
///
/// Its changed functions are linked, with types, conformances and variables
/// bound to the library's, and each of the library's own gets a jump to the new
/// one: whoever calls it, from whichever object, by whichever table. The rest
/// of the library stays as it is, and stays one with it.
///
/// What the library has computed so far stays computed: it should be one of
/// which no code has run yet.
class FunctionPatch {
public:
  /// Compares the versions, as prepareObject gives them. An error of the kind
  /// `Link` if the new one cannot take the place of the former one so.
  static llvm::Expected<FunctionPatch>
  prepare(llvm::MemoryBufferRef Former,
          std::unique_ptr<llvm::MemoryBuffer> Present,
          std::shared_ptr<llvm::orc::SymbolStringPool> Names);

  /// What the linker makes of the changed functions; it needs the patch until
  /// it is linked. \p Base: where the library is loaded. \p Prefix keeps the
  /// names of several patches apart.
  llvm::Expected<std::unique_ptr<llvm::jitlink::LinkGraph>>
  takeGraph(const LibrarySymbols &Library, uint64_t Base,
            const llvm::Twine &Prefix);

  /// A function of the library, and the symbol of the graph that it becomes.
  struct Redirection {
    uint64_t Entry;
    llvm::orc::SymbolStringPtr To;
  };
  /// Bytes of the library that become others.
  struct Write {
    uint64_t Address;
    std::string Bytes;
  };
  /// After takeGraph.
  const std::vector<Redirection> &redirections() const { return Redirections; }
  /// What other new objects may use of it: the former version had no such
  /// thing.
  const std::vector<llvm::orc::SymbolStringPtr> &additions() const {
    return Additions;
  }
  const std::vector<Write> &writes() const { return Writes; }

private:
  FunctionPatch(std::shared_ptr<llvm::orc::SymbolStringPool> Names,
                std::unique_ptr<llvm::MemoryBuffer> Object, ObjectUnits Present,
                BodyChanges Changes)
      : Names(std::move(Names)), Object(std::move(Object)),
        Present(std::move(Present)), Changes(std::move(Changes)) {}

  /// Outlives the symbols' names.
  std::shared_ptr<llvm::orc::SymbolStringPool> Names;
  /// Its bytes are the graph's.
  std::unique_ptr<llvm::MemoryBuffer> Object;
  ObjectUnits Present;
  BodyChanges Changes;
  std::vector<Redirection> Redirections;
  std::vector<llvm::orc::SymbolStringPtr> Additions;
  std::vector<Write> Writes;
};

/// Whether libraries can be patched on this system at all.
constexpr bool canPatch() {
#if defined(__linux__) && defined(__x86_64__)
  return true;
#else
  return false;
#endif
}

/// Tries whether a new version of an object can take the place of the former
/// one in a library, as far as files tell: the paths of the two, and of the
/// library. An error says why it cannot.
llvm::Error tryPatch(const std::string &Former, const std::string &Present,
                     const std::string &Library);

/// Whether a jump from a function of the library can lead somewhere.
bool isInReach(uint64_t Entry, llvm::orc::ExecutorAddr To);

/// Has every call of a function go to another one. The bytes are those of the
/// x86-64 jump `e9`, which reaches 2 GiB in each direction.
llvm::Error redirect(uint64_t Entry, llvm::orc::ExecutorAddr To);

/// Overwrites bytes of a loaded library, whatever their protection.
llvm::Error overwrite(uint64_t Address, llvm::StringRef Bytes);

} // namespace hotswift
