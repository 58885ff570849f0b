#pragma once

#include "dependency_file.h"
#include "interface_change.h"
#include "module_slot.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/Error.h"

#include <atomic>
#include <map>
#include <optional>
#include <set>
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
  /// Modules that one of the files imports in one of its versions alone.
  /// Sorted.
  std::vector<std::string> Imports;
};

/// What the compiler noted of a file.
struct CompiledSlot {
  ModuleSlot Noted;
  /// What it noted of the files that it compiled in the same process. What two
  /// of them ask for it may note of one alone, and an object may know of the
  /// others what no other file is shown.
  std::vector<std::string> Alongside;
  /// What was compiled, unless it is not known.
  std::optional<std::string> Text;
};

/// What a file of a module declares, for whoever looks for it.
struct FileDeclarations {
  /// Of the file itself, operators among them, and, with Objective-C, members
  /// that any object is asked for.
  std::vector<std::string> Names;
  /// Types that it declares or extends, mangled: `3App5ModelV`, `SS`.
  std::vector<std::string> Types;
};

/// A new version of a file: what the compiler noted of it, and its text.
struct EditedFile {
  /// Without a path, the file is gone.
  ModuleSlot Noted;
  /// The texts of the known version and of this one. Without both, what was
  /// noted is all that is compared; without one, all that it declares is taken
  /// to have changed.
  std::optional<std::string> Before;
  std::optional<std::string> After;
};

/// What the files of a module declare and look up, from the compiler's own
/// dependency files: which of them have to be compiled anew when others have
/// changed.
///
/// What a file looks up, the compiler notes name by name, `f` in `Model`, and
/// also what it looks up to understand what it finds, in whichever file that
/// is: that is what is gone by here. What has changed, the texts tell
/// (InterfaceChange): the compiler's fingerprints count a file as a whole, so
/// that any new declaration would seem to change all of them, and of members in
/// extensions they do not say that one of several has changed, for which
/// `swiftc -incremental` compiles too little. What else is another thing now,
/// as a type of which a field has another layout, the texts of all files tell
/// (Meaning). A file whose text is not understood is taken to have changed all
/// that it declares, as soon as one of its fingerprints differs.
///
/// Any thread may call anything at any time.
class DependencyIndex {
public:
  /// See ObjectIndex::nextOrder.
  uint64_t nextOrder() { return ++LastOrder; }

  /// Reads the files and replaces what is known of their slots. A file that
  /// cannot be read or is damaged is an error that changes nothing.
  llvm::Error set(llvm::ArrayRef<CompiledSlot> Entries, uint64_t Order);

  /// Compares files with those that are known of their slots, without changing
  /// those. Nothing is known of a slot that was never set: all that its file
  /// has is new.
  llvm::Expected<DependencyComparison>
  compare(llvm::ArrayRef<EditedFile> Entries) const;

  /// What a slot's file declares; nothing for one that was never set.
  FileDeclarations declarations(size_t Slot) const;

  /// The slots for which the compiler read one of these modules and headers,
  /// ascending.
  std::vector<size_t>
  readersOf(const std::vector<std::string> &Externals) const;

  /// The modules and headers of others that the compiler read for any of the
  /// files, absolute paths, sorted.
  std::vector<std::string> externalDependencies() const;

private:
  /// A hash of what names a declaration.
  using Key = uint64_t;
  using KeySet = llvm::DenseSet<Key>;

  struct Declaration {
    /// Hash of the compiler's fingerprint, that of nothing included.
    uint64_t Fingerprint;
    /// Depends on the fingerprint of the file as well.
    bool FollowsFile;
    std::string Name;
    /// The type that has it as a member, as people write it; empty if it cannot
    /// be read.
    std::string Type;
    /// As people write it.
    std::string Readable;
  };
  struct Content {
    uint64_t FileFingerprint = 0;
    llvm::DenseMap<Key, Declaration> Declarations;
    /// Ascending. Of the files that were compiled with it, too.
    std::vector<Key> Uses;
    /// Hashes of the names among them, wherever they are looked up; ascending.
    std::vector<uint64_t> Names;
    bool HasCompany = false;
    std::vector<std::string> External;
    FileDeclarations Declared;
    /// Nothing if the text is not known, or not understood.
    std::optional<std::vector<Meaning>> Meanings;
    /// Hashes of all names in the text, ascending; nothing if it is not known.
    std::optional<std::vector<uint64_t>> Text;
    /// Whether it may ask for sizes of types of which it has no values.
    bool AsksForLayouts = true;
    uint64_t Order = 0;

