#include "engine.h"

#include "code_addresses.h"
#include "debugger.h"
#include "errors.h"
#include "literal_interface.h"
#include "private_symbols.h"
#include "thread_locals.h"
#include "unwind_information.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/EHFrameRegistrationPlugin.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/ObjectFileInterface.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;
using namespace llvm::orc;

extern "C" {
extern const char hotswift_orc_runtime[];
extern const char hotswift_orc_runtime_end[];
}

namespace hotswift {
namespace {

/// Only objects are linked here. LLJIT wants a compiler for IR all the same;
/// one that refuses keeps LLVM's code generators out of the addon.
class ObjectsOnly : public IRCompileLayer::IRCompiler {
public:
  ObjectsOnly() : IRCompiler(IRSymbolMapper::ManglingOptions()) {}
  Expected<std::unique_ptr<MemoryBuffer>> operator()(Module &) override {
    return makeError(ErrorKind::Link, "LLVM IR is not compiled here");
  }
};

Expected<std::unique_ptr<ObjectLayer>>
createLinkingLayer(ExecutionSession &Session) {
  auto Layer = std::make_unique<ObjectLinkingLayer>(Session);
  auto FrameRegistration = EHFrameRegistrationPlugin::Create(Session);
  if (!FrameRegistration)
    return FrameRegistration.takeError();
  Layer->addPlugin(std::move(*FrameRegistration));
  return std::unique_ptr<ObjectLayer>(std::move(Layer));
}

Expected<JITDylibSP> createProcessDylib(LLJIT &Jit) {
  if (Error E = loadCxxLibrary())
    return E;
  auto &Dylib = Jit.getExecutionSession().createBareJITDylib("<process>");
  auto Generator = DynamicLibrarySearchGenerator::GetForCurrentProcess(
      Jit.getDataLayout().getGlobalPrefix());
  if (!Generator)
    return Generator.takeError();
  Dylib.addGenerator(std::move(*Generator));
  return &Dylib;
}

std::unique_ptr<MemoryBuffer> orcRuntime() {
  return MemoryBuffer::getMemBuffer(
      StringRef(hotswift_orc_runtime,
                hotswift_orc_runtime_end - hotswift_orc_runtime),
      "orc_rt", /*RequiresNullTerminator=*/false);
}

} // namespace

Expected<Engine *> Engine::create(std::vector<std::string> LibrarySearchPaths,
                                  bool ForDebugger) {
  auto *Created =
      new Engine(std::move(LibrarySearchPaths),
                 ForDebugger ? DebugSections::Keep : DebugSections::Drop);
  if (Error E = Created->start())
    return E;
  return Created;
}

Error Engine::start() {
  const Triple Host(sys::getProcessTriple());
  LLJITBuilder Builder;
  Builder.setJITTargetMachineBuilder(JITTargetMachineBuilder(Host));
  Builder.setDataLayout(DataLayout(Host.computeDataLayout()));
  Builder.setCompileFunctionCreator(
      [](const JITTargetMachineBuilder &)
          -> Expected<std::unique_ptr<IRCompileLayer::IRCompiler>> {
        return std::make_unique<ObjectsOnly>();
      });
  Builder.setObjectLinkingLayerCreator(createLinkingLayer);
  // Generations see the process only behind the Swift and user libraries: Node
  // exports its own zlib, OpenSSL and libuv.
  Builder.setLinkProcessSymbolsByDefault(false);
  Builder.setProcessSymbolsJITDylibSetup(createProcessDylib);
  Builder.setPlatformSetUp(ExecutorNativePlatform(orcRuntime()));
  auto Created = Builder.create();
  if (!Created)
    return Created.takeError();
  Jit = std::move(*Created);

  auto &Session = Jit->getExecutionSession();
  Session.setErrorReporter([this](Error E) {
    std::lock_guard Lock(ReportMutex);
    Reported = joinErrors(std::move(Reported), std::move(E));
  });
  Metadata = std::make_shared<SwiftMetadataPlugin>();
  auto &Layer = cast<ObjectLinkingLayer>(Jit->getObjLinkingLayer());
  Layer.addPlugin(Metadata);
  Layer.addPlugin(std::make_shared<CodeAddressesPlugin>());
  Layer.addPlugin(std::make_shared<PackUnwindInformationPlugin>());
  Layer.addPlugin(
      std::make_shared<ThreadLocalsPlugin>(Jit->getPlatformJITDylib().get()));
  if (Debug == DebugSections::Keep)
    if (Error E = enableDebugger(*Jit))
      return E;
  Fixups =
      std::make_shared<ApplyFixupsPlugin>(Jit->getPlatformJITDylib().get());
  Layer.addPlugin(Fixups);
  ReplacingDylib = &Session.createBareJITDylib("<replacing>");
  ReplacingDylib->addGenerator(std::make_unique<InitialiserGenerator>(Shared));
  SharedDylib = &Session.createBareJITDylib("<libraries>");
  SharedDylib->addGenerator(std::make_unique<LibrarySearchGenerator>(Shared));
  return SharedDylib->define(absoluteSymbols(
      {{Session.intern(ThreadLocalResolver),
        {ExecutorAddr::fromPtr(threadLocalResolverAddress()),
         JITSymbolFlags::Exported | JITSymbolFlags::Callable}}}));
}

Expected<std::unique_ptr<WritableMemoryBuffer>>
Engine::readObject(const std::string &Path, StringSet<> &Named,
                   std::vector<std::string> &Lost) {
  auto File = MemoryBuffer::getFile(Path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false,
                                    /*IsVolatile=*/true);
  if (!File)
    return makeError(ErrorKind::Object,
                     Path + ": cannot be read: " + File.getError().message());
  auto Object = prepareObject(**File, Jit->getTargetTriple(), Debug);
  if (!Object)
    return Object.takeError();
  for (const std::string &Flag : Object->AutolinkFlags) {
    if (!Named.insert(Flag).second)
      continue;
    if (Error E = loadLibrary(Flag))
      Lost.push_back(
          (Twine(Path) + " needs " + Flag + ": " + toString(std::move(E)))
              .str());
  }
  return std::move(Object->Buffer);
}

Expected<Engine::Inputs> Engine::prepare(ArrayRef<std::string> Paths,
                                         const Requirements &Required) {
  for (const std::string &Library : Required.Libraries)
    if (Error E = loadLibrary(Library))
      return E;
  Inputs Prepared;
  Prepared.StableLibrary = Required.StableLibrary.str();
  // Objects of a module name the same ones.
  StringSet<> Named;
  const auto Read = [&](const std::string &Path) {
    return readObject(Path, Named, Prepared.LostLibraries);
  };
  std::vector<MutableArrayRef<char>> Contents;
  for (const std::string &Path : Paths) {
    auto Object = Read(Path);
    if (!Object)
      return Object.takeError();
    Contents.push_back((*Object)->getBuffer());
    Prepared.Objects.push_back(std::move(*Object));
  }
  // Who debugs looks for functions by name, and for those that nothing calls.
  if (Debug == DebugSections::Drop)
    makeSymbolsPrivate(Contents);
  for (const ObjectVersions &Versions : Required.Patches) {
    {
      std::lock_guard Lock(GenerationsMutex);
      const auto Known = Patched.find(Versions.Former);
      if (Known != Patched.end() && Known->second == Versions.Present)
        continue;
      if (Known != Patched.end())
        return makeError(ErrorKind::Link,
                         Versions.Former + " was replaced already");
    }
    auto Former = Read(Versions.Former);
    if (!Former)
      return Former.takeError();
    auto Present = Read(Versions.Present);
    if (!Present)
      return Present.takeError();
    auto Patch = FunctionPatch::prepare(
        **Former, std::move(*Present),
        Jit->getExecutionSession().getSymbolStringPool());
    if (!Patch)
      return Patch.takeError();
    Prepared.Patches.push_back(std::move(*Patch));
    Prepared.PatchedObjects.push_back(Versions);
  }
  // Last: it needs what the objects of its module need.
  if (!Required.StableLibrary.empty())
    if (Error E = Shared.load(Required.StableLibrary))
      return E;
  // Whoever patches it later says what is wrong with its symbols.
  if (Required.WillPatch)
    consumeError(
        LibrarySymbols::read(Required.StableLibrary.str()).takeError());
  return Prepared;
}

Error Engine::loadLibrary(StringRef Flag) {
  const std::string Path = Shared.findStatic(Flag);
  if (Path.empty())
    return Shared.load(Flag);
  {
    std::lock_guard Lock(StaticMutex);
    if (any_of(Static,
               [&](const auto &Known) { return Known->path() == Path; }))
      return Error::success();
  }
  auto Library = StaticLibrary::read(Path, Jit->getTargetTriple(), Debug);
  if (!Library)
    return Library.takeError();
  const std::vector<std::string> Named = (*Library)->autolinkFlags();
  {
    // First: libraries may name each other.
    std::lock_guard Lock(StaticMutex);
    Static.push_back(std::move(*Library));
  }
  for (const std::string &Other : Named)
    // Not all that is named is used; what is missing, symbols tell.
    consumeError(loadLibrary(Other));
  return Error::success();
}

Error Engine::linkEverything(
    JITDylib &Dylib, std::vector<std::unique_ptr<MemoryBuffer>> Objects) {
  auto &Session = Jit->getExecutionSession();
  SymbolLookupSet Wanted;
  for (auto &Object : Objects) {
    auto Interface = getObjectFileInterface(Session, Object->getMemBufferRef());
    if (!Interface)
      return makeError(ErrorKind::Object, Object->getBufferIdentifier() + ": " +
                                              toString(Interface.takeError()));
    // ORC links an object when a symbol of it is asked for. One that holds
    // nothing but a conformance would never be: every object gets an
    // initialiser symbol, its own, and that is asked for.
    if (!Interface->InitSymbol)
      addInitSymbol(*Interface, Session, Object->getBufferIdentifier());
    Wanted.add(Interface->InitSymbol,
               SymbolLookupFlags::WeaklyReferencedSymbol);
    if (Error E = Jit->getObjLinkingLayer().add(Dylib, std::move(Object),
                                                std::move(*Interface)))
      return E;
  }
  if (Error E = Session
                    .lookup(makeJITDylibSearchOrder(
                                &Dylib, JITDylibLookupFlags::MatchAllSymbols),
                            std::move(Wanted))
                    .takeError())
    return E;
  // Members of static libraries are linked along, and not asked for.
  if (Fixups->hasFailed(Dylib))
    return createStringError("a member of a static library cannot be linked");
  return Error::success();
}

Error Engine::explain(Error Failure, ArrayRef<std::string> Names,
                      ArrayRef<std::string> LostLibraries) {
  Error Report = Error::success();
  {
    std::lock_guard Lock(ReportMutex);
    std::swap(Report, Reported);
  }
  if (!Failure) {
    // Reports of a link that succeeded are about something else.
    consumeError(std::move(Report));
    return Error::success();
  }
  std::vector<std::string> Missing;
  std::string Reason;
  const auto Read = [&](Error E) {
    handleAllErrors(
        std::move(E),
        [&](const SymbolsNotFound &Lost) {
          for (const auto &Symbol : Lost.getSymbols())
            Missing.push_back((*Symbol).str());
        },
        [&](const FailedToMaterialize &) {},
        [&](const ErrorInfoBase &Other) {
          Reason += (Reason.empty() ? "" : "; ") + Other.message();
        });
  };
  if (Failure.isA<EngineError>()) {
    consumeError(std::move(Report));
    return Failure;
  }
  Read(std::move(Report));
  Read(std::move(Failure));
  if (!Missing.empty()) {
    llvm::sort(Missing);
    Missing.erase(llvm::unique(Missing), Missing.end());
    if (!LostLibraries.empty())
      return makeError(ErrorKind::Library, join(LostLibraries, "; "), Missing);
    return makeError(ErrorKind::Symbols, "symbols are defined nowhere",
                     Missing);
  }
  if (Reason.empty())
    Reason = "the objects could not be linked";
  // JITLink itself names the object in some of its errors only.
  if (none_of(Names, [&](const std::string &Name) {
        return StringRef(Reason).contains(Name);
      }))
    Reason += " (in " + join(Names, ", or in ") + ")";
  return makeError(ErrorKind::Link, Reason);
}

/// Links the functions that take the places of others, which are found
/// afterwards.
Expected<LinkedPatch> Engine::linkPatches(std::vector<FunctionPatch> Patches,
                                          const std::string &StableLibrary) {
  LinkedPatch Linked;
  if (Patches.empty())
    return Linked;
  auto Symbols = LibrarySymbols::read(StableLibrary);
  if (!Symbols)
    return Symbols.takeError();
  const auto Base = Shared.baseOf(StableLibrary);
  if (!Base)
    return makeError(ErrorKind::Library, StableLibrary + " is not loaded");

  const std::string Name = "patch-" + std::to_string(LinkCount);
  auto Dylib = Jit->createJITDylib(Name);
  if (!Dylib)
    return Dylib.takeError();
  Linked.Dylib = &*Dylib;
  Dylib->addGenerator(
      std::make_unique<OneLibraryGenerator>(Shared, StableLibrary));
  for (JITDylib *Other : PatchDylibs)
    Dylib->addToLinkOrder(*Other);
  Dylib->addToLinkOrder(*ReplacingDylib);
  Dylib->addToLinkOrder(*SharedDylib);
  Dylib->addToLinkOrder(*Jit->getProcessSymbolsJITDylib());

  SymbolLookupSet Wanted;
  auto &Layer = cast<ObjectLinkingLayer>(Jit->getObjLinkingLayer());
  for (auto [Index, Patch] : enumerate(Patches)) {
    auto Graph = Patch.takeGraph(**Symbols, *Base, Name + "." + Twine(Index));
    if (!Graph)
      return Graph.takeError();
    for (const auto &Redirection : Patch.redirections())
      Wanted.add(Redirection.To);
    // All of it now: it is linked as long as the patch is there.
    for (const auto &Addition : Patch.additions())
      Wanted.add(Addition);
    append_range(Linked.Writes, Patch.writes());
    if (Error E = Layer.add(*Dylib, std::move(*Graph)))
      return E;
  }
  auto Found = Jit->getExecutionSession().lookup(
      makeJITDylibSearchOrder(&*Dylib, JITDylibLookupFlags::MatchAllSymbols),
      std::move(Wanted));
  if (!Found)
    return Found.takeError();
  for (const FunctionPatch &Patch : Patches)
    for (const auto &[Entry, To] : Patch.redirections()) {
      const ExecutorAddr Target = Found->lookup(To).getAddress();
      // Before anything is changed.
      if (!isInReach(Entry, Target))
        return makeError(ErrorKind::Link,
                         "new functions are too far away from the library");
      Linked.Redirections.push_back({Entry, Target});
    }
  return Linked;
}

Error Engine::apply(const LinkedPatch &Patch) {
  for (const auto &[Entry, To] : Patch.Redirections)
    if (Error E = redirect(Entry, To))
      return E;
  for (const auto &[Address, Bytes] : Patch.Writes)
    if (Error E = overwrite(Address, Bytes))
      return E;
  if (!Patch.Dylib)
    return Error::success();
  if (Error E = Jit->initialize(*Patch.Dylib))
    return makeError(ErrorKind::Link, toString(std::move(E)));
  return Error::success();
}

Expected<size_t> Engine::link(Inputs From) {
  std::lock_guard Lock(LinkMutex);
  std::vector<std::string> Names;
  Names.reserve(From.Objects.size());
  for (const auto &Object : From.Objects)
    Names.push_back(Object->getBufferIdentifier().str());

  std::vector<std::string> PatchedNames;
  PatchedNames.reserve(From.PatchedObjects.size());
  for (const ObjectVersions &Versions : From.PatchedObjects)
    PatchedNames.push_back(Versions.Present);
  Generation Linked;
  if (Error E = explain(linkPatches(std::move(From.Patches), From.StableLibrary)
                            .moveInto(Linked.Patch),
                        PatchedNames, From.LostLibraries))
    return E;
  if (Linked.Patch.Dylib) {
    std::lock_guard GenerationsLock(GenerationsMutex);
    PatchDylibs.push_back(Linked.Patch.Dylib);
  }
  auto Dylib = Jit->createJITDylib("generation-" + std::to_string(LinkCount++));
  if (!Dylib)
    return explain(Dylib.takeError(), Names, {});
  Linked.Dylib = &*Dylib;
  for (JITDylib *Patch : PatchDylibs)
    Dylib->addToLinkOrder(*Patch);
  Dylib->addToLinkOrder(*ReplacingDylib);
  Dylib->addToLinkOrder(*SharedDylib);
  Dylib->addToLinkOrder(*Jit->getProcessSymbolsJITDylib());
  // Before static libraries: of a member that the stable library has, there is
  // to be no second copy.
  if (!From.StableLibrary.empty())
    Dylib->addGenerator(
        std::make_unique<OneLibraryGenerator>(Shared, From.StableLibrary));
  std::vector<StaticLibraryGenerator *> Generators;
  {
    std::lock_guard StaticLock(StaticMutex);
    for (const auto &Library : Static)
      Generators.push_back(
          &Dylib->addGenerator(std::make_unique<StaticLibraryGenerator>(
              *Library, Jit->getObjLinkingLayer())));
  }
  Error Failure = explain(linkEverything(*Dylib, std::move(From.Objects)),
                          Names, From.LostLibraries);
  // What is looked up later is not to add anything: the generation is whole.
  for (StaticLibraryGenerator *Generator : Generators)
    Dylib->removeGenerator(*Generator);
  if (Failure)
    return Failure;

  Linked.PatchedObjects = std::move(From.PatchedObjects);
  std::vector<ObjectMetadata> Found = Metadata->take(*Dylib);
  for (const std::string &Name : Names) {
    auto Match = find_if(Found, [&](auto &M) { return M.Object == Name; });
    if (Match == Found.end()) {
      Linked.Metadata.push_back({Name, {}});
      continue;
    }
    Linked.Metadata.push_back(std::move(*Match));
    Found.erase(Match);
  }
  append_range(Linked.Metadata, std::move(Found));
  std::lock_guard GenerationsLock(GenerationsMutex);
  Generations.push_back(std::move(Linked));
  return Generations.size() - 1;
}

Error Engine::initialize(size_t Number) {
  auto Found = generation(Number);
  if (!Found)
    return Found.takeError();
  if (Found->Initialized)
    return Error::success();
  if (Error E = apply(Found->Patch))
    return E;
  // All of them before any code runs: an initialiser may cast.
  for (const ObjectMetadata &Object : Found->Metadata)
    if (!Object.empty())
      if (Error E = registerMetadata(Object, Shared))
        return E;
  {
    std::lock_guard Lock(GenerationsMutex);
    for (const auto &[Former, Present] : Found->PatchedObjects)
      Patched[Former] = Present;
    Generations[Number].Initialized = true;
  }
  // Not through explain: what is reported now may belong to a link that goes on
  // at the same time.
  if (Error E = Jit->initialize(*Found->Dylib))
    return makeError(ErrorKind::Link, toString(std::move(E)));
  return Error::success();
}

Expected<ExecutorAddr> Engine::lookup(size_t Number, StringRef Symbol) {
  auto Found = generation(Number);
  if (!Found)
    return Found.takeError();
  // What is new in a patched file is where the patch is.
  std::vector<JITDylib *> Places{Found->Dylib};
  {
    std::lock_guard Lock(GenerationsMutex);
    append_range(Places, reverse(PatchDylibs));
  }
  for (JITDylib *Place : Places) {
    auto Address = Jit->lookup(*Place, Symbol);
    if (Address)
      return *Address;
    consumeError(Address.takeError());
  }
  return makeError(ErrorKind::Missing,
                   "the newest generation has no function " + Symbol);
}

Expected<const Generation &> Engine::generation(size_t Number) const {
  std::lock_guard Lock(GenerationsMutex);
  if (Number >= Generations.size())
    return makeError(ErrorKind::Missing,
                     "there is no generation " + Twine(Number));
  return Generations[Number];
}

} // namespace hotswift
