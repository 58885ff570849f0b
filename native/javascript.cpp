#include "javascript.h"

#include "errors.h"

namespace hotswift {

Napi::Error toJavaScript(Napi::Env Env, llvm::Error Failure) {
  Napi::Error Result;
  llvm::handleAllErrors(
      std::move(Failure),
      [&](const EngineError &E) {
        Result = Napi::Error::New(Env, E.text());
        Result.Set("kind", Napi::String::New(Env, kindName(E.kind()).str()));
        if (!E.symbols().empty())
          Result.Set("symbols", arrayOf(Env, E.symbols()));
      },
      [&](const llvm::ErrorInfoBase &E) {
        Result = Napi::Error::New(Env, E.message());
        Result.Set("kind", "link");
      });
  return Result;
}

Napi::Value raise(Napi::Env Env, llvm::Error Failure) {
  toJavaScript(Env, std::move(Failure)).ThrowAsJavaScriptException();
  return {};
}

std::vector<std::string> strings(const Napi::Value &Value) {
  std::vector<std::string> Result;
  auto List = Value.As<Napi::Array>();
  Result.reserve(List.Length());
  for (uint32_t I = 0; I < List.Length(); ++I)
    Result.push_back(List.Get(I).As<Napi::String>().Utf8Value());
  return Result;
}

Napi::Array arrayOf(Napi::Env Env, const std::vector<std::string> &Texts) {
  auto List = Napi::Array::New(Env, Texts.size());
  for (size_t I = 0; I < Texts.size(); ++I)
    List[static_cast<uint32_t>(I)] = Texts[I];
  return List;
}

size_t number(const Napi::Value &Value) {
  return static_cast<size_t>(Value.As<Napi::Number>().Int64Value());
}

std::vector<size_t> numbers(const Napi::Value &Value) {
  std::vector<size_t> Result;
  auto List = Value.As<Napi::Array>();
  Result.reserve(List.Length());
  for (uint32_t I = 0; I < List.Length(); ++I)
    Result.push_back(number(List.Get(I)));
  return Result;
}

Napi::Array arrayOf(Napi::Env Env, const std::vector<size_t> &Numbers) {
  auto List = Napi::Array::New(Env, Numbers.size());
  for (size_t I = 0; I < Numbers.size(); ++I)
    List[static_cast<uint32_t>(I)] = static_cast<double>(Numbers[I]);
  return List;
}

Napi::Promise PromisedWork::start() {
  Napi::Promise Result = Deferred.Promise();
  Queue();
  return Result;
}

void PromisedWork::Execute() {
  if (!Failure)
    Failure = work();
}

void PromisedWork::OnOK() {
  Napi::HandleScope Scope(Env());
  if (Failure)
    return Deferred.Reject(toJavaScript(Env(), std::move(Failure)).Value());
  auto Result = finish(Env());
  if (!Result)
    return Deferred.Reject(toJavaScript(Env(), Result.takeError()).Value());
  Deferred.Resolve(*Result);
}

} // namespace hotswift
