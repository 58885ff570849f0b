#include "swift_names.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/ConvertUTF.h"

#include <algorithm>

using namespace llvm;

namespace hotswift {
namespace {

/// Punycode (RFC 3492) with the letters that Swift uses
/// (swift/lib/Demangling/Punycode.cpp): `_` delimits, capital letters stand for
/// what RFC 3492 writes as digits.
class Punycode {
public:
  static std::string encode(ArrayRef<uint32_t> Scalars) {
    std::string Result;
    for (uint32_t C : Scalars)
      if (C < First)
        Result += static_cast<char>(C);
    const size_t Basic = Result.size();
    if (Basic > 0)
      Result += '_';
    uint32_t Next = First;
    uint64_t Delta = 0;
    uint64_t Bias = 72;
    size_t Handled = Basic;
    while (Handled < Scalars.size()) {
      uint32_t Smallest = UINT32_MAX;
      for (uint32_t C : Scalars)
        if (C >= Next)
          Smallest = std::min(Smallest, C);
      Delta += uint64_t(Smallest - Next) * (Handled + 1);
      Next = Smallest;
      for (uint32_t C : Scalars) {
        if (C < Next)
          ++Delta;
        if (C != Next)
          continue;
        appendNumber(Result, Delta, Bias);
        Bias = adapt(Delta, Handled + 1, Handled == Basic);
        Delta = 0;
        ++Handled;
      }
      ++Delta;
      ++Next;
    }
    return Result;
  }

private:
  static constexpr uint32_t First = 128;
  static constexpr uint64_t Base = 36;
  static constexpr uint64_t Least = 1;
  static constexpr uint64_t Most = 26;

  static char digit(uint64_t Value) {
    return static_cast<char>(Value < 26 ? 'a' + Value : 'A' + Value - 26);
  }

  static void appendNumber(std::string &To, uint64_t Number, uint64_t Bias) {
    for (uint64_t K = Base;; K += Base) {
      const uint64_t Threshold =
          K <= Bias ? Least : std::min(Most, std::max(Least, K - Bias));
      if (Number < Threshold)
        break;
      const uint64_t Rest = Number - Threshold;
      To += digit(Threshold + Rest % (Base - Threshold));
      Number = Rest / (Base - Threshold);
    }
    To += digit(Number);
  }

  static uint64_t adapt(uint64_t Delta, uint64_t Count, bool IsFirst) {
    Delta /= IsFirst ? 700 : 2;
    Delta += Delta / Count;
    uint64_t K = 0;
    for (; Delta > (Base - Least) * Most / 2; K += Base)
      Delta /= Base - Least;
    return K + (Base - Least + 1) * Delta / (Delta + 38);
  }
};

/// Takes identifiers off the front of a mangled name.
class IdentifierReader {
public:
  explicit IdentifierReader(StringRef &Rest) : Rest(Rest) {}

  /// Empty where no identifier stands, or one in punycode.
  std::string next() {
    if (Rest.empty() || !isDigit(Rest.front()) || Rest.starts_with("00"))
      return {};
    bool HasWords = Rest.consume_front("0");
    std::string Result;
    do {
      while (HasWords && !Rest.empty() && isAlpha(Rest.front())) {
        const char Letter = Rest.front();
        Rest = Rest.drop_front();
        // The last one in a row is a capital.
        HasWords = isLower(Letter);
        const size_t Index = toLower(Letter) - 'a';
        if (Index >= Words.size())
          return {};
        Result += Words[Index];
      }
      if (Rest.consume_front("0"))
        break;
      size_t Length = 0;
      if (Rest.consumeInteger(10, Length) || Length > Rest.size())
        return {};
      addWords(Rest.take_front(Length));
      Result += Rest.take_front(Length);
      Rest = Rest.drop_front(Length);
    } while (HasWords);
    return Result;
  }

private:
  /// A word begins with a letter, ends before `_` and before a capital after a
  /// small letter, and has two letters at least (swift/Demangling/
  /// ManglingUtils.h).
  void addWords(StringRef Text) {
    static constexpr size_t Limit = 26;
    std::optional<size_t> Start;
    for (size_t I = 0; I <= Text.size(); ++I) {
      const char Letter = I < Text.size() ? Text[I] : '\0';
      if (Start && (Letter == '_' || Letter == '\0' ||
                    (!isUpper(Text[I - 1]) && isUpper(Letter)))) {
        if (I - *Start >= 2 && Words.size() < Limit)
          Words.push_back(Text.slice(*Start, I));
        Start.reset();
      }
      if (!Start && Letter != '_' && Letter != '\0' && !isDigit(Letter))
        Start = I;
    }
  }

