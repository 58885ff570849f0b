// What a Swift source declares, as far as other files can depend on it.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hotswift {

enum class DeclarationKind : uint8_t {
  Import,
  Type,
  Extension,
  Function,
  Initialiser,
  Deinitialiser,
  Subscript,
  Variable,
  EnumCase,
  TypeAlias,
  AssociatedType,
  /// An operator or a precedence group.
  Operator,
  Macro,
  /// `#name(…)` among declarations: what it declares, only the compiler knows.
  Expansion,
};

enum class TypeKind : uint8_t { Struct, Enum, Class, Actor, Protocol };

constexpr uint32_t NoContainer = 0xFFFFFFFF;

/// A name that a source declares. Of `let a = 1, b = 2` there are two.
struct Declaration {
  DeclarationKind Kind = DeclarationKind::Import;
  /// Of a type.
  TypeKind Type = TypeKind::Struct;
  /// `init` and `subscript` of those; of an extension the extended type as it
  /// is written, without generic arguments; of an import the module.
  std::string Name;
  /// The type or extension around it, by its position; or NoContainer.
  uint32_t Container = NoContainer;
  bool IsPrivate = false;
  bool IsStatic = false;
  bool IsFinal = false;
  /// A property that takes room, unless it is static.
  bool IsStored = false;
  /// Of a variable or a case: whatever types it mentions, it takes the room of
  /// an array or a function.
  bool IsReference = false;
  /// A `some` result: what type that is, the body says.
  bool IsOpaque = false;
  /// The compiler may copy its body: `@inlinable`.
  bool IsCopied = false;
  /// Has an attribute that the language does not have: a macro may declare more
  /// than the text, a property wrapper does.
  bool HasCustomAttribute = false;
  /// Of an import: `@_exported`.
  bool IsExported = false;
  /// A hash of what others can know of it: its tokens, without comments,
  /// without bodies and members, and the conditions of compilation around it.
  /// Of types and extensions without the protocols that they conform to.
  uint64_t Header = 0;
  /// The protocols that a type or an extension conforms to, a protocol inherits
  /// or an alias may mean, without the modules and types around them, and
  /// without generic arguments. A superclass and a raw type are in the header,
  /// and so is what a protocol inherits.
  std::vector<std::string> Protocols;
  /// A hash of under which conditions it does.
  uint64_t Constraints = 0;
  /// A hash of its body, where it IsOpaque or IsCopied.
  uint64_t Body = 0;
  /// The names in what the header counts, of the text.
  std::vector<llvm::StringRef> Words;
};

/// The declarations of a file in the order of the text, without those in
/// bodies, `#Preview`s and statements. Nothing if it cannot be told where they
/// begin and end. Any bytes will do; without recursion.
///
/// It is no parser of Swift: what stands in a declaration need not be known,
/// only where the next one begins.
std::optional<std::vector<Declaration>> outlineOf(llvm::StringRef Text);

/// A hash of the tokens of a text and of where they stand, so that what is
/// compiled from two texts that have the same is equal. Nothing as above.
std::optional<uint64_t> hashOfTokens(llvm::StringRef Text);

} // namespace hotswift
