#pragma once

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ExecutionEngine/JITLink/JITLink.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <optional>
#include <vector>

namespace hotswift {

/// A function or a variable of an object, as far as its name reaches the
/// linker: what the compiler calls `.L…` has none here.
struct ObjectUnit {
  /// All symbols that begin here; the first gives the unit its name.
  std::vector<llvm::jitlink::Symbol *> Symbols;
  llvm::jitlink::Block *Home = nullptr;
  size_t Start = 0;
  size_t End = 0;

  llvm::StringRef name() const { return *Symbols.front()->getName(); }
  size_t size() const { return End - Start; }
  bool isFunction() const;
  /// Any object that uses it may define it as well.
  bool isWeak() const;
};

/// What an edge of an object leads to.
struct ObjectReference {
  /// Null: a symbol of another object, or a place without a name.
  const ObjectUnit *Unit = nullptr;
  /// A symbol that is defined elsewhere.
  llvm::jitlink::Symbol *External = nullptr;
  /// The place in this object, if it is one without a name.
  llvm::jitlink::Block *Home = nullptr;
  size_t Place = 0;
  size_t PlaceEnd = 0;
  /// What the linker adds to the address of the unit, of the symbol or of the
  /// place: for what follows a field in its instruction, for example.
  int64_t Addend = 0;
};

/// The functions and variables of an object, and what leads from one to the
/// other.
class ObjectUnits {
public:
  /// \p Graph: of an object that no pass has run on. It is kept, and not
  /// changed.
  static llvm::Expected<ObjectUnits>
  read(std::unique_ptr<llvm::jitlink::LinkGraph> Graph);

  llvm::jitlink::LinkGraph &graph() const { return *Graph; }
  std::unique_ptr<llvm::jitlink::LinkGraph> takeGraph() {
    return std::move(Graph);
  }
  /// In the order of the file.
  const std::vector<std::unique_ptr<ObjectUnit>> &units() const {
    return Units;
  }
  const ObjectUnit *find(llvm::StringRef Name) const {
    return ByName.lookup(Name);
  }

  /// The edges of a block that patch bytes at or behind \p Start and before \p
  /// End, ascending.
  std::vector<const llvm::jitlink::Edge *>
  edges(const llvm::jitlink::Block &Of, size_t Start, size_t End) const;

  /// Where an edge leads. Nothing if that cannot be told for sure.
  std::optional<ObjectReference> resolve(const llvm::jitlink::Block &From,
                                         const llvm::jitlink::Edge &Edge) const;

  /// Whether an edge is an entry of a table of jumps: the distance from the
  /// table's start to a place within a function.
  bool isTableOfJumps(const llvm::jitlink::Block &From,
                      const llvm::jitlink::Edge &Edge) const;

private:
  struct BlockContent {
    std::vector<const llvm::jitlink::Edge *> Edges;
    std::vector<ObjectUnit *> Units;
    /// Where symbols, named or not, and references begin; ascending.
    std::vector<size_t> Places;
  };

  struct Place {
    size_t Offset;
    /// There lies the address of what is meant.
    bool IsIndirect;
  };

  llvm::Error addSymbols();
  void addPlaces();
  const ObjectUnit *unitAt(const llvm::jitlink::Block &Home,
                           size_t Place) const;
  std::optional<Place> placeOf(const llvm::jitlink::Block &From,
                               const llvm::jitlink::Edge &Edge) const;
  bool holdsAddress(const llvm::jitlink::Block &Home, size_t Place) const;
  std::optional<size_t> startOfPlace(const llvm::jitlink::Block &Home,
                                     size_t Offset) const;
  size_t endOfPlace(const llvm::jitlink::Block &Home, size_t Place) const;

  std::unique_ptr<llvm::jitlink::LinkGraph> Graph;
  std::vector<std::unique_ptr<ObjectUnit>> Units;
  llvm::StringMap<const ObjectUnit *> ByName;
  llvm::DenseMap<const llvm::jitlink::Block *, BlockContent> Blocks;
};

/// Whether a block is machine code.
bool isCode(const llvm::jitlink::Block &Block);

} // namespace hotswift
