// An addon of somebody else's that embeds LLVM too, of the same version, and
// shows all of it to the process: the names are the ones that hotswift's addon
// has inside.

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"

#include <napi.h>

using namespace llvm;
using namespace llvm::orc;

namespace {

class NoCompiler : public IRCompileLayer::IRCompiler {
public:
  NoCompiler() : IRCompiler({}) {}
  Expected<std::unique_ptr<MemoryBuffer>> operator()(Module &) override {
    return createStringError("there is no compiler");
  }
};

LLJIT &jit() {
  static LLJIT &Jit = *[] {
    const Triple Host(sys::getProcessTriple());
    ExitOnError Must("neighbour: ");
    return Must(LLJITBuilder()
                    .setJITTargetMachineBuilder(JITTargetMachineBuilder(Host))
                    .setDataLayout(DataLayout(Host.computeDataLayout()))
                    .setCompileFunctionCreator(
                        [](const JITTargetMachineBuilder &)
                            -> Expected<
                                std::unique_ptr<IRCompileLayer::IRCompiler>> {
                          return std::make_unique<NoCompiler>();
                        })
                    .setObjectLinkingLayerCreator(
                        [](ExecutionSession &Session)
                            -> Expected<std::unique_ptr<ObjectLayer>> {
                          return std::make_unique<ObjectLinkingLayer>(Session);
                        })
                    .create())
        .release();
  }();
  return Jit;
}

/// run(object, symbol): links an object and calls a function `() -> int` of it.
Napi::Value run(const Napi::CallbackInfo &Info) {
  ExitOnError Must("neighbour: ");
  const std::string Path = Info[0].As<Napi::String>();
  const std::string Symbol = Info[1].As<Napi::String>();
  auto Object = MemoryBuffer::getFile(Path);
  if (!Object)
    Must(errorCodeToError(Object.getError()));
  auto &Dylib = Must(jit().createJITDylib(Path));
  Must(jit().addObjectFile(Dylib, std::move(*Object)));
  auto *Function = Must(jit().lookup(Dylib, Symbol)).toPtr<int (*)()>();
  return Napi::Number::New(Info.Env(), Function());
}

Napi::Object start(Napi::Env Env, Napi::Object Exports) {
  Exports.Set("run", Napi::Function::New(Env, run));
  return Exports;
}

} // namespace

NODE_API_MODULE(neighbour, start)
