#pragma once

#include "object_transform.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/ExecutionEngine/Orc/Layer.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Triple.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hotswift {

/// An archive of objects (`lib*.a`), all of which were prepared for JITLink.
class StaticLibrary {
public:
  /// Reads an archive. One damaged member is an error of the whole.
  static llvm::Expected<std::unique_ptr<StaticLibrary>>
  read(const std::string &Path, const llvm::Triple &Target,
       DebugSections Debug);

  const std::string &path() const { return Path; }
  /// The linker flags that any of the members names.
  const std::vector<std::string> &autolinkFlags() const { return Autolink; }

private:
  friend class StaticLibraryGenerator;

  explicit StaticLibrary(std::string Path) : Path(std::move(Path)) {}
  llvm::Error refuse(const llvm::Twine &Why) const;
  llvm::Error addMember(llvm::MemoryBufferRef Member,
                        const llvm::Triple &Target, DebugSections Debug);

  std::string Path;
  std::vector<std::string> Autolink;
  std::vector<std::unique_ptr<llvm::MemoryBuffer>> Members;
  /// Why members cannot be linked, by their positions; of most, nothing.
  std::map<size_t, std::string> Unlinkable;
  /// The first member that defines a symbol, as linkers choose it.
  llvm::StringMap<size_t> Definitions;
};

/// Adds to a JITDylib those members of a static library that define what the
/// JITDylib needs and does not have, as a linker does: each generation gets
/// copies of its own, which are initialised and registered with it.
class StaticLibraryGenerator : public llvm::orc::DefinitionGenerator {
public:
  StaticLibraryGenerator(const StaticLibrary &Source,
                         llvm::orc::ObjectLayer &Layer)
      : Source(Source), Layer(Layer) {}

  llvm::Error
  tryToGenerate(llvm::orc::LookupState &LS, llvm::orc::LookupKind K,
                llvm::orc::JITDylib &JD,
                llvm::orc::JITDylibLookupFlags JDLookupFlags,
                const llvm::orc::SymbolLookupSet &LookupSet) override;

private:
  const StaticLibrary &Source;
  llvm::orc::ObjectLayer &Layer;
  llvm::DenseSet<size_t> Added;
};

} // namespace hotswift
