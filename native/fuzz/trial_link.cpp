#include "trial_link.h"

#include "../graph_plugin.h"
#include "../swift_metadata.h"
#include "../thread_locals.h"
#include "../unwind_information.h"
#include "guarded_memory.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/EHFrameRegistrationPlugin.h"
#include "llvm/ExecutionEngine/Orc/ObjectFileInterface.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/ExecutionEngine/Orc/SelfExecutorProcessControl.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;
using namespace llvm::orc;

/// libFuzzer takes these for coverage. LLVM itself is not instrumented: what it
/// says and what it finds in an object tell how far an input came.
__attribute__((
    section("__libfuzzer_extra_counters"))) static uint8_t Outcomes[4096];

namespace hotswift {
namespace {

void note(uint64_t Hash) { Outcomes[Hash % sizeof(Outcomes)] = 1; }

/// Of a message the first two words: what follows are the input's names and
/// numbers, each of which would count as something new.
void noteMessage(StringRef Message) {
  SmallVector<StringRef, 16> Words;
  Message.split(Words, ' ');
  erase_if(Words, [](StringRef Word) { return !all_of(Word, isAlpha); });
  Words.truncate(std::min<size_t>(Words.size(), 2));
  note(xxh3_64bits(join(Words, " ")));
}

/// Finds everything but some of what may be missing, near or far by its name:
/// JITLink then relaxes the access or leaves it. Far is where libraries are.
class Everything : public DefinitionGenerator {
public:
  Error tryToGenerate(LookupState &, LookupKind, JITDylib &JD,
                      JITDylibLookupFlags,
                      const SymbolLookupSet &LookupSet) override {
    constexpr uint64_t Libraries = uint64_t(0x7f00) << 32;
    SymbolMap Found;
    for (const auto &[Name, Flags] : LookupSet) {
      const uint64_t Hash = xxh3_64bits(*Name);
      if (Flags == SymbolLookupFlags::WeaklyReferencedSymbol && Hash % 4 == 0)
        continue;
      const auto Address = Hash % 2 == 0
                               ? GuardedMemoryManager::nearby(Hash)
                               : ExecutorAddr(Libraries) + uint32_t(Hash);
      Found[Name] = {Address, JITSymbolFlags::Exported};
    }
    return JD.define(absoluteSymbols(std::move(Found)));
  }
};

class NoteGraphs : public GraphPlugin {
public:
  void modifyPassConfig(MaterializationResponsibility &, jitlink::LinkGraph &,
                        jitlink::PassConfiguration &Config) override {
    Config.PostAllocationPasses.push_back([](jitlink::LinkGraph &G) {
      for (const jitlink::Block *Linked : G.blocks())
        for (const jitlink::Edge &Reference : Linked->edges())
          note(Reference.getKind());
      return Error::success();
    });
  }
};

/// What the Swift runtime does when it is given the metadata.
void readMetadata(ArrayRef<ObjectMetadata> Objects) {
  for (const ObjectMetadata &Object : Objects)
    for (const MetadataRange &Range : Object.Sections)
      for (size_t Index = 0; Index < Range.Length; ++Index)
        (void)reinterpret_cast<const volatile char *>(Range.Start)[Index];
}

Error add(ObjectLinkingLayer &Layer, JITDylib &Dylib,
          std::unique_ptr<MemoryBuffer> Object) {
  auto &Session = Layer.getExecutionSession();
  auto Interface = getObjectFileInterface(Session, Object->getMemBufferRef());
  if (!Interface)
    return Interface.takeError();
  if (!Interface->InitSymbol)
    addInitSymbol(*Interface, Session, Object->getBufferIdentifier());
  const SymbolStringPtr Wanted = Interface->InitSymbol;
  if (Error E = Layer.add(Dylib, std::move(Object), std::move(*Interface)))
    return E;
  return Session
      .lookup(
          makeJITDylibSearchOrder(&Dylib, JITDylibLookupFlags::MatchAllSymbols),
          SymbolLookupSet(Wanted, SymbolLookupFlags::WeaklyReferencedSymbol))
      .takeError();
}

} // namespace

Error trialLink(std::unique_ptr<MemoryBuffer> Object) {
  auto Control = SelfExecutorProcessControl::Create(
      /*SSP=*/nullptr, std::make_unique<InPlaceTaskDispatcher>(),
      std::make_unique<GuardedMemoryManager>());
  if (!Control)
    return Control.takeError();
  ExecutionSession Session(std::move(*Control));
  Session.setErrorReporter(
      [](Error E) { noteMessage(toString(std::move(E))); });
  Error Failed = [&]() -> Error {
    ObjectLinkingLayer Layer(Session);
    auto FrameRegistration = EHFrameRegistrationPlugin::Create(Session);
    if (!FrameRegistration)
      return FrameRegistration.takeError();
    Layer.addPlugin(std::move(*FrameRegistration));
    auto Metadata = std::make_shared<SwiftMetadataPlugin>();
    Layer.addPlugin(Metadata);
    Layer.addPlugin(std::make_shared<PackUnwindInformationPlugin>());
    Layer.addPlugin(std::make_shared<ThreadLocalsPlugin>(nullptr));
    Layer.addPlugin(std::make_shared<NoteGraphs>());
    auto &Libraries = Session.createBareJITDylib("<libraries>");
    Libraries.addGenerator(std::make_unique<Everything>());
    auto &Dylib = Session.createBareJITDylib("generation");
    Dylib.addToLinkOrder(Libraries);
    Error Linked = add(Layer, Dylib, std::move(Object));
    if (!Linked)
      readMetadata(Metadata->take(Dylib));
    return joinErrors(std::move(Linked), Session.removeJITDylib(Dylib));
  }();
  return joinErrors(std::move(Failed), Session.endSession());
}

} // namespace hotswift
