#pragma once

#include "dependency_file.h"
#include "module_slot.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/Error.h"

#include <atomic>
#include <map>
#include <shared_mutex>
#include <string>
#include <vector>

namespace hotswift {

/// What new versions of some files of a module mean for the rest of it.
struct DependencyComparison {
  /// The compared slots that declare something else than before. Ascending, as
  /// are all lists of slots.
  std::vector<size_t> Changed;
  /// The declarations that are new, gone or different, as `Model.shade`; at
  /// most 20. Where a file does not tell which of them differ, all of its.
  /// Sorted.
  std::vector<std::string> Names;
  /// The slots that were not compared and look up what changed.
  std::vector<size_t> Dependents;
};

/// What a file of a module declares, for whoever looks for it.
struct FileDeclarations {
  /// Of the file itself, operators among them, and, with Objective-C, members
  /// that any object is asked for.
  std::vector<std::string> Names;
  /// Types that it declares or extends, mangled: `3App5ModelV`, `SS`.
  std::vector<std::string> Types;
};

/// What the files of a module declare and look up, from the compiler's own
/// dependency files: which of them have to be compiled anew when others have
/// changed. Follows what swift-driver does for `-incremental`.
///
/// A declaration has changed if it is new, gone, or has another fingerprint.
/// Fingerprints of types and extensions count what is between their braces,
/// that of the file what is not: if that differs, every declaration of the file
/// may have. Function bodies count nowhere.
///
/// Any thread may call anything at any time.
class DependencyIndex {
public:
  /// See ObjectIndex::nextOrder.
  uint64_t nextOrder() { return ++LastOrder; }

  /// Reads the files and replaces what is known of their slots. A file that
  /// cannot be read or is damaged is an error that changes nothing.
  llvm::Error set(llvm::ArrayRef<ModuleSlot> Entries, uint64_t Order);

  /// Compares files with those that are known of their slots, without changing
  /// those. Nothing is known of a slot that was never set: all that its file
  /// has is new.
  llvm::Expected<DependencyComparison>
  compare(llvm::ArrayRef<ModuleSlot> Entries) const;

  /// What a slot's file declares; nothing for one that was never set.
  FileDeclarations declarations(size_t Slot) const;

  /// The modules and headers of others that the compiler read for any of the
  /// files, absolute paths, sorted.
  std::vector<std::string> externalDependencies() const;

private:
  /// A hash of what names a declaration.
  using Key = uint64_t;

  struct Declaration {
    /// Hash of the compiler's fingerprint, that of nothing included.
    uint64_t Fingerprint;
    /// Depends on the fingerprint of the file as well.
    bool FollowsFile;
    std::string Name;
  };
  struct Content {
    uint64_t FileFingerprint = 0;
    llvm::DenseMap<Key, Declaration> Declarations;
    /// Ascending.
    std::vector<Key> Uses;
    std::vector<std::string> External;
    FileDeclarations Declared;
    uint64_t Order = 0;
  };
  struct Change {
    llvm::DenseSet<Key> Keys;
    std::vector<std::string> Names;
  };

  static Key keyOf(const DependencyNode &Node);
  static std::string nameOf(const DependencyNode &Node);
  static void note(const DependencyNode &Node, FileDeclarations &Declared);
  static llvm::Expected<Content> read(const ModuleSlot &Entry);
  static llvm::Expected<std::vector<Content>>
  readAll(llvm::ArrayRef<ModuleSlot> Entries);
  static Change difference(const Content &Before, const Content &After);
  const Content &known(size_t Slot) const;

  std::atomic<uint64_t> LastOrder = 0;

  mutable std::shared_mutex Guard;
  std::vector<Content> Contents;
  /// Of each module or header of others, in all of the contents.
  std::map<std::string, size_t> Mentions;
  const Content Unknown;
};

} // namespace hotswift
