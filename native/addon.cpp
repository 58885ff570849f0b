// The N-API surface: arguments in, one call, result or error out.
// lib/reload/native.ts declares the same surface in TypeScript and checks the
// arguments; here they are taken as checked.
#include "backtrace.h"
#include "cache_files.h"
#include "child_process.h"
#include "command_line.h"
#include "crash_record.h"
#include "engine.h"
#include "errors.h"
#include "file_stamps.h"
#include "javascript.h"
#include "literal_interface.h"
#include "lock_wait.h"
#include "main_queue.h"
#include "module_indexes.h"
#include "peer_watch.h"
#include "png.h"
#include "preview_interface.h"
#include "resource_limits.h"
#include "script_variables.h"
#include "state_interface.h"
#include "syntax_object.h"
#include "warm_frontend_image.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>

using namespace hotswift;

namespace {

/// Not in a worker thread that is being terminated: none can be made there.
bool canBeFilled(const Napi::TypedArray &Array) { return !Array.IsEmpty(); }

/// After Swift code has run on the JavaScript thread.
void swiftHasRun(const Engine &Owner) {
  // Swift prints through C's buffered output: what a call printed belongs to
  // the reader by the time the call is answered.
  std::fflush(stdout);
  serviceRunLoop(Owner.libraries());
}

llvm::Error
refuseScriptVariables(llvm::Expected<std::vector<std::string>> Reached) {
  if (!Reached)
    return Reached.takeError();
  if (Reached->empty())
    return llvm::Error::success();
  return makeError(ErrorKind::Script, "variables of main.swift are used",
                   std::move(*Reached));
}

/// Pairs of paths, as `{ former, present }`.
std::vector<ObjectVersions> versions(const Napi::Value &Value) {
  std::vector<ObjectVersions> Result;
  if (!Value.IsArray())
    return Result;
  const auto List = Value.As<Napi::Array>();
  for (uint32_t I = 0; I < List.Length(); ++I) {
    const auto Entry = List.Get(I).As<Napi::Object>();
    Result.push_back({Entry.Get("former").As<Napi::String>().Utf8Value(),
                      Entry.Get("present").As<Napi::String>().Utf8Value()});
  }
  return Result;
}

class GenerationWork : public PromisedWork {
public:
  GenerationWork(Napi::Env Env, Engine &Owner)
      : PromisedWork(Env), Owner(Owner) {}

  Napi::Promise start(llvm::Expected<Engine::Inputs> Prepared) {
    if (Prepared)
      From = std::move(*Prepared);
    else
      fail(Prepared.takeError());
    return PromisedWork::start();
  }

private:
  llvm::Error work() override {
    auto Linked = Owner.link(std::move(From));
    if (!Linked)
      return Linked.takeError();
    Number = *Linked;
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    if (llvm::Error NoPump = pumpMainQueue(Env, Owner.libraries()))
      return NoPump;
    setCommandLine(Owner.libraries());
    llvm::Error Failure = Owner.initialize(Number);
    swiftHasRun(Owner);
    if (Failure)
      return Failure;
    return Napi::Number::New(Env, static_cast<double>(Number));
  }

  Engine &Owner;
  Engine::Inputs From;
  size_t Number = 0;
};

class EngineObject : public Napi::ObjectWrap<EngineObject> {
public:
  static Napi::Function define(Napi::Env Env) {
    return DefineClass(
        Env, "Engine",
        {
            InstanceMethod<&EngineObject::addGeneration>("addGeneration"),
            InstanceMethod<&EngineObject::lookup>("lookup"),
            InstanceMethod<&EngineObject::call>("call"),
            InstanceMethod<&EngineObject::demangle>("demangle"),
            InstanceMethod<&EngineObject::previews>("previews"),
            InstanceMethod<&EngineObject::draw>("draw"),
            InstanceMethod<&EngineObject::setUp>("setUp"),
            InstanceMethod<&EngineObject::setLiterals>("setLiterals"),
            InstanceMethod<&EngineObject::literalReads>("literalReads"),
            InstanceMethod<&EngineObject::takeState>("takeState"),
            InstanceMethod<&EngineObject::restoreState>("restoreState"),
        });
  }

