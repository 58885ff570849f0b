#include "conformances.h"

#include <cstdint>

namespace hotswift {
namespace {

/// A pointer stored as its distance from itself ("relative pointers" in the
/// Swift ABI; RelativePointer.h). With the lowest bit set it leads to a slot
/// that holds the address.
template <typename T> const T *follow(const int32_t &Offset) {
  const intptr_t Distance = Offset & ~intptr_t(1);
  const auto *Target = reinterpret_cast<const char *>(&Offset) + Distance;
  if (Offset & 1)
    return *reinterpret_cast<const T *const *>(Target);
  return reinterpret_cast<const T *>(Target);
}

/// `TargetProtocolConformanceDescriptor` (swift/ABI/Metadata.h).
struct ConformanceDescriptor {
  int32_t Protocol;
  int32_t TypeReference;
  int32_t WitnessTablePattern;
  uint32_t Flags;

  /// Bits 3 to 5: `TypeReferenceKind` (swift/ABI/MetadataValues.h); 0 and 1 are
  /// a type descriptor, directly and through a slot.
  unsigned typeReferenceKind() const { return (Flags >> 3) & 7; }
};

/// The common head of struct, enum and class descriptors
/// (`TargetTypeContextDescriptor`).
struct TypeDescriptor {
  uint32_t Flags;
  int32_t Parent;
  int32_t Name;
  int32_t AccessFunction;

  bool isGeneric() const { return Flags & 0x80; }
};

/// `MetadataResponse`: two registers in the Swift and in the C convention.
struct MetadataResponse {
  const void *Value;
  size_t State;
};

const void *typeOf(const ConformanceDescriptor &Record) {
  const TypeDescriptor *Type = nullptr;
  const auto *Field = reinterpret_cast<const char *>(&Record.TypeReference) +
                      Record.TypeReference;
  switch (Record.typeReferenceKind()) {
  case 0:
    Type = reinterpret_cast<const TypeDescriptor *>(Field);
    break;
  case 1:
    Type = *reinterpret_cast<const TypeDescriptor *const *>(Field);
    break;
  default:
    return nullptr;
  }
  if (Type->isGeneric() || Type->AccessFunction == 0)
    return nullptr;
  const auto *Accessor = reinterpret_cast<const char *>(&Type->AccessFunction) +
                         Type->AccessFunction;
  // Request 0: complete metadata, wait for it (`MetadataRequest`).
  return reinterpret_cast<MetadataResponse (*)(size_t)>(
             reinterpret_cast<uintptr_t>(Accessor))(0)
      .Value;
}

} // namespace

std::vector<Conformance> findConformances(const ObjectMetadata &Metadata,
                                          const void *ProtocolDescriptor,
                                          const Libraries &Runtime) {
  using GetWitnessTable = const void *(*)(const ConformanceDescriptor *,
                                          const void *, const void *);
  auto WitnessTableOf =
      reinterpret_cast<GetWitnessTable>(Runtime.find("swift_getWitnessTable"));
  std::vector<Conformance> Found;
  if (!WitnessTableOf)
    return Found;

  const MetadataRange &Range = Metadata.Sections[ProtocolConformancesSection];
  const auto *Records = reinterpret_cast<const int32_t *>(Range.Start);
  for (size_t I = 0; I < Range.Length / sizeof(int32_t); ++I) {
    if (Records[I] == 0)
      continue;
    const auto *Record = follow<ConformanceDescriptor>(Records[I]);
    if (follow<void>(Record->Protocol) != ProtocolDescriptor)
      continue;
    if (const void *Type = typeOf(*Record))
      Found.push_back({Type, WitnessTableOf(Record, Type, nullptr)});
  }
  return Found;
}

} // namespace hotswift
