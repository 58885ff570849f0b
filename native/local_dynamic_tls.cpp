#include "local_dynamic_tls.h"

using namespace llvm;
using object::ELF64LE;

namespace hotswift {
namespace {

/// As JITLink takes it: no symbol of another object replaces it.
bool isStrong(const ELF64LE::Sym &S) {
  return S.getBinding() == ELF::STB_LOCAL || S.getBinding() == ELF::STB_GLOBAL;
}

uint32_t typeOf(const ELF64LE::Rela &Relocation) {
  return Relocation.getType(/*isMips64EL=*/false);
}

} // namespace

std::optional<ThreadLocalAnchor>
findThreadLocalAnchor(ArrayRef<ELF64LE::Shdr> Sections,
                      ArrayRef<ELF64LE::Sym> Symbols) {
  const ELF64LE::Sym *First = nullptr;
  const auto Before = [](const ELF64LE::Sym &A, const ELF64LE::Sym &B) {
    return std::pair(uint64_t(A.st_shndx), uint64_t(A.st_value)) <
           std::pair(uint64_t(B.st_shndx), uint64_t(B.st_value));
  };
  for (const ELF64LE::Sym &S : Symbols)
    if (S.getType() == ELF::STT_TLS && isStrong(S) && S.st_name != 0 &&
        S.st_shndx != ELF::SHN_UNDEF && S.st_shndx < Sections.size() &&
        (Sections[S.st_shndx].sh_flags & ELF::SHF_TLS) &&
        (!First || Before(S, *First)))
      First = &S;
  if (!First)
    return std::nullopt;
  return ThreadLocalAnchor{static_cast<uint32_t>(First - Symbols.begin())};
}

bool isLocalDynamic(const ELF64LE::Rela &Relocation) {
  return typeOf(Relocation) == ELF::R_X86_64_TLSLD ||
         typeOf(Relocation) == ELF::R_X86_64_DTPOFF32;
}

void rewriteLocalDynamicAccess(ELF64LE::Rela &Relocation,
                               ThreadLocalAnchor Anchor) {
  if (typeOf(Relocation) == ELF::R_X86_64_TLSLD)
    Relocation.setSymbolAndType(Anchor.Symbol, ELF::R_X86_64_TLSGD,
                                /*IsMips64EL=*/false);
  else if (typeOf(Relocation) == ELF::R_X86_64_DTPOFF32)
    Relocation.setType(ELF::R_X86_64_32S, /*IsMips64EL=*/false);
}

void dropThreadLocalOffset(ELF64LE::Rela &Relocation) {
  if (typeOf(Relocation) == ELF::R_X86_64_DTPOFF32 ||
      typeOf(Relocation) == ELF::R_X86_64_DTPOFF64)
    Relocation.setSymbolAndType(0, ELF::R_X86_64_NONE, /*IsMips64EL=*/false);
}

} // namespace hotswift