  explicit EngineObject(const Napi::CallbackInfo &Info)
      : ObjectWrap<EngineObject>(Info) {
    auto Created = Engine::create(strings(Info[0]), Info[1].ToBoolean());
    if (!Created)
      raise(Info.Env(), Created.takeError());
    else
      Owned = *Created;
  }

private:
  Napi::Value addGeneration(const Napi::CallbackInfo &Info) {
    const auto Objects = strings(Info[0]);
    const auto Libraries = strings(Info[1]);
    const auto Options = Info[2].IsObject() ? Info[2].As<Napi::Object>()
                                            : Napi::Object::New(Info.Env());
    const auto Script = Options.Get("script");
    const auto Stable = Options.Get("stableLibrary");
    // The promise first: preparing takes its time, and in a worker thread that
    // is terminated meanwhile none could be made any more.
    auto *Work = new GenerationWork(Info.Env(), *Owned);
    const std::string StableLibrary =
        Stable.IsString() ? Stable.As<Napi::String>().Utf8Value() : "";
    const auto Patches = versions(Options.Get("patches"));
    auto Prepared =
        Owned->prepare(Objects, {Libraries, StableLibrary, Patches,
                                 Options.Get("willPatch").ToBoolean()});
    if (Prepared && Script.IsObject()) {
      const auto Check = Script.As<Napi::Object>();
      // Before anything runs, and is known to the runtime for good.
      if (llvm::Error Found =
              refuseScriptVariables(findScriptVariablesOfPreviews(
                  Objects, number(Check.Get("position")),
                  number(Check.Get("previewed")))))
        return Work->start(std::move(Found));
    }
    // PreviewKit is loaded now, and none of the code has run.
    if (const auto Literals = Options.Get("literals"); Literals.IsObject()) {
      const auto Range = Literals.As<Napi::Object>();
      resetLiterals(Owned->libraries(),
                    static_cast<uint32_t>(number(Range.Get("first"))),
                    static_cast<uint32_t>(number(Range.Get("count"))));
    }
    if (const auto State = Options.Get("state"); State.IsTypedArray())
      hotswift::restoreState(Owned->libraries(), bytes(State));
    return Work->start(std::move(Prepared));
  }

  Napi::Value lookup(const Napi::CallbackInfo &Info) {
    auto Address =
        Owned->lookup(number(Info[0]), Info[1].As<Napi::String>().Utf8Value());
    if (!Address)
      return raise(Info.Env(), Address.takeError());
    return Napi::BigInt::New(Info.Env(), Address->getValue());
  }

  Napi::Value call(const Napi::CallbackInfo &Info) {
    auto Address =
        Owned->lookup(number(Info[0]), Info[1].As<Napi::String>().Utf8Value());
    if (!Address)
      return raise(Info.Env(), Address.takeError());
    const int32_t Result = Address->toPtr<int32_t (*)()>()();
    swiftHasRun(*Owned);
    return Napi::Number::New(Info.Env(), Result);
  }

  /// The Swift runtime's own demangler, so that it knows what the compiler
  /// mangled; the name itself where that is not loaded.
  Napi::Value demangle(const Napi::CallbackInfo &Info) {
    using Demangle =
        char *(*)(const char *, size_t, char *, size_t *, uint32_t);
    const auto Name = Info[0].As<Napi::String>().Utf8Value();
    auto Run =
        reinterpret_cast<Demangle>(Owned->libraries().find("swift_demangle"));
    char *Text =
        Run ? Run(Name.c_str(), Name.size(), nullptr, nullptr, 0) : nullptr;
    auto Result = Napi::String::New(Info.Env(), Text ? Text : Name);
    std::free(Text);
    return Result;
  }

  Napi::Value previews(const Napi::CallbackInfo &Info) {
    Napi::Env Env = Info.Env();
    auto Found = listPreviews(*Owned, number(Info[0]), number(Info[1]));
    swiftHasRun(*Owned);
    if (!Found)
      return raise(Env, Found.takeError());
    auto List = Napi::Array::New(Env, Found->size());
    for (uint32_t I = 0; I < Found->size(); ++I) {
      const PreviewDescription &Preview = (*Found)[I];
      auto Entry = Napi::Object::New(Env);
      Entry.Set("index", I);
      Entry.Set("name", Preview.Name);
      Entry.Set("line", static_cast<double>(Preview.Line));
      if (Preview.Width > 0)
        Entry.Set("width", static_cast<double>(Preview.Width));
      if (Preview.Height > 0)
        Entry.Set("height", static_cast<double>(Preview.Height));
      List[I] = Entry;
    }
    return List;
  }

  /// A promise of what was thrown, or of nothing; undefined where there is
  /// nothing to set up.
  Napi::Value setUp(const Napi::CallbackInfo &Info) {
    Napi::Env Env = Info.Env();
    auto Deferred = Napi::Promise::Deferred::New(Env);
    auto Started = setUpPreviews(
        *Owned, number(Info[0]), [Env, Deferred](const std::string &Failures) {
          std::fflush(stdout);
          const Napi::HandleScope Scope(Env);
          Deferred.Resolve(Failures.empty() ? Env.Undefined()
                                            : Napi::String::New(Env, Failures));
        });
    swiftHasRun(*Owned);
    if (!Started)
      return raise(Env, Started.takeError());
    return *Started ? Deferred.Promise() : Env.Undefined();
  }

