// What every part of the N-API surface needs: values, errors and work on other
// threads.
#pragma once

#include "llvm/Support/Error.h"

// After LLVM's headers: both define short macro-like names.
#include <napi.h>

#include <string>
#include <vector>

namespace hotswift {

/// An error with the `kind`, and the `symbols` if it has some, of errors.h.
Napi::Error toJavaScript(Napi::Env Env, llvm::Error Failure);

/// Throws; to be returned.
Napi::Value raise(Napi::Env Env, llvm::Error Failure);

std::vector<std::string> strings(const Napi::Value &Value);
Napi::Array arrayOf(Napi::Env Env, const std::vector<std::string> &Texts);

size_t number(const Napi::Value &Value);
std::vector<size_t> numbers(const Napi::Value &Value);
Napi::Array arrayOf(Napi::Env Env, const std::vector<size_t> &Numbers);

/// Work that runs on libuv's pool and settles a promise.
class PromisedWork : public Napi::AsyncWorker {
public:
  explicit PromisedWork(Napi::Env Env)
      : AsyncWorker(Env), Deferred(Napi::Promise::Deferred::New(Env)) {}
  Napi::Promise start();

protected:
  /// On the pool.
  virtual llvm::Error work() = 0;
  /// On the JavaScript thread, after work that succeeded.
  virtual llvm::Expected<Napi::Value> finish(Napi::Env Env) = 0;

  /// Of what came before the work: it is not done then, the promise rejected.
  void fail(llvm::Error Reason) { Failure = std::move(Reason); }

private:
  void Execute() final;
  void OnOK() final;

  Napi::Promise::Deferred Deferred;
  llvm::Error Failure = llvm::Error::success();
};

} // namespace hotswift
