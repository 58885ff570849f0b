#pragma once

#include "apply_fixups.h"
#include "function_patch.h"
#include "libraries.h"
#include "object_transform.h"
#include "static_library.h"
#include "swift_metadata.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace hotswift {

/// The paths of two versions of an object.
struct ObjectVersions {
  std::string Former;
  std::string Present;
};

/// What takes the place of functions of the stable library, linked, in a
/// JITDylib of its own.
struct LinkedPatch {
  llvm::orc::JITDylib *Dylib = nullptr;
  struct Redirection {
    uint64_t Entry;
    llvm::orc::ExecutorAddr To;
  };
  std::vector<Redirection> Redirections;
  std::vector<FunctionPatch::Write> Writes;
};

/// Code that was linked together, in a JITDylib of its own.
struct Generation {
  llvm::orc::JITDylib *Dylib = nullptr;
  /// In the order in which the objects were given, and behind them those of
  /// static libraries. An object without Swift metadata has an empty entry.
  std::vector<ObjectMetadata> Metadata;
  /// What its stable library has yet to become.
  LinkedPatch Patch;
  std::vector<ObjectVersions> PatchedObjects;
  bool Initialized = false;
};

/// Owns one LLJIT and the generations that were linked into it.
///
/// A generation comes into being in three steps: `prepare` reads objects and
/// loads the libraries they name (on the thread that runs Swift), `link` (on
/// any thread), `initialize` (on the thread that runs Swift again).
///
/// An engine is never destroyed: the Swift runtime keeps pointers into every
/// generation, and nothing in it can be unregistered.
class Engine {
public:
  /// \p LibrarySearchPaths are searched for `-lNAME`, before the system's own.
  /// \p ForDebugger: debuggers are told of every object.
  static llvm::Expected<Engine *>
  create(std::vector<std::string> LibrarySearchPaths, bool ForDebugger);

  /// What a generation is linked from.
  struct Inputs {
    std::vector<std::unique_ptr<llvm::MemoryBuffer>> Objects;
    /// Libraries that objects name and that could not be loaded, each with its
    /// reason. Compilers name more than is used: that they are missing only
    /// counts when symbols are.
    std::vector<std::string> LostLibraries;
    /// The path of a library with the rest of the objects' module; empty if
    /// there is none.
    std::string StableLibrary;
    std::vector<FunctionPatch> Patches;
    std::vector<ObjectVersions> PatchedObjects;
  };

  /// What is asked for besides objects.
  struct Requirements {
    llvm::ArrayRef<std::string> Libraries;
    llvm::StringRef StableLibrary;
    /// Objects whose former versions the stable library holds and whose present
    /// ones are to take their places, for as long as the process lives. Those
    /// that have done so stay.
    llvm::ArrayRef<ObjectVersions> Patches;
    /// Whether to prepare for patches that come later.
    bool WillPatch = false;
  };

  /// Reads and checks object files and loads the libraries they and the
  /// requirements ask for, and then the stable library, if there is one.
  llvm::Expected<Inputs> prepare(llvm::ArrayRef<std::string> Paths,
                                 const Requirements &Required);

  /// Links objects into a fresh JITDylib: each of them, whether or not
  /// something refers to it. Nothing of it runs. Returns the generation's
  /// number, from 0.
  llvm::Expected<size_t> link(Inputs From);

  /// Applies the generation's patches, registers its metadata with the Swift
  /// runtime and runs its initialisers (`LLJIT::initialize`).
  llvm::Error initialize(size_t Number);

  /// The address of a symbol that the generation itself defines, or the
  /// stable library that it was linked against.
  llvm::Expected<llvm::orc::ExecutorAddr> lookup(size_t Number,
                                                 llvm::StringRef Symbol);

  llvm::Expected<const Generation &> generation(size_t Number) const;
  const Libraries &libraries() const { return Shared; }

private:
  Engine(std::vector<std::string> LibrarySearchPaths, DebugSections Debug)
      : Debug(Debug), Shared(std::move(LibrarySearchPaths)) {}
  llvm::Error start();
  /// Loads a shared or a static library, and what that one names.
  llvm::Error loadLibrary(llvm::StringRef Flag);
  /// Reads an object and loads the libraries it asks for; those that are lost
  /// are added to \p Lost.
  llvm::Expected<std::unique_ptr<llvm::WritableMemoryBuffer>>
  readObject(const std::string &Path, llvm::StringSet<> &Named,
             std::vector<std::string> &Lost);
  llvm::Expected<LinkedPatch> linkPatches(std::vector<FunctionPatch> Patches,
                                          const std::string &StableLibrary);
  llvm::Error apply(const LinkedPatch &Patch);
  llvm::Error
  linkEverything(llvm::orc::JITDylib &Dylib,
                 std::vector<std::unique_ptr<llvm::MemoryBuffer>> Objects);
  /// The reason of a failed link: what was reported meanwhile says more than
  /// the error of the lookup does. \p Names: the objects of the link.
  llvm::Error explain(llvm::Error Failure, llvm::ArrayRef<std::string> Names,
                      llvm::ArrayRef<std::string> LostLibraries);

  /// For debuggers they are kept.
  const DebugSections Debug;
  Libraries Shared;
  /// Guards the list; its entries stay.
  std::mutex StaticMutex;
  std::vector<std::unique_ptr<StaticLibrary>> Static;
  std::unique_ptr<llvm::orc::LLJIT> Jit;
  std::shared_ptr<SwiftMetadataPlugin> Metadata;
  std::shared_ptr<ApplyFixupsPlugin> Fixups;
  /// What generations find before the libraries' own. Apart from those: what
  /// was found in them once stays, and PreviewKit may be loaded later.
  llvm::orc::JITDylib *ReplacingDylib = nullptr;
  llvm::orc::JITDylib *SharedDylib = nullptr;

  /// One link at a time, so that what is reported belongs to it.
  std::mutex LinkMutex;
  std::mutex ReportMutex;
  llvm::Error Reported = llvm::Error::success();

  mutable std::mutex GenerationsMutex;
  std::deque<Generation> Generations;
  size_t LinkCount = 0;
  /// From former versions of objects to what took their places. Guarded by
  /// GenerationsMutex.
  llvm::StringMap<std::string> Patched;
  /// Where new functions of theirs are found. Guarded in the same way.
  std::vector<llvm::orc::JITDylib *> PatchDylibs;
};

} // namespace hotswift
