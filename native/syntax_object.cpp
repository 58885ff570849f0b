#include "syntax_object.h"

#include "syntax.h"

#include <array>
#include <memory>

namespace hotswift {
namespace {

/// Rows of numbers, one after the other.
template <typename Row, typename Cells>
Napi::Uint32Array table(Napi::Env Env, const std::vector<Row> &Rows,
                        size_t Width, Cells CellsOf) {
  auto Result = Napi::Uint32Array::New(Env, Rows.size() * Width);
  uint32_t *Next = Result.Data();
  for (const Row &Each : Rows)
    for (const uint32_t Cell : CellsOf(Each))
      *Next++ = Cell;
  return Result;
}

class ParseWork : public PromisedWork {
public:
  ParseWork(Napi::Env Env, std::shared_ptr<SyntaxTree> With, std::string Text)
      : PromisedWork(Env), With(std::move(With)), Text(std::move(Text)) {}

private:
  llvm::Error work() override {
    Found = With->parse(std::move(Text));
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    auto Result = Napi::Object::New(Env);
    Result.Set("literals",
               table(Env, Found.Literals, 7, [](const SourceLiteral &Each) {
                 return std::array{static_cast<uint32_t>(Each.Kind),
                                   Each.Start,
                                   Each.End,
                                   static_cast<uint32_t>(Each.Why),
                                   Each.Body,
                                   Each.CalleeStart,
                                   Each.CalleeEnd};
               }));
    Result.Set(
        "bodies", table(Env, Found.Bodies, 3, [](const SourceBody &Each) {
          return std::array{Each.Start, Each.End, uint32_t{!Each.IsUnderstood}};
        }));
    Result.Set("previews",
               table(Env, Found.Previews, 3, [](const PreviewMacro &Each) {
                 return std::array{Each.Start, Each.NameEnd, Each.End};
               }));
    Result.Set("isUnderstood", Found.IsUnderstood);
    return Result;
  }

  std::shared_ptr<SyntaxTree> With;
  std::string Text;
  Syntax Found;
};

/// What is under way keeps the parser when JavaScript has let go of it.
class SyntaxTreeObject : public Napi::ObjectWrap<SyntaxTreeObject> {
public:
  static Napi::Function define(Napi::Env Env) {
    return DefineClass(Env, "SyntaxTree",
                       {InstanceMethod<&SyntaxTreeObject::parse>("parse")});
  }

  explicit SyntaxTreeObject(const Napi::CallbackInfo &Info)
      : ObjectWrap<SyntaxTreeObject>(Info),
        Owned(std::make_shared<SyntaxTree>()) {}

private:
  Napi::Value parse(const Napi::CallbackInfo &Info) {
    const auto Bytes = Info[0].As<Napi::Uint8Array>();
    // A copy: the caller may change its bytes in the meantime.
    std::string Text(reinterpret_cast<const char *>(Bytes.Data()),
                     Bytes.ByteLength());
    return (new ParseWork(Info.Env(), Owned, std::move(Text)))->start();
  }

  std::shared_ptr<SyntaxTree> Owned;
};

} // namespace

Napi::Function defineSyntaxTree(Napi::Env Env) {
  return SyntaxTreeObject::define(Env);
}

} // namespace hotswift
