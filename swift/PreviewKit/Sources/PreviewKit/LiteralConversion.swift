// From the text of a literal to what the compiler would have made of it.

enum LiteralKind: UInt8 {
  case integer = 0
  case float = 1
  case boolean = 2
  case string = 3
}

/// The result of a conversion to a type.
enum LiteralConversion<T> {
  case value(T)
  /// A type that the compiler hands a literal of another: its initialiser runs at every read, as it does in compiled code. It may have
  /// effects, make a new object, or read other literals.
  case recipe(() -> T)
  /// The type does not take this value, or the compiler would have to be asked.
  case nothing

  /// `literal` is what the type's initialiser takes. Types that are made of a literal by the compiler alone, which only the standard
  /// library has, take themselves.
  fileprivate init<Literal>(_ literal: Literal?, _ make: @escaping (Literal) -> T) {
    guard let literal else {
      self = .nothing
      return
    }
    if Literal.self == T.self, let value = literal as? T {
      self = .value(value)
    } else {
      self = .recipe { make(literal) }
    }
  }
}

/// The widest type of floating-point number: compilers read literals as one and round that to the type wanted, see
/// `_MaxBuiltinFloatType` in the standard library.
#if (arch(x86_64) || arch(i386)) && !os(Windows) && !os(Android)
  private typealias WidestFloat = Float80
#else
  private typealias WidestFloat = Double
#endif

/// A literal, as the host sends it: numbers without underscores, strings as what they say.
struct LiteralText {
  let kind: LiteralKind
  let text: String

  /// Byte for byte: `==` on strings is canonical equivalence.
  func isSame(as other: LiteralText) -> Bool {
    kind == other.kind && text.utf8.elementsEqual(other.text.utf8)
  }

  func integer<T: ExpressibleByIntegerLiteral>() -> LiteralConversion<T> {
    guard kind == .integer else { return .nothing }
    // Not by way of Int64, which is the literal type of Double: the compiler does without where it can.
    if T.self is any _ExpressibleByBuiltinIntegerLiteral.Type { return LiteralConversion(integer(as: T.self)) { $0 } }
    return LiteralConversion(integer(as: T.IntegerLiteralType.self)) { T(integerLiteral: $0) }
  }

  func float<T: ExpressibleByFloatLiteral>() -> LiteralConversion<T> {
    guard kind == .float, let value = WidestFloat(text), let type = T.FloatLiteralType.self as? any BinaryFloatingPoint.Type else {
      return .nothing
    }
    return LiteralConversion(rounded(value, to: type) as? T.FloatLiteralType) { T(floatLiteral: $0) }
  }

  func boolean<T: ExpressibleByBooleanLiteral>() -> LiteralConversion<T> {
    guard kind == .boolean, let value = Bool(text) else { return .nothing }
    return LiteralConversion(value as? T.BooleanLiteralType) { T(booleanLiteral: $0) }
  }

  func string<T: ExpressibleByStringLiteral>() -> LiteralConversion<T> {
    guard kind == .string else { return .nothing }
    return LiteralConversion(text as? T.StringLiteralType) { T(stringLiteral: $0) }
  }

  // The compiler asks a type for the string protocol first, then for that of characters, then for that of scalars, whatever the literal.

  func character<T: ExpressibleByExtendedGraphemeClusterLiteral>() -> LiteralConversion<T> {
    guard kind == .string else { return .nothing }
    if let type = T.self as? any ExpressibleByStringLiteral.Type { return string(type) }
    return character(T.self)
  }

  func scalar<T: ExpressibleByUnicodeScalarLiteral>() -> LiteralConversion<T> {
    guard kind == .string else { return .nothing }
    if let type = T.self as? any ExpressibleByStringLiteral.Type { return string(type) }
    if let type = T.self as? any ExpressibleByExtendedGraphemeClusterLiteral.Type { return character(type) }
    guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else { return .nothing }
    let literal = (scalar as Any as? T.UnicodeScalarLiteralType) ?? (Character(scalar) as? T.UnicodeScalarLiteralType)
    return LiteralConversion(literal ?? (text as? T.UnicodeScalarLiteralType)) { T(unicodeScalarLiteral: $0) }
  }

  /// `Wanted` is `T`, known to conform.
  private func string<Wanted: ExpressibleByStringLiteral, T>(_ type: Wanted.Type) -> LiteralConversion<T> {
    LiteralConversion(text as? Wanted.StringLiteralType) { unsafeBitCast(Wanted(stringLiteral: $0), to: T.self) }
  }

  /// `Wanted` is `T`, known to conform.
  private func character<Wanted: ExpressibleByExtendedGraphemeClusterLiteral, T>(_ type: Wanted.Type) -> LiteralConversion<T> {
    guard text.count == 1 else { return .nothing }
    let literal = (Character(text) as? Wanted.ExtendedGraphemeClusterLiteralType) ?? (text as? Wanted.ExtendedGraphemeClusterLiteralType)
    return LiteralConversion(literal) { unsafeBitCast(Wanted(extendedGraphemeClusterLiteral: $0), to: T.self) }
  }

  private func integer<Literal>(as type: Literal.Type) -> Literal? {
    if let type = type as? any FixedWidthInteger.Type { return wholeNumber(type) as? Literal }
    if let type = type as? any (BinaryFloatingPoint & LosslessStringConvertible).Type { return roundedNumber(type) as? Literal }
    return nil
  }

  private func wholeNumber<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
    let isNegative = text.hasPrefix("-")
    let digits = isNegative ? text.dropFirst() : text[...]
    let radix = ["0x": 16, "0o": 8, "0b": 2][digits.prefix(2)] ?? 10
    return Number((isNegative ? "-" : "") + (radix == 10 ? digits : digits.dropFirst(2)), radix: radix)
  }

  private func roundedNumber<Number: BinaryFloatingPoint & LosslessStringConvertible>(_ type: Number.Type) -> Number? {
    // By way of an integer where that is possible: -0 is 0.
    if let small = wholeNumber(Int.self) { return finite(Number(small)) }
    // Text that is converted at once is rounded once. It cannot be octal or binary.
    return Number(text).flatMap(finite)
  }

  private func rounded<Number: BinaryFloatingPoint>(_ value: WidestFloat, to type: Number.Type) -> Number? { finite(Number(value)) }

  /// What is too large for a type is an error of the compiler's.
  private func finite<Number: BinaryFloatingPoint>(_ number: Number) -> Number? { number.isFinite ? number : nil }
}
