#include "cache_files.h"

#include "file_digest.h"
#include "file_lock.h"
#include "folder_walk.h"

#include <algorithm>
#include <utility>

namespace hotswift {
namespace {

class DigestWork : public PromisedWork {
public:
  DigestWork(Napi::Env Env, std::vector<std::string> Paths)
      : PromisedWork(Env), Paths(std::move(Paths)) {}

private:
  llvm::Error work() override {
    for (const std::string &Path : Paths)
      Digests.push_back(fileDigest(Path.c_str()));
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    return arrayOf(Env, Digests);
  }

  const std::vector<std::string> Paths;
  std::vector<std::string> Digests;
};

class LockWork : public PromisedWork {
public:
  LockWork(Napi::Env Env, int Descriptor, bool IsExclusive,
           std::chrono::milliseconds Patience)
      : PromisedWork(Env), Descriptor(Descriptor), IsExclusive(IsExclusive),
        Patience(Patience) {}

private:
  llvm::Error work() override {
    Result = hotswift::lockFile(Descriptor, IsExclusive, Patience);
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    return Napi::String::New(Env, name());
  }
  const char *name() const {
    switch (Result) {
    case LockResult::Locked:
      return "locked";
    case LockResult::Busy:
      return "busy";
    case LockResult::Unsupported:
      return "unsupported";
    }
    return "";
  }

  const int Descriptor;
  const bool IsExclusive;
  const std::chrono::milliseconds Patience;
  LockResult Result = LockResult::Unsupported;
};

class MeasureWork : public PromisedWork {
public:
  MeasureWork(Napi::Env Env, std::vector<std::string> Folders, size_t Limit)
      : PromisedWork(Env), Folders(std::move(Folders)), Limit(Limit) {}

private:
  llvm::Error work() override {
    Measured = hotswift::measureFiles(std::move(Folders), Limit);
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    auto Shared = Napi::Float64Array::New(Env, Measured.Shared.size() * 3);
    double *Cell = Shared.Data();
    for (const SharedFile &File : Measured.Shared)
      Cell = std::copy(File.begin(), File.end(), Cell);
    auto Result = Napi::Object::New(Env);
    Result.Set("bytes", Measured.Bytes);
    Result.Set("shared", Shared);
    Result.Set("rest", arrayOf(Env, Measured.Rest));
    return Result;
  }

  std::vector<std::string> Folders;
  const size_t Limit;
  MeasuredFiles Measured;
};

class RemoveWork : public PromisedWork {
public:
  RemoveWork(Napi::Env Env, std::string Folder, size_t Limit)
      : PromisedWork(Env), Folder(std::move(Folder)), Limit(Limit) {}

private:
  llvm::Error work() override {
    IsDone = hotswift::removeFiles(Folder, Limit);
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    return Napi::Boolean::New(Env, IsDone);
  }

  const std::string Folder;
  const size_t Limit;
  bool IsDone = false;
};

Napi::Value digest(const Napi::CallbackInfo &Info) {
  return (new DigestWork(Info.Env(), strings(Info[0])))->start();
}

Napi::Value lock(const Napi::CallbackInfo &Info) {
  return (new LockWork(Info.Env(), static_cast<int>(number(Info[0])),
                       Info[1].As<Napi::Boolean>().Value(),
                       std::chrono::milliseconds(number(Info[2]))))
      ->start();
}

Napi::Value measure(const Napi::CallbackInfo &Info) {
  return (new MeasureWork(Info.Env(), strings(Info[0]), number(Info[1])))
      ->start();
}

Napi::Value remove(const Napi::CallbackInfo &Info) {
  return (new RemoveWork(Info.Env(), Info[0].As<Napi::String>().Utf8Value(),
                         number(Info[1])))
      ->start();
}

} // namespace

void defineCacheFiles(Napi::Env Env, Napi::Object Exports) {
  Exports.Set("fileDigests", Napi::Function::New(Env, digest));
  Exports.Set("lockFile", Napi::Function::New(Env, lock));
  Exports.Set("measureFiles", Napi::Function::New(Env, measure));
  Exports.Set("removeFiles", Napi::Function::New(Env, remove));
}

} // namespace hotswift
