#include "swift_metadata.h"

#include "errors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ExecutionEngine/JITLink/JITLink.h"

using namespace llvm;

namespace hotswift {
namespace {

#ifdef __APPLE__
constexpr std::array<StringRef, MetadataSectionCount> SectionNames = {
    "__TEXT,__swift5_protos",  "__TEXT,__swift5_proto",
    "__TEXT,__swift5_types",   "__TEXT,__swift5_typeref",
    "__TEXT,__swift5_reflstr", "__TEXT,__swift5_fieldmd",
    "__TEXT,__swift5_assocty", "__TEXT,__swift5_replace",
    "__TEXT,__swift5_replac2", "__TEXT,__swift5_builtin",
    "__TEXT,__swift5_capture", "__TEXT,__swift5_mpenum",
    "__TEXT,__swift5_acfuncs", "__TEXT,__swift5_rattrs",
    "__TEXT,__swift5_tests"};
#else
constexpr std::array<StringRef, MetadataSectionCount> SectionNames = {
    "swift5_protocols",
    "swift5_protocol_conformances",
    "swift5_type_metadata",
    "swift5_typeref",
    "swift5_reflstr",
    "swift5_fieldmd",
    "swift5_assocty",
    "swift5_replace",
    "swift5_replac2",
    "swift5_builtin",
    "swift5_capture",
    "swift5_mpenum",
    "swift5_accessible_functions",
    "swift5_runtime_attributes",
    "swift5_tests"};
#endif

/// `swift::MetadataSections`, version 4: what the constructor in the
/// toolchain's own swiftrt.o fills in before it calls `swift_addNewDSOImage`
/// (Swift 6.0: 272 bytes, version word 4).
struct MetadataSectionsRecord {
  uintptr_t Version = 4;
  const void *BaseAddress = nullptr;
  void *Unused0 = nullptr;
  void *Unused1 = nullptr;
  std::array<MetadataRange, MetadataSectionCount> Sections;
};
static_assert(sizeof(MetadataSectionsRecord) == 272);

Error keepMetadata(jitlink::LinkGraph &G) {
  for (StringRef Name : SectionNames) {
    jitlink::Section *Section = G.findSectionByName(Name);
    if (!Section)
      continue;
    // The runtime would read it where nothing is.
    if (Section->getMemLifetime() == orc::MemLifetime::NoAlloc)
      return makeError(ErrorKind::Link, G.getName() + ": has Swift metadata (" +
                                            Name + ") that is not loaded");
    DenseSet<jitlink::Block *> Kept;
    for (jitlink::Symbol *Symbol : Section->symbols()) {
      Symbol->setLive(true);
      Kept.insert(&Symbol->getBlock());
    }
    for (jitlink::Block *Block : Section->blocks())
      if (!Kept.contains(Block))
        G.addAnonymousSymbol(*Block, 0, Block->getSize(), /*IsCallable=*/false,
                             /*IsLive=*/true);
  }
  return Error::success();
}

ObjectMetadata locateMetadata(jitlink::LinkGraph &G) {
  ObjectMetadata Found;
  Found.Object = G.getName();
  for (auto [Index, Name] : enumerate(SectionNames)) {
    jitlink::Section *Section = G.findSectionByName(Name);
    if (!Section || Section->blocks_size() == 0)
      continue;
    jitlink::SectionRange Range(*Section);
    Found.Sections[Index] = {Range.getStart().getValue(),
                             static_cast<size_t>(Range.getSize())};
  }
  return Found;
}

} // namespace

bool ObjectMetadata::empty() const {
  return all_of(Sections,
                [](const MetadataRange &Range) { return Range.Length == 0; });
}

void SwiftMetadataPlugin::modifyPassConfig(
    orc::MaterializationResponsibility &MR, jitlink::LinkGraph &G,
    jitlink::PassConfiguration &Config) {
  Config.PrePrunePasses.push_back(keepMetadata);
  Config.PostFixupPasses.push_back(
      [this, JD = &MR.getTargetJITDylib()](jitlink::LinkGraph &G) -> Error {
        ObjectMetadata Found = locateMetadata(G);
        if (!Found.empty()) {
          std::lock_guard Lock(Mutex);
          Pending[JD].push_back(std::move(Found));
        }
        return Error::success();
      });
}

std::vector<ObjectMetadata> SwiftMetadataPlugin::take(const orc::JITDylib &JD) {
  std::lock_guard Lock(Mutex);
  auto Entry = Pending.extract(&JD);
  return Entry ? std::move(Entry.mapped()) : std::vector<ObjectMetadata>();
}

Error registerMetadata(const ObjectMetadata &Metadata,
                       const Libraries &Runtime) {
  auto *AddImage = reinterpret_cast<void (*)(const void *)>(
      Runtime.find("swift_addNewDSOImage"));
  if (!AddImage)
    return makeError(ErrorKind::Library,
                     Metadata.Object +
                         " holds Swift code, but the Swift runtime is not "
                         "loaded: the object names no Swift library");
  // Never freed: the runtime keeps the address.
  auto *Record = new MetadataSectionsRecord;
  Record->Sections = Metadata.Sections;
  Record->BaseAddress = Record;
  AddImage(Record);
  return Error::success();
}

} // namespace hotswift
