// Whatever bytes a file has, its symbols are read or are an error, and the
// object transform refuses it or makes of it what the linker can work with, and
// what can be compared with another version of itself.

#include "../body_changes.h"
#include "../object_symbols.h"
#include "../object_transform.h"
#include "../private_symbols.h"
#include "trial_link.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"

#include <cstdlib>

using namespace llvm;
using namespace hotswift;

static void fail(const Twine &Why) {
  errs() << Why << '\n';
  std::abort();
}

static void compareWithItself(MemoryBufferRef Object) {
  // Never destroyed: LLVM leaves names behind, which it would find out here,
  // where its assertions are on.
  static const std::shared_ptr<orc::SymbolStringPool> Names(
      new orc::SymbolStringPool, [](orc::SymbolStringPool *) {});
  const auto Units = [&]() -> Expected<ObjectUnits> {
    auto Graph = jitlink::createLinkGraphFromObject(Object, Names);
    if (!Graph)
      return Graph.takeError();
    return ObjectUnits::read(std::move(*Graph));
  };
  auto Former = Units();
  auto Present = Units();
  if (!Former || !Present) {
    consumeError(Former.takeError());
    consumeError(Present.takeError());
    return;
  }
  auto Changes = compareBodies(*Former, *Present);
  if (Changes && !(Changes->Values.empty() && Changes->Gone.empty()))
    fail("an object differs from itself");
  consumeError(Changes.takeError());
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  static const Triple Host(sys::getProcessTriple());
  const StringRef Bytes(reinterpret_cast<const char *>(Data), Size);
  const MemoryBufferRef Input(Bytes, "input.o");
  consumeError(readObjectSymbols(Input).takeError());
  auto Prepared = prepareObject(Input, Host);
  if (!Prepared) {
    consumeError(Prepared.takeError());
    return 0;
  }
  auto Again = prepareObject(Prepared->Buffer->getMemBufferRef(), Host);
  if (!Again)
    fail("a prepared object is refused: " + toString(Again.takeError()));
  // Fewer there can be: a section that was renamed is not read for them again.
  for (const std::string &Flag : Again->AutolinkFlags)
    if (!is_contained(Prepared->AutolinkFlags, Flag))
      fail("a prepared object asks for another library: " + Flag);
  compareWithItself(*Prepared->Buffer);
  makeSymbolsPrivate(Prepared->Buffer->getBuffer());
  consumeError(trialLink(std::move(Prepared->Buffer)));
  return 0;
}
