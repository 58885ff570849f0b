#pragma once

#include "graph_plugin.h"
#include "libraries.h"

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace hotswift {

/// A run of bytes in this process, as the Swift runtime describes sections.
struct MetadataRange {
  uintptr_t Start = 0;
  size_t Length = 0;
};

/// The sections of `MetadataSections`, in the order of that record.
enum MetadataSection : unsigned {
  ProtocolsSection,
  ProtocolConformancesSection,
  TypeMetadataSection,
  TypeReferencesSection,
  ReflectionStringsSection,
  FieldMetadataSection,
  AssociatedTypesSection,
  ReplacementsSection,
  OpaqueReplacementsSection,
  BuiltinTypesSection,
  CapturesSection,
  MultiPayloadEnumsSection,
  AccessibleFunctionsSection,
  RuntimeAttributesSection,
  TestsSection,
  MetadataSectionCount,
};

/// The Swift metadata of one linked object.
struct ObjectMetadata {
  std::string Object; ///< the name of its buffer
  std::array<MetadataRange, MetadataSectionCount> Sections;

  bool empty() const;
};

/// Finds the Swift metadata sections of every object that is linked.
///
/// Pre-prune the sections are kept alive: nothing in the object refers to them,
/// it is the runtime that reads them. Post-fixup their addresses are final.
class SwiftMetadataPlugin : public GraphPlugin {
public:
  void modifyPassConfig(llvm::orc::MaterializationResponsibility &MR,
                        llvm::jitlink::LinkGraph &G,
                        llvm::jitlink::PassConfiguration &Config) override;

  /// Hands over what was found in the objects of a JITDylib so far.
  std::vector<ObjectMetadata> take(const llvm::orc::JITDylib &JD);

private:
  std::mutex Mutex;
  std::map<const llvm::orc::JITDylib *, std::vector<ObjectMetadata>> Pending;
};

/// Makes the types and conformances of an object known to the Swift runtime,
/// for as long as the process lives: there is no way to take it back.
llvm::Error registerMetadata(const ObjectMetadata &Metadata,
                             const Libraries &Runtime);

} // namespace hotswift
