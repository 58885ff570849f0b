#include "module_indexes.h"

#include "dependency_index.h"
#include "interface_change.h"
#include "object_index.h"
#include "outline.h"

#include <memory>

namespace hotswift {
namespace {

/// One for each of the objects of a list.
template <typename Entry, typename Reader>
std::vector<Entry> entries(const Napi::Value &Value, Reader Read) {
  std::vector<Entry> Result;
  auto List = Value.As<Napi::Array>();
  Result.reserve(List.Length());
  for (uint32_t I = 0; I < List.Length(); ++I)
    Result.push_back(Read(List.Get(I).As<Napi::Object>()));
  return Result;
}

ModuleSlot slot(const Napi::Object &Entry) {
  ModuleSlot Result{number(Entry.Get("slot")), std::nullopt};
  if (const Napi::Value Path = Entry.Get("path"); Path.IsString())
    Result.Path = Path.As<Napi::String>().Utf8Value();
  return Result;
}

/// A copy: the caller may change its bytes in the meantime.
std::optional<std::string> bytes(const Napi::Value &Value) {
  if (!Value.IsTypedArray())
    return std::nullopt;
  const auto Bytes = Value.As<Napi::Uint8Array>();
  return std::string(reinterpret_cast<const char *>(Bytes.Data()),
                     Bytes.ByteLength());
}

CompiledSlot compiledSlot(const Napi::Object &Entry) {
  CompiledSlot Result{slot(Entry), {}, bytes(Entry.Get("text"))};
  if (const Napi::Value Paths = Entry.Get("alongside"); Paths.IsArray())
    Result.Alongside = strings(Paths);
  return Result;
}

EditedFile editedFile(const Napi::Object &Entry) {
  return {slot(Entry), bytes(Entry.Get("before")), bytes(Entry.Get("after"))};
}

template <typename Index, typename Entry> class SetWork : public PromisedWork {
public:
  SetWork(Napi::Env Env, std::shared_ptr<Index> Of, std::vector<Entry> Entries)
      : PromisedWork(Env), Of(std::move(Of)), Entries(std::move(Entries)),
        Order(this->Of->nextOrder()) {}

private:
  llvm::Error work() override { return Of->set(Entries, Order); }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    return Env.Undefined();
  }

  std::shared_ptr<Index> Of;
  std::vector<Entry> Entries;
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
              std::vector<EditedFile> Entries)
      : PromisedWork(Env), With(std::move(With)), Entries(std::move(Entries)) {}

private:
  llvm::Error work() override { return With->compare(Entries).moveInto(Found); }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    auto Result = Napi::Object::New(Env);
    Result.Set("changed", arrayOf(Env, Found.Changed));
    Result.Set("names", arrayOf(Env, Found.Names));
    Result.Set("dependents", arrayOf(Env, Found.Dependents));
    Result.Set("imports", arrayOf(Env, Found.Imports));
    return Result;
  }

  std::shared_ptr<DependencyIndex> With;
  std::vector<EditedFile> Entries;
  DependencyComparison Found;
};

std::vector<std::string> paths(const std::vector<DeclaredName> &Names) {
  std::vector<std::string> Result;
  Result.reserve(Names.size());
  for (const DeclaredName &Each : Names)
    Result.push_back(pathOf(Each));
  return Result;
}

/// Of two texts.
class ComparisonWork : public PromisedWork {
public:
  ComparisonWork(const Napi::CallbackInfo &Info)
      : PromisedWork(Info.Env()), Before(bytes(Info[0]).value_or("")),
        After(bytes(Info[1]).value_or("")) {}

protected:
  std::string Before;
  std::string After;
};

class InterfaceWork : public ComparisonWork {
  using ComparisonWork::ComparisonWork;

  llvm::Error work() override {
    Found = hotswift::compareInterfaces(llvm::StringRef(Before),
                                        llvm::StringRef(After));
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    auto Result = Napi::Object::New(Env);
    Result.Set("isUnknown", Found.IsUnknown);
    Result.Set("names", arrayOf(Env, paths(Found.Names)));
    std::vector<std::string> Types;
    Types.reserve(Found.Types.size() + Found.Conformances.size());
    for (const ChangedType &Each : Found.Types)
      Types.push_back(Each.Path);
    for (const ChangedConformances &Each : Found.Conformances)
      Types.push_back(Each.Type);
    Result.Set("types", arrayOf(Env, Types));
    Result.Set("opaque", arrayOf(Env, paths(Found.Opaque)));
    Result.Set("copied", arrayOf(Env, paths(Found.Copied)));
    Result.Set("imports", arrayOf(Env, Found.Imports));
    return Result;
  }

  InterfaceChange Found;
};

class TokensWork : public ComparisonWork {
  using ComparisonWork::ComparisonWork;

  llvm::Error work() override {
    const auto Tokens = hashOfTokens(Before);
    AreEqual = Tokens && Tokens == hashOfTokens(After);
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    return Napi::Boolean::New(Env, AreEqual);
  }

  bool AreEqual = false;
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
    return (new SetWork(Info.Env(), Owned, entries<ModuleSlot>(Info[0], slot)))
        ->start();
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
         InstanceMethod<&DependencyIndexObject::readersOf>("readersOf"),
         InstanceMethod<&DependencyIndexObject::externalDependencies>(
             "externalDependencies")});
  }

  explicit DependencyIndexObject(const Napi::CallbackInfo &Info)
      : ObjectWrap<DependencyIndexObject>(Info),
        Owned(std::make_shared<DependencyIndex>()) {}

private:
  Napi::Value set(const Napi::CallbackInfo &Info) {
    return (new SetWork(Info.Env(), Owned,
                        entries<CompiledSlot>(Info[0], compiledSlot)))
        ->start();
  }
  Napi::Value compare(const Napi::CallbackInfo &Info) {
    return (new CompareWork(Info.Env(), Owned,
                            entries<EditedFile>(Info[0], editedFile)))
        ->start();
  }
  Napi::Value declarations(const Napi::CallbackInfo &Info) {
    const FileDeclarations Declared = Owned->declarations(number(Info[0]));
    auto Result = Napi::Object::New(Info.Env());
    Result.Set("names", arrayOf(Info.Env(), Declared.Names));
    Result.Set("types", arrayOf(Info.Env(), Declared.Types));
    return Result;
  }
  Napi::Value readersOf(const Napi::CallbackInfo &Info) {
    return arrayOf(Info.Env(), Owned->readersOf(strings(Info[0])));
  }
  Napi::Value externalDependencies(const Napi::CallbackInfo &Info) {
    return arrayOf(Info.Env(), Owned->externalDependencies());
  }

  std::shared_ptr<DependencyIndex> Owned;
};

} // namespace

Napi::Value compareInterfaces(const Napi::CallbackInfo &Info) {
  return (new InterfaceWork(Info))->start();
}

Napi::Value haveSameTokens(const Napi::CallbackInfo &Info) {
  return (new TokensWork(Info))->start();
}

Napi::Function defineObjectIndex(Napi::Env Env) {
  return ObjectIndexObject::define(Env);
}

Napi::Function defineDependencyIndex(Napi::Env Env) {
  return DependencyIndexObject::define(Env);
}

} // namespace hotswift
