#include "static_library.h"

#include "errors.h"

#include "llvm/ExecutionEngine/Orc/ObjectFileInterface.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Object/ObjectFile.h"

using namespace llvm;

namespace hotswift {

namespace {

const char *const IsForPrograms =
    " is not position independent: it was compiled for programs that are not. "
    "Compile it with -fPIC";
const char *const HasStaticThreadLocals =
    " has thread-local variables of the initial-exec model, which only what is "
    "loaded with a program can have: link the library into a shared one";

/// Why code with a relocation of the type can be linked into programs and
/// cannot be linked into memory; null if it can. The numbers are those of ELF.
const char *whyUnlinkable(const object::ELFObjectFileBase &Object,
                          uint64_t Type) {
  if (Object.getEMachine() == ELF::EM_X86_64)
    switch (Type) {
    case ELF::R_X86_64_8:
    case ELF::R_X86_64_16:
    case ELF::R_X86_64_32:
    case ELF::R_X86_64_32S:
    case ELF::R_X86_64_TPOFF32:
      return IsForPrograms;
    case ELF::R_X86_64_GOTTPOFF:
      return HasStaticThreadLocals;
    default:
      return nullptr;
    }
  if (Object.getEMachine() == ELF::EM_AARCH64 &&
      Type >= ELF::R_AARCH64_TLSIE_MOVW_GOTTPREL_G1 &&
      Type <= ELF::R_AARCH64_TLSIE_LD_GOTTPREL_PREL19)
    return HasStaticThreadLocals;
  return nullptr;
}

/// Of an object all of whose code and data are linked.
const char *whyUnlinkable(const object::ObjectFile &Object) {
  const auto *Elf = dyn_cast<object::ELFObjectFileBase>(&Object);
  if (!Elf)
    return nullptr;
  for (const object::ELFSectionRef Section : Elf->sections()) {
    auto Patched = Section.getRelocatedSection();
    if (!Patched) {
      consumeError(Patched.takeError());
      continue;
    }
    // Debug information has distances of 32 bits of its own.
    if (*Patched == Elf->section_end() ||
        !(object::ELFSectionRef(**Patched).getFlags() & ELF::SHF_ALLOC))
      continue;
    for (const object::RelocationRef &Each : Section.relocations())
      if (const char *Why = whyUnlinkable(*Elf, Each.getType()))
        return Why;
  }
  return nullptr;
}

} // namespace

Error StaticLibrary::refuse(const Twine &Why) const {
  return makeError(ErrorKind::Library,
                   "the static library " + Twine(Path) + " " + Why);
}

Expected<std::unique_ptr<StaticLibrary>>
StaticLibrary::read(const std::string &Path, const Triple &Target,
                    DebugSections Debug) {
  std::unique_ptr<StaticLibrary> Library(new StaticLibrary(Path));
  auto File = MemoryBuffer::getFile(Path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!File)
    return Library->refuse("cannot be read: " + File.getError().message());
  auto Archive = object::Archive::create((*File)->getMemBufferRef());
  if (!Archive)
    return Library->refuse("is no archive: " + toString(Archive.takeError()));
  if ((*Archive)->isThin())
    return Library->refuse("is a thin archive, which only names its members");

  Error Damage = Error::success();
  for (const auto &Child : (*Archive)->children(Damage)) {
    auto Member = Child.getMemoryBufferRef();
    Error Failure =
        !Member ? Library->refuse("is damaged: " + toString(Member.takeError()))
        // LLVM takes a member's size from its header.
        : Member->getBufferEnd() > (*File)->getBufferEnd()
            ? Library->refuse("is truncated")
            : Library->addMember(*Member, Target, Debug);
    if (Failure) {
      consumeError(std::move(Damage));
      return Failure;
    }
  }
  if (Damage)
    return Library->refuse("is damaged: " + toString(std::move(Damage)));
  return Library;
}

Error StaticLibrary::addMember(MemoryBufferRef Member, const Triple &Target,
                               DebugSections Debug) {
  const std::string Name =
      Path + "(" + Member.getBufferIdentifier().str() + ")";
  auto Prepared =
      prepareObject(MemoryBufferRef(Member.getBuffer(), Name), Target, Debug);
  if (!Prepared)
    return Prepared.takeError();
  append_range(Autolink, Prepared->AutolinkFlags);
  auto Object =
      object::ObjectFile::createObjectFile(Prepared->Buffer->getMemBufferRef());
  if (!Object)
    return Object.takeError();
  for (const object::SymbolRef Symbol : (*Object)->symbols()) {
    auto Flags = Symbol.getFlags();
    auto Defined = Symbol.getName();
    if (!Flags || !Defined)
      return joinErrors(Flags.takeError(), Defined.takeError());
    if ((*Flags & object::SymbolRef::SF_Global) &&
        !(*Flags & object::SymbolRef::SF_Undefined))
      Definitions.try_emplace(*Defined, Members.size());
  }
  // What was prepared has other relocations.
  auto Given = object::ObjectFile::createObjectFile(
      MemoryBufferRef(Member.getBuffer(), Name));
  if (!Given)
    return Given.takeError();
  if (const char *Why = whyUnlinkable(**Given))
    Unlinkable[Members.size()] = Name + Why;
  Members.push_back(std::move(Prepared->Buffer));
  return Error::success();
}

Error StaticLibraryGenerator::tryToGenerate(
    orc::LookupState &LS, orc::LookupKind K, orc::JITDylib &JD,
    orc::JITDylibLookupFlags JDLookupFlags,
    const orc::SymbolLookupSet &LookupSet) {
  for (const auto &[Name, Flags] : LookupSet) {
    const auto Found = Source.Definitions.find(*Name);
    if (Found == Source.Definitions.end() ||
        !Added.insert(Found->second).second)
      continue;
    if (const auto Why = Source.Unlinkable.find(Found->second);
        Why != Source.Unlinkable.end())
      return makeError(ErrorKind::Link, Why->second);
    // The library keeps the bytes.
    auto Object = MemoryBuffer::getMemBuffer(
        Source.Members[Found->second]->getMemBufferRef(),
        /*RequiresNullTerminator=*/false);
    auto Interface = orc::getObjectFileInterface(Layer.getExecutionSession(),
                                                 Object->getMemBufferRef());
    if (!Interface)
      return Interface.takeError();
    if (Error E = Layer.add(JD, std::move(Object), std::move(*Interface)))
      return E;
  }
  return Error::success();
}

} // namespace hotswift