  Napi::Value draw(const Napi::CallbackInfo &Info) {
    Napi::Env Env = Info.Env();
    const auto Options = Info[2].As<Napi::Object>();
    DrawRequest Request;
    Request.Index = static_cast<intptr_t>(number(Options.Get("index")));
    Request.Width = static_cast<intptr_t>(number(Options.Get("width")));
    Request.Height = static_cast<intptr_t>(number(Options.Get("height")));
    Request.Scale = Options.Get("scale").As<Napi::Number>().DoubleValue();
    Request.Traits = strings(Options.Get("traits"));

    auto Deferred = Napi::Promise::Deferred::New(Env);
    llvm::Error Failure =
        drawPreview(*Owned, number(Info[0]), number(Info[1]), Request,
                    [Env, Deferred](const Drawing &Result) {
                      std::fflush(stdout);
                      settle(Env, Deferred, Result);
                    });
    swiftHasRun(*Owned);
    if (Failure)
      return raise(Env, std::move(Failure));
    return Deferred.Promise();
  }

  void setLiterals(const Napi::CallbackInfo &Info) {
    const auto Ids = Info[0].As<Napi::Uint32Array>();
    const auto Kinds = Info[1].As<Napi::Uint8Array>();
    hotswift::setLiterals(Owned->libraries(), {Ids.Data(), Ids.ElementLength()},
                          {Kinds.Data(), Kinds.ElementLength()},
                          strings(Info[2]));
  }

  Napi::Value literalReads(const Napi::CallbackInfo &Info) {
    const auto Ids = Info[0].As<Napi::Uint32Array>();
    const auto Flags = hotswift::literalReads(
        Owned->libraries(), {Ids.Data(), Ids.ElementLength()});
    auto Result = Napi::Uint8Array::New(Info.Env(), Flags.size());
    if (canBeFilled(Result))
      std::copy(Flags.begin(), Flags.end(), Result.Data());
    return Result;
  }

  /// Bytes, or undefined if no value has changed.
  Napi::Value takeState(const Napi::CallbackInfo &Info) {
    Napi::Value Result = Info.Env().Undefined();
    hotswift::takeState(Owned->libraries(), [&](llvm::ArrayRef<uint8_t> Bytes) {
      auto Array = Napi::Uint8Array::New(Info.Env(), Bytes.size());
      if (canBeFilled(Array))
        std::copy(Bytes.begin(), Bytes.end(), Array.Data());
      Result = Array;
    });
    return Result;
  }

  void restoreState(const Napi::CallbackInfo &Info) {
    hotswift::restoreState(Owned->libraries(), bytes(Info[0]));
  }

  static llvm::ArrayRef<uint8_t> bytes(const Napi::Value &Value) {
    const auto Array = Value.As<Napi::Uint8Array>();
    return {Array.Data(), Array.ElementLength()};
  }

  static void settle(Napi::Env Env, const Napi::Promise::Deferred &Deferred,
                     const Drawing &Result) {
    const auto *Text = reinterpret_cast<const char *>(Result.Bytes.data());
    switch (Result.Outcome) {
    case DrawOutcome::Thrown:
      return Deferred.Reject(
          toJavaScript(Env,
                       makeError(ErrorKind::Preview,
                                 llvm::StringRef(Text, Result.Bytes.size())))
              .Value());
    case DrawOutcome::Missing:
      return Deferred.Reject(
          toJavaScript(Env, makeError(ErrorKind::Preview,
                                      "the preview that was listed is not "
                                      "there when it is drawn"))
              .Value());
    case DrawOutcome::Svg:
    case DrawOutcome::Bitmap:
      break;
    }
    const bool IsBitmap = Result.Outcome == DrawOutcome::Bitmap;
    auto Picture = Napi::Object::New(Env);
    Picture.Set("kind", IsBitmap ? "bitmap" : "svg");
    Picture.Set("bytes", Napi::Buffer<uint8_t>::Copy(Env, Result.Bytes.data(),
                                                     Result.Bytes.size()));
    Picture.Set("width", Result.Width);
    Picture.Set("height", Result.Height);
    Picture.Set("pixelWidth", static_cast<double>(Result.PixelWidth));
    Picture.Set("pixelHeight", static_cast<double>(Result.PixelHeight));
    Deferred.Resolve(Picture);
  }