  StringRef &Rest;
  SmallVector<StringRef, 26> Words;
};

/// Types of the standard library that have names of two letters
/// (docs/ABI/Mangling.rst, `known-nominal-type-kind`).
StringRef standardType(StringRef Mangled) {
  return StringSwitch<StringRef>(Mangled)
      .Case("SA", "AutoreleasingUnsafeMutablePointer")
      .Case("Sa", "Array")
      .Case("SB", "BinaryFloatingPoint")
      .Case("Sb", "Bool")
      .Case("SD", "Dictionary")
      .Case("Sd", "Double")
      .Case("SE", "Encodable")
      .Case("Se", "Decodable")
      .Case("SF", "FloatingPoint")
      .Case("Sf", "Float")
      .Case("SG", "RandomNumberGenerator")
      .Case("SH", "Hashable")
      .Case("Sh", "Set")
      .Case("SI", "DefaultIndices")
      .Case("Si", "Int")
      .Case("SJ", "Character")
      .Case("Sj", "Numeric")
      .Case("SK", "BidirectionalCollection")
      .Case("Sk", "RandomAccessCollection")
      .Case("SL", "Comparable")
      .Case("Sl", "Collection")
      .Case("SM", "MutableCollection")
      .Case("Sm", "RangeReplaceableCollection")
      .Case("SN", "ClosedRange")
      .Case("Sn", "Range")
      .Case("SO", "ObjectIdentifier")
      .Case("SP", "UnsafePointer")
      .Case("Sp", "UnsafeMutablePointer")
      .Case("SQ", "Equatable")
      .Case("Sq", "Optional")
      .Case("SR", "UnsafeBufferPointer")
      .Case("Sr", "UnsafeMutableBufferPointer")
      .Case("SS", "String")
      .Case("Ss", "Substring")
      .Case("ST", "Sequence")
      .Case("St", "IteratorProtocol")
      .Case("SU", "UnsignedInteger")
      .Case("Su", "UInt")
      .Case("SV", "UnsafeRawPointer")
      .Case("Sv", "UnsafeMutableRawPointer")
      .Case("SW", "UnsafeRawBufferPointer")
      .Case("Sw", "UnsafeMutableRawBufferPointer")
      .Case("SX", "RangeExpression")
      .Case("Sx", "Strideable")
      .Case("SY", "RawRepresentable")
      .Case("Sy", "StringProtocol")
      .Case("SZ", "SignedInteger")
      .Case("Sz", "BinaryInteger")
      .Default({});
}

struct NestedTypes {
  /// The outermost first, one at least.
  std::vector<std::string> Names;
  /// Whether nothing follows: constraints do, as of a type that need not be
  /// copyable.
  bool IsWhole;
};

/// Goes on to what is nested in an extension: `E` stands between that and the
/// constraints of the extension. False if there is none.
bool skipConstraints(StringRef &Rest, IdentifierReader &Identifiers) {
  while (!Rest.empty()) {
    if (Rest.front() == 'E' && Rest.size() > 1 && isDigit(Rest[1])) {
      Rest = Rest.drop_front();
      return true;
    }
    if (isDigit(Rest.front())) {
      if (Identifiers.next().empty())
        return false;
    } else if (Rest.consume_front("A")) {
      // Substitutions: letters, each of which may be said several times; the
      // last is a capital or, after a number, `_`.
      Rest = Rest.drop_while([](char C) { return isDigit(C) || isLower(C); });
      Rest = Rest.drop_front(Rest.empty() ? 0 : 1);
    } else {
      Rest = Rest.drop_front();
    }
  }
  return false;
}

/// Nothing if it cannot be read.
std::optional<NestedTypes> nestedTypes(StringRef Context) {
  if (const StringRef Known = standardType(Context); !Known.empty())
    return NestedTypes{{Known.str()}, true};
  StringRef Rest = Context;
  IdentifierReader Identifiers(Rest);
  // The standard library has a letter in the place of its name.
  if (!Rest.consume_front("s") && Identifiers.next().empty())
    return std::nullopt;
  NestedTypes Result;
  do {
    while (!Rest.empty() && isDigit(Rest.front())) {
      Result.Names.push_back(Identifiers.next());
      // A private one has its file's hash for a second identifier.
      if (!Rest.empty() && isDigit(Rest.front()) &&
          (Identifiers.next().empty() || !Rest.consume_front("LL")))
        return std::nullopt;
      if (Result.Names.back().empty() || Rest.empty() ||
          !StringRef("CVOPa").contains(Rest.front()))
        return std::nullopt;
      Rest = Rest.drop_front();
    }
    if (Result.Names.empty())
      return std::nullopt;
    Result.IsWhole = Rest.empty();
  } while (skipConstraints(Rest, Identifiers));
  return Result;
}

} // namespace

std::string mangleIdentifier(StringRef Identifier) {
  if (llvm::isASCII(Identifier))
    return std::to_string(Identifier.size()) + Identifier.str();
  SmallVector<UTF32, 16> Scalars(Identifier.size());
  const auto *From = Identifier.bytes_begin();
  UTF32 *To = Scalars.begin();
  ConvertUTF8toUTF32(&From, Identifier.bytes_end(), &To, Scalars.end(),
                     lenientConversion);
  Scalars.truncate(To - Scalars.begin());
  const std::string Encoded = Punycode::encode(Scalars);
  const bool IsSeparated = isDigit(Encoded.front()) || Encoded.front() == '_';
  return "00" + std::to_string(Encoded.size()) + (IsSeparated ? "_" : "") +
         Encoded;
}

std::string readableContext(StringRef Context) {
  const auto Found = nestedTypes(Context);
  if (!Found || !Found->IsWhole)
    return Context.str();
  return join(Found->Names, ".");
}

std::string lastTypeIn(StringRef Context) {
  const auto Found = nestedTypes(Context);
  return Found ? Found->Names.back() : std::string();
}

} // namespace hotswift
