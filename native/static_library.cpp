#include "static_library.h"

#include "errors.h"

#include "llvm/ExecutionEngine/Orc/ObjectFileInterface.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ObjectFile.h"

using namespace llvm;

namespace hotswift {

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