  Engine *Owned = nullptr;
};

/// Why objects cannot take the places of their former versions.
class PatchTrial : public PromisedWork {
public:
  PatchTrial(Napi::Env Env, std::vector<ObjectVersions> Objects,
             std::string Library)
      : PromisedWork(Env), Objects(std::move(Objects)),
        Library(std::move(Library)) {}

private:
  llvm::Error work() override {
    for (const auto &[Former, Present] : Objects)
      Obstacles.push_back(toString(tryPatch(Former, Present, Library)));
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    return arrayOf(Env, Obstacles);
  }

  std::vector<ObjectVersions> Objects;
  std::string Library;
  std::vector<std::string> Obstacles;
};

Napi::Value tryPatches(const Napi::CallbackInfo &Info) {
  return (new PatchTrial(Info.Env(), versions(Info[0]),
                         Info[1].As<Napi::String>().Utf8Value()))
      ->start();
}

Napi::Value encode(const Napi::CallbackInfo &Info) {
  // Each thread has its own, and what that keeps.
  thread_local PngEncoder Encoder;
  Napi::Env Env = Info.Env();
  const auto Options = Info[1].As<Napi::Object>();
  Napi::Value Picture;
  if (llvm::Error Failure =
          Encoder.encode(Info[0].As<Napi::Uint8Array>().Data(),
                         static_cast<uint32_t>(number(Options.Get("width"))),
                         static_cast<uint32_t>(number(Options.Get("height"))),
                         Options.Get("premultiplied").As<Napi::Boolean>()
                             ? Alpha::Premultiplied
                             : Alpha::Straight,
                         [&](llvm::ArrayRef<uint8_t> Bytes) {
                           Picture = Napi::Buffer<uint8_t>::Copy(
                               Env, Bytes.data(), Bytes.size());
                         }))
    return raise(Env, std::move(Failure));
  return Picture;
}

Napi::Value requireNoScriptVariables(const Napi::CallbackInfo &Info) {
  if (llvm::Error Found = refuseScriptVariables(findScriptVariablesOfFunction(
          strings(Info[0]), number(Info[1]),
          Info[2].As<Napi::String>().Utf8Value())))
    return raise(Info.Env(), std::move(Found));
  return Info.Env().Undefined();
}

Napi::Value endWith(const Napi::CallbackInfo &Info) {
  if (std::error_code Failure = endWithPeer(static_cast<int>(number(Info[0]))))
    return raise(Info.Env(), makeError(ErrorKind::System,
                                       "nothing can wait for the host's end: " +
                                           Failure.message()));
  return Info.Env().Undefined();
}

Napi::Value makeRecord(const Napi::CallbackInfo &Info) {
  return Napi::Number::New(Info.Env(), makeCrashRecord());
}

void recordInto(const Napi::CallbackInfo &Info) {
  recordCrashes(static_cast<int>(number(Info[0])));
}

class BacktraceWork : public PromisedWork {
public:
  BacktraceWork(Napi::Env Env, int Record, LibraryObjects Stable,
                DebugInformation Debug)
      : PromisedWork(Env), Record(Record), Stable(std::move(Stable)),
        Debug(Debug) {}

private:
  llvm::Error work() override {
    return hotswift::readBacktrace(Record, Stable, Debug).moveInto(Result);
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    auto Frames = Napi::Array::New(Env, Result.Frames.size());
    for (uint32_t I = 0; I < Result.Frames.size(); ++I) {
      const BacktraceFrame &Frame = Result.Frames[I];
      auto Entry = Napi::Object::New(Env);
      Entry.Set("address", llvm::utohexstr(Frame.Address, /*LowerCase=*/true));
      Entry.Set("function", Frame.Function);
      Entry.Set("library", Frame.Library);
      Entry.Set("object", Frame.Object);
      Entry.Set("file", Frame.File);
      Entry.Set("line", Frame.Line);
      Entry.Set("column", Frame.Column);
      Frames[I] = Entry;
    }
    auto Found = Napi::Object::New(Env);
    Found.Set("frames", Frames);
    Found.Set("hasMore", Result.HasMore);
    return Found;
  }

