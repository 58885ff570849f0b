// What two texts of a source file mean for the rest of its module.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hotswift {

/// A name that declarations have: of the file, or members of a type.
struct DeclaredName {
  /// As `Model.Part`; empty for the file's own.
  std::string Type;
  std::string Name;
};

/// As people write it: `Model.shade`.
std::string pathOf(const DeclaredName &Declared);
/// The other way.
DeclaredName declaredAt(const std::string &Path);

/// Where a type matters that is another one now.
enum class TypeReach : uint8_t {
  /// To who mentions it.
  Mentions,
  /// To what inherits from it, too: a class is laid out behind its superclass.
  Heirs,
  /// To what is made of it, too: the layout of a type is that of its fields.
  Fields,
};

struct ChangedType {
  /// As `Model.Part`.
  std::string Path;
  TypeReach Reach;
  /// Whether both texts declare it. One that comes or goes is a changed name,
  /// too, and nobody knows its layout who does not look that up.
  bool IsInBoth;
};

/// Protocols that a type conforms to now, or no more, or under other
/// conditions.
struct ChangedConformances {
  std::string Type;
  std::vector<std::string> Protocols;
  /// Those that it conforms to in either case, and to what they inherit.
  std::vector<std::string> Others;
};

/// What differs between two texts for whoever looks for it. Function bodies do
/// not count, but where they say what a `some` result is.
///
/// A file depends on another by the names that it looks up, and by the types of
/// which it has to know more than their names. So a change is told as both:
///
/// - a *name* has another set of declarations: one is new, gone, or has another
///   signature, and what the name means to anybody may be something else;
/// - a *type* has another layout, dispatch table, set of requirements or
///   heading: whoever knows the type may be compiled to something else,
///   whichever of its names they mention;
/// - a type *conforms* to other protocols: whoever knows it and asks for one of
///   them may find something else.
///
/// What is private to a file is nobody's concern, unless something that others
/// see is made of it.
struct InterfaceChange {
  /// Nothing is known of one of the texts, or it declares by macros what no
  /// text shows.
  bool IsUnknown = false;
  std::vector<DeclaredName> Names;
  std::vector<ChangedType> Types;
  std::vector<ChangedConformances> Conformances;
  /// Names whose `some` result may be of another type. The compiler shows that
  /// to no file but those that it compiles at the same time.
  std::vector<DeclaredName> Opaque;
  /// Names of whose functions the compiler may copy the bodies: `@inlinable`.
  /// It does that where it reads the file as a module, and from no source: SIL
  /// is linked from modules alone (SILLinkerVisitor of the Swift compiler).
  std::vector<DeclaredName> Copied;
  /// Modules that one of the texts imports and the other does not.
  std::vector<std::string> Imports;
  /// All names of either text, sorted: what else the compiler has found there,
  /// macros have declared, or the compiler itself.
  std::vector<std::string> Known;
  /// Types, and the empty path for the file, among whose declarations in either
  /// text a macro may be that declares more, sorted.
  std::vector<std::string> Expanding;
};

InterfaceChange compareInterfaces(llvm::StringRef Before,
                                  llvm::StringRef After);

/// What a declaration says, as far as other declarations are made of it.
///
/// A file that uses a type is compiled to something else if the layout of one
/// of the type's fields changes. The compiler notes names while it checks
/// types, and none while it lays them out.
struct Meaning {
  DeclaredName Declared;
  bool IsType = false;
  bool IsClass = false;
  bool IsAlias = false;
  /// A type that conforming types say, or that follows from their members.
  bool IsAssociated = false;
  /// A protocol, or an alias, which may be one of some.
  bool IsProtocol = false;
  /// See Declaration::IsReference.
  bool IsReference = false;
  /// What it inherits or may mean.
  std::vector<std::string> Protocols;
  /// The position of the type that is laid out by it, or NoOwner.
  uint32_t Owner = 0xFFFFFFFF;
  /// Hashes of the names that it mentions; of a type those in its heading, of
  /// an extension none.
  /// Ascending.
  std::vector<uint64_t> Mentions;
};

constexpr uint32_t NoOwner = 0xFFFFFFFF;

/// The hash of a name, as in Meaning::Mentions.
uint64_t hashOfName(llvm::StringRef Name);

/// The names by which the standard library asks whether a type conforms to one
/// of its protocols where it could do without, and the protocols that it is
/// made of; null for another protocol.
const std::vector<llvm::StringRef> *namesAsking(llvm::StringRef Protocol);

/// The requirements of the standard library's protocols, and Foundation's, by
/// which their associated types of a name are inferred; null for another name.
const std::vector<llvm::StringRef> *
requirementsInferring(llvm::StringRef Associated);

/// Of all declarations of a text, extensions and imports apart. Nothing if it
/// is not understood.
std::optional<std::vector<Meaning>> meaningsOf(llvm::StringRef Text);

} // namespace hotswift
