#include "local_dynamic_tls.h"

#include "errors.h"

#include "llvm/ExecutionEngine/JITLink/x86_64.h"
#include "llvm/Support/Endian.h"

using namespace llvm;
using namespace llvm::jitlink;
using object::ELF64LE;

namespace hotswift {
namespace {

/// A place that holds the distance of a variable from the start.
struct PendingOffset {
  Block *Place;
  Edge::OffsetT Offset;
  const Symbol *Variable;
  Edge::AddendT Addend;
};

bool isThreadLocal(const Section &S) {
  return S.getName() == ".tdata" || S.getName() == ".tbss";
}

/// The same that `findThreadLocalStart` finds: blocks still have the addresses
/// of the object's sections, which rise in the order of the file.
const Block *findStart(LinkGraph &G) {
  const Block *First = nullptr;
  for (Section &S : G.sections())
    if (isThreadLocal(S))
      for (const Block *B : S.blocks())
        if (B->getSize() > 0 &&
            (!First || B->getAddress() < First->getAddress()))
          First = B;
  return First;
}

std::vector<PendingOffset> takeOffsets(LinkGraph &G) {
  std::vector<PendingOffset> Taken;
  for (Block *B : G.blocks())
    for (Edge &E : B->edges()) {
      if (E.getKind() != x86_64::Pointer32Signed || !E.getTarget().isDefined())
        continue;
      if (!isThreadLocal(E.getTarget().getSection()))
        continue;
      Taken.push_back({B, E.getOffset(), &E.getTarget(), E.getAddend()});
      E.setKind(Edge::KeepAlive);
    }
  return Taken;
}

Error writeOffsets(LinkGraph &G, ArrayRef<PendingOffset> Pending,
                   const Block &Start) {
  for (const PendingOffset &Offset : Pending) {
    const int64_t Distance = static_cast<int64_t>(
        Offset.Variable->getAddress() - Start.getAddress() + Offset.Addend);
    if (!isInt<32>(Distance))
      return makeError(ErrorKind::Link,
                       "a thread-local variable lies out of reach");
    support::endian::write32le(Offset.Place->getMutableContent(G).data() +
                                   Offset.Offset,
                               static_cast<uint32_t>(Distance));
  }
  return Error::success();
}

} // namespace

std::optional<ThreadLocalStart>
findThreadLocalStart(ArrayRef<ELF64LE::Shdr> Sections,
                     ArrayRef<ELF64LE::Sym> Symbols) {
  const auto *First = find_if(Sections, [](const ELF64LE::Shdr &S) {
    return (S.sh_flags & ELF::SHF_ALLOC) && (S.sh_flags & ELF::SHF_TLS) &&
           S.sh_size > 0;
  });
  if (First == Sections.end())
    return std::nullopt;
  const auto *Found = find_if(Symbols, [&](const ELF64LE::Sym &S) {
    return S.getType() == ELF::STT_TLS && S.st_value == 0 &&
           S.st_shndx == First - Sections.begin();
  });
  if (Found == Symbols.end())
    return std::nullopt;
  return ThreadLocalStart{static_cast<uint32_t>(Found - Symbols.begin())};
}

bool isLocalDynamic(const ELF64LE::Rela &Relocation) {
  const uint32_t Type = Relocation.getType(/*isMips64EL=*/false);
  return Type == ELF::R_X86_64_TLSLD || Type == ELF::R_X86_64_DTPOFF32;
}

void rewriteLocalDynamicAccess(ELF64LE::Rela &Relocation,
                               ThreadLocalStart Start) {
  switch (Relocation.getType(/*isMips64EL=*/false)) {
  case ELF::R_X86_64_TLSLD:
    Relocation.setSymbolAndType(Start.Symbol, ELF::R_X86_64_TLSGD,
                                /*IsMips64EL=*/false);
    break;
  case ELF::R_X86_64_DTPOFF32:
    Relocation.setType(ELF::R_X86_64_32S, /*IsMips64EL=*/false);
    break;
  default:
    break;
  }
}

void LocalDynamicPlugin::modifyPassConfig(
    orc::MaterializationResponsibility &MR, LinkGraph &G,
    PassConfiguration &Config) {
  if (G.getTargetTriple().getArch() != Triple::x86_64)
    return;
  struct State {
    std::vector<PendingOffset> Pending;
    const Block *Start = nullptr;
  };
  auto Shared = std::make_shared<State>();
  Config.PrePrunePasses.push_back([Shared](LinkGraph &G) -> Error {
    Shared->Start = findStart(G);
    if (Shared->Start)
      Shared->Pending = takeOffsets(G);
    return Error::success();
  });
  Config.PreFixupPasses.push_back([Shared](LinkGraph &G) -> Error {
    return Shared->Pending.empty()
               ? Error::success()
               : writeOffsets(G, Shared->Pending, *Shared->Start);
  });
}

} // namespace hotswift