  const int Record;
  const LibraryObjects Stable;
  const DebugInformation Debug;
  Backtrace Result;
};

Napi::Value readBacktrace(const Napi::CallbackInfo &Info) {
  const auto Query = Info[1].As<Napi::Object>();
  LibraryObjects Stable{
      Query.Get("stableLibrary").As<Napi::String>().Utf8Value(),
      strings(Query.Get("objects"))};
  const auto Debug = Query.Get("debugInformation").ToBoolean()
                         ? DebugInformation::Read
                         : DebugInformation::Skip;
  return (new BacktraceWork(Info.Env(), static_cast<int>(number(Info[0])),
                            std::move(Stable), Debug))
      ->start();
}

void limit(const Napi::CallbackInfo &Info) {
  limitResources({number(Info[0]), number(Info[1])});
}

/// For processes whose output is a pipe: a line arrives when it is printed.
void bufferOutputByLine(const Napi::CallbackInfo &) {
  // With a buffer of ours: for one that glibc allocates itself, some lines come
  // in pieces.
  static std::array<char, 1 << 16> Buffer;
  std::setvbuf(stdout, Buffer.data(), _IOLBF, Buffer.size());
}

/// Whether some session's literals are in this process's DesignTimeStore. Known
/// here: of the library in JavaScript a process may have several copies.
std::atomic<bool> LiteralsAreClaimed = false;

Napi::Value claimLiterals(const Napi::CallbackInfo &Info) {
  return Napi::Boolean::New(Info.Env(), !LiteralsAreClaimed.exchange(true));
}

void releaseLiterals(const Napi::CallbackInfo &) { LiteralsAreClaimed = false; }

/// Of paths that end with a zero each, into rows that the caller provides. A
/// thousand take some 1.5 ms; by `fs.statSync`, a call for each, 4. Nothing is
/// made or looked up on the way, which would fail in a worker thread that is
/// being terminated.
void stampFiles(const Napi::CallbackInfo &Info) {
  const std::string Paths = Info[0].As<Napi::String>().Utf8Value();
  auto Rows = Info[1].As<Napi::Float64Array>();
  double *Row = Rows.Data();
  const double *const End = Row + Rows.ElementLength();
  for (size_t Start = 0; Start < Paths.size() && Row != End;) {
    const char *Path = Paths.c_str() + Start;
    const FileStamp Stamp = fileStamp(Path);
    Row = std::copy(Stamp.begin(), Stamp.end(), Row);
    Start += std::strlen(Path) + 1;
  }
}

Napi::Value openWarmFrontend(const Napi::CallbackInfo &Info) {
  return Napi::Number::New(Info.Env(), warmFrontendImage());
}

Napi::Object initialize(Napi::Env Env, Napi::Object Exports) {
  Exports.Set("Engine", EngineObject::define(Env));
  Exports.Set("ObjectIndex", defineObjectIndex(Env));
  Exports.Set("DependencyIndex", defineDependencyIndex(Env));
  Exports.Set("compareInterfaces", Napi::Function::New(Env, compareInterfaces));
  Exports.Set("haveSameTokens", Napi::Function::New(Env, haveSameTokens));
  Exports.Set("SyntaxTree", defineSyntaxTree(Env));
  Exports.Set("canPatch", Napi::Boolean::New(Env, canPatch()));
  Exports.Set("tryPatches", Napi::Function::New(Env, tryPatches));
  Exports.Set("encodePng", Napi::Function::New(Env, encode));
  Exports.Set("requireNoScriptVariables",
              Napi::Function::New(Env, requireNoScriptVariables));
  Exports.Set("endWithPeer", Napi::Function::New(Env, endWith));
  Exports.Set("makeCrashRecord", Napi::Function::New(Env, makeRecord));
  Exports.Set("recordCrashes", Napi::Function::New(Env, recordInto));
  Exports.Set("limitResources", Napi::Function::New(Env, limit));
  Exports.Set("readBacktrace", Napi::Function::New(Env, readBacktrace));
  Exports.Set("bufferOutputByLine",
              Napi::Function::New(Env, bufferOutputByLine));
  Exports.Set("claimLiterals", Napi::Function::New(Env, claimLiterals));
  Exports.Set("releaseLiterals", Napi::Function::New(Env, releaseLiterals));
#ifdef __linux__
  Exports.Set("spawnProcess", Napi::Function::New(Env, spawnProcess));
  Exports.Set("reapProcess", Napi::Function::New(Env, reapProcess));
  Exports.Set("waitForFileLock", Napi::Function::New(Env, waitForFileLock));
  Exports.Set("endProcessFamily", Napi::Function::New(Env, endProcessFamily));
  Exports.Set("reapOrphanedProcesses",
              Napi::Function::New(Env, reapOrphanedProcesses));
#endif
  defineCacheFiles(Env, Exports);
  Exports.Set("stampFiles", Napi::Function::New(Env, stampFiles));
  Exports.Set("warmFrontendImage", Napi::Function::New(Env, openWarmFrontend));
  return Exports;
}

} // namespace

NODE_API_MODULE(hotswift, initialize)
