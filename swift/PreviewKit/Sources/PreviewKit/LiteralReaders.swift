// Where the literals of a previewed file are read, so that an edit of their values needs no compile. hotswift compiles `f(12)` as
// `f(__hs_i(17, 12))`: the literal's number, and the literal.
//
// These functions are for the code that hotswift generates. The literal stays an argument, so that the compiler infers the same types and
// checks it as ever; each takes one literal protocol, as the compiler would have asked for, and any type that conforms to it.

/// Reads an integer literal.
// swift-format-ignore: AlwaysUseLowerCamelCase
@_transparent
public func __hs_i<T: ExpressibleByIntegerLiteral>(_ id: Int, _ literal: T) -> T {
  DesignTimeStore.isSettled(id) ? literal : DesignTimeStore.readInteger(id, literal)
}

/// Reads a floating-point literal.
// swift-format-ignore: AlwaysUseLowerCamelCase
@_transparent
public func __hs_f<T: ExpressibleByFloatLiteral>(_ id: Int, _ literal: T) -> T {
  DesignTimeStore.isSettled(id) ? literal : DesignTimeStore.readFloat(id, literal)
}

/// Reads `true` or `false`.
// swift-format-ignore: AlwaysUseLowerCamelCase
@_transparent
public func __hs_b<T: ExpressibleByBooleanLiteral>(_ id: Int, _ literal: T) -> T {
  DesignTimeStore.isSettled(id) ? literal : DesignTimeStore.readBoolean(id, literal)
}

/// Reads a string literal that is not a single character.
// swift-format-ignore: AlwaysUseLowerCamelCase
@_transparent
public func __hs_s<T: ExpressibleByStringLiteral>(_ id: Int, _ literal: T) -> T {
  DesignTimeStore.isSettled(id) ? literal : DesignTimeStore.readString(id, literal)
}

/// Reads a string literal of one character that has several Unicode scalars.
// swift-format-ignore: AlwaysUseLowerCamelCase
@_transparent
public func __hs_g<T: ExpressibleByExtendedGraphemeClusterLiteral>(_ id: Int, _ literal: T) -> T {
  DesignTimeStore.isSettled(id) ? literal : DesignTimeStore.readCharacter(id, literal)
}

/// Reads a string literal of one Unicode scalar.
// swift-format-ignore: AlwaysUseLowerCamelCase
@_transparent
public func __hs_u<T: ExpressibleByUnicodeScalarLiteral>(_ id: Int, _ literal: T) -> T {
  DesignTimeStore.isSettled(id) ? literal : DesignTimeStore.readScalar(id, literal)
}
