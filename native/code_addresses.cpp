#include "code_addresses.h"

#include "crash_record.h"
#include "object_units.h"

#include "llvm/ADT/DenseMap.h"

using namespace llvm;
using namespace llvm::jitlink;

namespace hotswift {

void CodeAddressesPlugin::modifyPassConfig(
    orc::MaterializationResponsibility &MR, LinkGraph &G,
    PassConfiguration &Config) {
  if (!recordsCrashes())
    return;
  auto InObject = std::make_shared<DenseMap<const Block *, uint64_t>>();
  // Before memory is allocated blocks have the addresses of the object.
  Config.PrePrunePasses.push_back([InObject](LinkGraph &G) {
    for (const Block *B : G.blocks())
      if (isCode(*B))
        InObject->try_emplace(B, B->getAddress().getValue());
    return Error::success();
  });
  // At the end: a link that fails is not worth telling of.
  const bool IsPatch =
      StringRef(MR.getTargetJITDylib().getName()).starts_with("patch-");
  Config.PostFixupPasses.push_back([InObject, IsPatch](LinkGraph &G) {
    std::vector<CodeRange> Ranges;
    for (const Block *B : G.blocks())
      // What the linker itself adds, such as stubs, is in no object.
      if (const auto Known = InObject->find(B); Known != InObject->end())
        Ranges.push_back(
            {Known->second, B->getAddress().getValue(), B->getSize()});
    if (!Ranges.empty())
      recordCode(G.getName(), IsPatch, Ranges);
    return Error::success();
  });
}

} // namespace hotswift