    /// Whether its text shows a declaration of a name, by the hash of that.
    bool shows(uint64_t Name) const;
  };
  /// Keys of who knows a type that conforms to something else.
  struct Conformance {
    KeySet Known;
    /// See ChangedConformances.
    std::vector<std::string> Protocols;
    std::vector<std::string> Others;
  };
  /// What the texts of all files say of protocols, by name.
  struct Protocols {
    /// Whether all texts are understood.
    bool AreKnown = true;
    /// Of aliases what they may mean.
    std::map<std::string, std::set<std::string>> Inherited;
    /// Hashes of the names of their members.
    std::map<std::string, std::vector<uint64_t>> Members;
    /// Types that are none.
    std::set<std::string> Types;
  };
  struct Change {
    KeySet Keys;
    std::vector<Conformance> Conformances;
    /// What matters to files that were compiled with others alone.
    KeySet Opaque;
    /// Whether bodies differ that are read from modules alone: no source is
    /// touched by that, but the modules are out of date.
    bool HasOtherCopies = false;
    std::set<std::string> Names;
    std::set<std::string> Imports;
    /// Hashes of names that mean something else where a type is made of them,
    /// and of those that do so to their heirs alone.
    KeySet Meant;
    KeySet Inherited;
    /// Hashes of names that mean the same thing, laid out in another way.
    KeySet Resized;
    /// Hashes of names of which the members of some type are others.
    KeySet Members;
    /// The types that have these members.
    std::set<std::string> Owners;
    /// Hashes of the names of types that are laid out in another way, and keys
    /// of who looks them up.
    KeySet Laid;
    KeySet LaidKeys;

    void add(const Change &Other);
  };

  static Key keyOf(const DependencyNode &Node);
  static Key keyOf(DependencyKind Kind, llvm::StringRef Context,
                   llvm::StringRef Name);
  static std::string typeOf(const DependencyNode &Node);
  static std::string nameOf(const DependencyNode &Node);
  static void note(const DependencyNode &Node, FileDeclarations &Declared);
  static llvm::Expected<Content> read(const ModuleSlot &Entry);
  static void addName(const DeclaredName &Each,
                      const std::set<llvm::StringRef> &Contexts, KeySet &To);
  static void addType(const DeclaredName &Each,
                      const std::set<llvm::StringRef> &Contexts, KeySet &To);
  static void addLayout(const DeclaredName &Each,
                        const std::set<llvm::StringRef> &Contexts, Change &To);
  static void readText(llvm::StringRef Text, Content &Into);
  static bool isTouched(const Content &File, const Change &By);
  static Change difference(const Content &Before, const Content &After);
  static Change all(const Content &Before, const Content &After);
  static Change changeOf(const EditedFile &Entry, const Content &Before,
                         const Content &After);
  static bool spread(const Content &File, Change &To);
  Protocols protocols(llvm::ArrayRef<Content> Compared) const;
  static std::optional<KeySet> namesAskingFor(const Conformance &Changed,
                                              const Protocols &Known);
  void addInferredTypes(llvm::ArrayRef<Content> Compared, Change &To) const;
  template <typename Visitor>
  bool visitMeanings(llvm::ArrayRef<Content> Compared, Visitor Visit) const;
  const Content &known(size_t Slot) const;

  std::atomic<uint64_t> LastOrder = 0;

  mutable std::shared_mutex Guard;
  std::vector<Content> Contents;
  /// Of each module or header of others, in all of the contents.
  std::map<std::string, size_t> Mentions;
  const Content Unknown;
};

} // namespace hotswift
