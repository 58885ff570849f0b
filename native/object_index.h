#pragma once

#include "module_slot.h"
#include "object_symbols.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/Error.h"

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace hotswift {

struct ForeignConformance {
  size_t Slot;
  /// The linker name of the conformance descriptor.
  std::string Symbol;
  /// The object of the slot had it once, and has it no more.
  bool IsFormer;
};

/// What has to be linked together.
struct ObjectClosure {
  /// Ascending.
  std::vector<size_t> Slots;
  /// Conformances of the slots, the type and the protocol of which both come
  /// from other modules: the runtime goes on finding the one that was
  /// registered first. Ascending.
  std::vector<ForeignConformance> Foreign;
  /// Linker names that the slots need, of this module and defined by no slot:
  /// what defines them is not compiled. Sorted.
  std::vector<std::string> Unresolved;
};

/// What the objects of a module define and need: which of them have to be
/// linked anew when some have changed, the others staying in a shared library
/// that is loaded.
///
/// Any thread may call anything at any time.
class ObjectIndex {
public:
  /// `ModuleName` as the compiler was told.
  explicit ObjectIndex(llvm::StringRef ModuleName);

  /// The place of a call of `set` among all calls: of two that overlap, a slot
  /// keeps what the later one gave it.
  uint64_t nextOrder() { return ++LastOrder; }

  /// Reads the objects and replaces what is known of their slots. An object
  /// that cannot be read or is damaged is an error that changes nothing.
  llvm::Error set(llvm::ArrayRef<ModuleSlot> Entries, uint64_t Order);

  /// The smallest set of slots that holds the seeds and
  ///  - every slot that needs a symbol which one of the set defines;
  ///  - a definer of every symbol that one of the set needs and that a library
  ///    of the other objects would not export, all definitions being hidden;
  ///  - for each conformance that one of the set has, or once had, its type or
  ///    its protocol, if the module has either: the runtime takes the first
  ///    conformance that was registered for a type and a protocol, and only a
  ///    new copy of one of them makes that the new one, or none. If the module
  ///    has both, the one on which fewer slots depend.
  ObjectClosure closure(llvm::ArrayRef<size_t> Seeds);

private:
  using SymbolId = uint32_t;
  static constexpr SymbolId NoSymbol = UINT32_MAX;

  struct Definition {
    uint32_t Slot;
    bool IsHidden;
    bool IsWeak;
  };
  struct Symbol {
    llvm::StringRef Name;
    llvm::SmallVector<Definition, 1> Definitions;
    llvm::SmallVector<uint32_t, 2> Users;
  };
  struct Conformance {
    SymbolId Name;
    /// NoSymbol: the object's own.
    SymbolId Protocol;
    SymbolId Type;
  };
  struct Content {
    std::vector<SymbolId> Defined;
    std::vector<SymbolId> Undefined;
    /// Those of objects that were in the slot before come last.
    std::vector<Conformance> Conformances;
    size_t FormerConformances = 0;
    uint64_t Order = 0;
  };
  class Search;

  SymbolId intern(llvm::StringRef Name);
  void replace(uint32_t Slot, const ObjectSymbols &With);
  std::vector<Conformance> remove(uint32_t Slot);
  void rememberFormer(uint32_t Slot, llvm::ArrayRef<Conformance> Former);
  void forgetDependents(std::vector<SymbolId> Before,
                        std::vector<SymbolId> Now);
  const std::vector<uint32_t> &dependentsOf(uint32_t Slot);
  llvm::BitVector withDependents(uint32_t Slot);

  const std::string MangledModule;
  std::atomic<uint64_t> LastOrder = 0;

  std::mutex Guard;
  llvm::StringMap<SymbolId, llvm::BumpPtrAllocator> Ids;
  std::vector<Symbol> Symbols;
  std::vector<Content> Contents;
  /// By slot, of those that were asked for; `set` forgets those that may be
  /// others now.
  std::map<uint32_t, std::vector<uint32_t>> Dependents;
};

} // namespace hotswift
