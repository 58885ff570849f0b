#include "apply_fixups.h"

#include "llvm/ExecutionEngine/JITLink/aarch64.h"
#include "llvm/ExecutionEngine/JITLink/x86_64.h"

using namespace llvm;
using namespace llvm::jitlink;

namespace hotswift {
namespace {

/// The base of the global offset table, which JITLink defines in each graph
/// that refers to it; null where none does.
const Symbol *findGlobalOffsetTable(LinkGraph &G) {
  const auto IsTable = [](const Symbol *S) {
    return S->hasName() && *S->getName() == "_GLOBAL_OFFSET_TABLE_";
  };
  for (const Symbol *S : G.defined_symbols())
    if (IsTable(S))
      return S;
  for (const Symbol *S : G.absolute_symbols())
    if (IsTable(S))
      return S;
  return nullptr;
}

Error applyFixup(LinkGraph &G, Block &B, const Edge &E,
                 const Symbol *GlobalOffsetTable) {
  if (G.getTargetTriple().getArch() == Triple::x86_64)
    return x86_64::applyFixup(G, B, E, GlobalOffsetTable);
  return aarch64::applyFixup(G, B, E, GlobalOffsetTable);
}

Error applyFixups(LinkGraph &G) {
  const Symbol *GlobalOffsetTable = findGlobalOffsetTable(G);
  for (Section &S : G.sections())
    for (Block *B : S.blocks()) {
      // The contents of what is not loaded, such as debug information, are
      // those of the object, which is not ours to write to.
      if (S.getMemLifetime() == orc::MemLifetime::NoAlloc)
        static_cast<void>(B->getMutableContent(G));
      for (const Edge &E : B->edges())
        if (E.isRelocation())
          if (Error Failure = applyFixup(G, *B, E, GlobalOffsetTable))
            return Failure;
      // From the end: anywhere else the rest would move up.
      while (!B->edges_empty())
        B->removeEdge(std::prev(B->edges().end()));
    }
  return Error::success();
}

} // namespace

void ApplyFixupsPlugin::modifyPassConfig(orc::MaterializationResponsibility &MR,
                                         LinkGraph &G,
                                         PassConfiguration &Config) {
  const Triple &Target = G.getTargetTriple();
  const bool IsKnown =
      Target.getArch() == Triple::x86_64 || Target.getArch() == Triple::aarch64;
  if (IsKnown && &MR.getTargetJITDylib() != Platform)
    Config.PreFixupPasses.push_back(applyFixups);
}

Error ApplyFixupsPlugin::notifyFailed(orc::MaterializationResponsibility &MR) {
  std::lock_guard Lock(Mutex);
  Failed.insert(&MR.getTargetJITDylib());
  return Error::success();
}

bool ApplyFixupsPlugin::hasFailed(const orc::JITDylib &JD) {
  std::lock_guard Lock(Mutex);
  return Failed.contains(&JD);
}

} // namespace hotswift
