#include "module_indexes.h"

#include "dependency_index.h"
#include "object_index.h"

#include <memory>

namespace hotswift {
namespace {

std::vector<ModuleSlot> slots(const Napi::Value &Value) {
  std::vector<ModuleSlot> Result;
  auto List = Value.As<Napi::Array>();
  Result.reserve(List.Length());
  for (uint32_t I = 0; I < List.Length(); ++I) {
    const auto Entry = List.Get(I).As<Napi::Object>();
    Result.push_back({number(Entry.Get("slot")), std::nullopt});
    if (const Napi::Value Path = Entry.Get("path"); Path.IsString())
      Result.back().Path = Path.As<Napi::String>().Utf8Value();
  }
  return Result;
}

template <typename Index> class SetWork : public PromisedWork {
public:
  SetWork(Napi::Env Env, std::shared_ptr<Index> Of,
          std::vector<ModuleSlot> Entries)
      : PromisedWork(Env), Of(std::move(Of)), Entries(std::move(Entries)),
        Order(this->Of->nextOrder()) {}

private:
  llvm::Error work() override { return Of->set(Entries, Order); }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    return Env.Undefined();
  }

  std::shared_ptr<Index> Of;
  std::vector<ModuleSlot> Entries;
  uint64_t Order;
};

class ClosureWork : public PromisedWork {
public:
  ClosureWork(Napi::Env Env, std::shared_ptr<ObjectIndex> Of,
              std::vector<size_t> Seeds)
      : PromisedWork(Env), Of(std::move(Of)), Seeds(std::move(Seeds)) {}

private:
  llvm::Error work() override {
    Found = Of->closure(Seeds);
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    auto Foreign = Napi::Array::New(Env, Found.Foreign.size());
    for (uint32_t I = 0; I < Found.Foreign.size(); ++I) {
      auto Entry = Napi::Object::New(Env);
      Entry.Set("slot", static_cast<double>(Found.Foreign[I].Slot));
      Entry.Set("symbol", Found.Foreign[I].Symbol);
      Entry.Set("isFormer", Found.Foreign[I].IsFormer);
      Foreign[I] = Entry;
    }
    auto Result = Napi::Object::New(Env);
    Result.Set("slots", arrayOf(Env, Found.Slots));
    Result.Set("foreign", Foreign);
    Result.Set("unresolved", arrayOf(Env, Found.Unresolved));
    return Result;
  }

  std::shared_ptr<ObjectIndex> Of;
  std::vector<size_t> Seeds;
  ObjectClosure Found;
};

class CompareWork : public PromisedWork {
public:
  CompareWork(Napi::Env Env, std::shared_ptr<DependencyIndex> With,
              std::vector<ModuleSlot> Entries)
      : PromisedWork(Env), With(std::move(With)), Entries(std::move(Entries)) {}

private:
  llvm::Error work() override { return With->compare(Entries).moveInto(Found); }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    auto Result = Napi::Object::New(Env);
    Result.Set("changed", arrayOf(Env, Found.Changed));
    Result.Set("names", arrayOf(Env, Found.Names));
    Result.Set("dependents", arrayOf(Env, Found.Dependents));
    return Result;
  }

  std::shared_ptr<DependencyIndex> With;
  std::vector<ModuleSlot> Entries;
  DependencyComparison Found;
};

/// What is under way keeps the index when JavaScript has let go of it.
class ObjectIndexObject : public Napi::ObjectWrap<ObjectIndexObject> {
public:
  static Napi::Function define(Napi::Env Env) {
    return DefineClass(
        Env, "ObjectIndex",
        {InstanceMethod<&ObjectIndexObject::set>("set"),
         InstanceMethod<&ObjectIndexObject::closure>("closure")});
  }

  explicit ObjectIndexObject(const Napi::CallbackInfo &Info)
      : ObjectWrap<ObjectIndexObject>(Info),
        Owned(std::make_shared<ObjectIndex>(
            Info[0].As<Napi::String>().Utf8Value())) {}

private:
  Napi::Value set(const Napi::CallbackInfo &Info) {
    return (new SetWork(Info.Env(), Owned, slots(Info[0])))->start();
  }
  Napi::Value closure(const Napi::CallbackInfo &Info) {
    return (new ClosureWork(Info.Env(), Owned, numbers(Info[0])))->start();
  }

  std::shared_ptr<ObjectIndex> Owned;
};

class DependencyIndexObject : public Napi::ObjectWrap<DependencyIndexObject> {
public:
  static Napi::Function define(Napi::Env Env) {
    return DefineClass(
        Env, "DependencyIndex",
        {InstanceMethod<&DependencyIndexObject::set>("set"),
         InstanceMethod<&DependencyIndexObject::compare>("compare"),
         InstanceMethod<&DependencyIndexObject::declarations>("declarations"),
         InstanceMethod<&DependencyIndexObject::externalDependencies>(
             "externalDependencies")});
  }

  explicit DependencyIndexObject(const Napi::CallbackInfo &Info)
      : ObjectWrap<DependencyIndexObject>(Info),
        Owned(std::make_shared<DependencyIndex>()) {}

private:
  Napi::Value set(const Napi::CallbackInfo &Info) {
    return (new SetWork(Info.Env(), Owned, slots(Info[0])))->start();
  }
  Napi::Value compare(const Napi::CallbackInfo &Info) {
    return (new CompareWork(Info.Env(), Owned, slots(Info[0])))->start();
  }
  Napi::Value declarations(const Napi::CallbackInfo &Info) {
    const FileDeclarations Declared = Owned->declarations(number(Info[0]));
    auto Result = Napi::Object::New(Info.Env());
    Result.Set("names", arrayOf(Info.Env(), Declared.Names));
    Result.Set("types", arrayOf(Info.Env(), Declared.Types));
    return Result;
  }
  Napi::Value externalDependencies(const Napi::CallbackInfo &Info) {
    return arrayOf(Info.Env(), Owned->externalDependencies());
  }

  std::shared_ptr<DependencyIndex> Owned;
};

} // namespace

Napi::Function defineObjectIndex(Napi::Env Env) {
  return ObjectIndexObject::define(Env);
}

Napi::Function defineDependencyIndex(Napi::Env Env) {
  return DependencyIndexObject::define(Env);
}

} // namespace hotswift
