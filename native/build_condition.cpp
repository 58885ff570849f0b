#include "build_condition.h"

#include "llvm/ADT/STLExtras.h"

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

using llvm::ArrayRef;
using llvm::StringRef;

namespace hotswift {
namespace {

#if defined(__APPLE__)
constexpr StringRef Systems[] = {"macOS", "OSX"};
#else
constexpr StringRef Systems[] = {"Linux"};
#endif

#if defined(__x86_64__)
constexpr StringRef Architecture = "x86_64";
#elif defined(__aarch64__)
constexpr StringRef Architecture = "arm64";
#else
constexpr StringRef Architecture;
#endif

/// Whether a module can be imported that is of a C library or another part of
/// some system, and so cannot be on others. Nothing for other modules.
std::optional<bool> canImport(StringRef Module) {
  if (!llvm::is_contained({"Android", "Bionic", "Darwin", "Glibc", "Musl",
                           "ObjectiveC", "ucrt", "WASILibc", "WinSDK"},
                          Module))
    return std::nullopt;
#if defined(__APPLE__)
  return Module == "Darwin" || Module == "ObjectiveC";
#elif defined(__GLIBC__)
  return Module == "Glibc";
#else
  return std::nullopt;
#endif
}

/// The value of `Name(Argument)`.
std::optional<bool> valueOf(StringRef Name, StringRef Argument) {
  if (Name == "os")
    return llvm::is_contained(Systems, Argument);
  if (Name == "arch" && !Architecture.empty())
    return Argument == Architecture;
  if (Name == "canImport")
    return canImport(Argument);
  if (Name == "targetEnvironment" &&
      (Argument == "simulator" || Argument == "macCatalyst"))
    return false;
  return std::nullopt;
}

BuildCondition known(bool Value) { return {Value, {}}; }

BuildCondition negated(BuildCondition Of) {
  if (Of.Value)
    return known(!*Of.Value);
  return {std::nullopt, "!" + Of.Rest};
}

/// `IsAnd`: `&&`, else `||`.
BuildCondition combined(BuildCondition Left, bool IsAnd, BuildCondition Right) {
  for (auto &[One, Other] : {std::tie(Left, Right), std::tie(Right, Left)})
    if (One.Value)
      return *One.Value == IsAnd ? std::move(Other) : known(!IsAnd);
  return {std::nullopt,
          '(' + Left.Rest + (IsAnd ? "&&" : "||") + Right.Rest + ')'};
}

/// Operands and operators wait until what binds them more closely is known.
class ConditionReader {
public:
  ConditionReader(StringRef Text, ArrayRef<SwiftToken> Tokens)
      : Text(Text), Tokens(Tokens) {}

  std::optional<BuildCondition> run();

private:
  enum class Sign : uint8_t { Open, Or, And, Not };

  StringRef said(size_t At) const {
    return Text.slice(Tokens[At].Start, Tokens[At].End);
  }
  bool is(size_t At, StringRef What) const {
    return At < Tokens.size() && said(At) == What;
  }
  std::string textOf(size_t First, size_t Last) const;
  std::optional<BuildCondition> readOperand();
  bool reduce(Sign Weakest);

  StringRef Text;
  ArrayRef<SwiftToken> Tokens;
  size_t At = 0;
  std::vector<BuildCondition> Operands;
  std::vector<Sign> Signs;
};

std::string ConditionReader::textOf(size_t First, size_t Last) const {
  std::string Result;
  for (size_t Each = First; Each < Last; ++Each) {
    Result += said(Each);
    Result += ' ';
  }
  return Result;
}

/// A flag, a literal, or a name with arguments.
std::optional<BuildCondition> ConditionReader::readOperand() {
  const size_t First = At;
  if (Tokens[At].Kind != TokenKind::Identifier)
    return std::nullopt;
  const StringRef Name = said(At++);
  if (!is(At, "(")) {
    if (Name == "true" || Name == "false")
      return known(Name == "true");
    return BuildCondition{std::nullopt, textOf(First, At)};
  }
  size_t Depth = 0;
  for (; At < Tokens.size(); ++At) {
    Depth += is(At, "(");
    if (is(At, ")") && --Depth == 0)
      break;
  }
  if (At == Tokens.size())
    return std::nullopt;
  ++At;
  const auto Value =
      At - First == 4 ? valueOf(Name, said(First + 2)) : std::optional<bool>();
  return Value ? known(*Value)
               : BuildCondition{std::nullopt, textOf(First, At)};
}

/// Applies the signs that bind as closely as this one, or more so. False where
/// they have nothing to apply to.
bool ConditionReader::reduce(Sign Weakest) {
  while (!Signs.empty() && Signs.back() >= Weakest) {
    const Sign Each = Signs.back();
    Signs.pop_back();
    if (Operands.size() < (Each == Sign::Not ? 1 : 2))
      return false;
    BuildCondition Right = std::move(Operands.back());
    Operands.pop_back();
    if (Each == Sign::Not) {
      Operands.push_back(negated(std::move(Right)));
      continue;
    }
    BuildCondition Left = std::move(Operands.back());
    Operands.back() =
        combined(std::move(Left), Each == Sign::And, std::move(Right));
  }
  return true;
}

std::optional<BuildCondition> ConditionReader::run() {
  bool WantsOperand = true;
  while (At < Tokens.size()) {
    if (WantsOperand) {
      if (is(At, "!") || is(At, "(")) {
        Signs.push_back(is(At, "!") ? Sign::Not : Sign::Open);
        ++At;
        continue;
      }
      auto Operand = readOperand();
      if (!Operand)
        return std::nullopt;
      Operands.push_back(std::move(*Operand));
      WantsOperand = false;
      continue;
    }
    if (is(At, ")")) {
      if (!reduce(Sign::Or) || Signs.empty())
        return std::nullopt;
      Signs.pop_back();
    } else if (is(At, "&&") || is(At, "||")) {
      const Sign Next = is(At, "&&") ? Sign::And : Sign::Or;
      if (!reduce(Next))
        return std::nullopt;
      Signs.push_back(Next);
      WantsOperand = true;
    } else {
      return std::nullopt;
    }
    ++At;
  }
  if (WantsOperand || !reduce(Sign::Or) || !Signs.empty() ||
      Operands.size() != 1)
    return std::nullopt;
  return std::move(Operands.front());
}

} // namespace

BuildCondition buildCondition(StringRef Text, ArrayRef<SwiftToken> Tokens) {
  if (auto Read = ConditionReader(Text, Tokens).run())
    return std::move(*Read);
  std::string All;
  for (const SwiftToken &Each : Tokens) {
    All += Text.slice(Each.Start, Each.End);
    All += ' ';
  }
  return {std::nullopt, std::move(All)};
}

} // namespace hotswift
