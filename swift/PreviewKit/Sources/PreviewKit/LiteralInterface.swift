// The C interface through which the addon gives literals other values, and through which generations initialise their globals.
// native/literal_interface.h declares the same functions: the two files are one interface and change together. Any thread may call them.

/// How a literal was read since its code was loaded. The raw values are part of the interface.
private struct LiteralFlags: OptionSet {
  let rawValue: UInt8

  /// Since the last drawing began.
  static let isRead = LiteralFlags(rawValue: 1)
  /// While a global was initialised.
  static let isTainted = LiteralFlags(rawValue: 2)
  /// As a type that the value it has been given is not converted to.
  static let isNotConvertible = LiteralFlags(rawValue: 4)
  static let wasRead = LiteralFlags(rawValue: 8)
}

/// Forgets what is known of `count` literals from `first` on, whose code is about to be loaded.
@_cdecl("hotswift_reset_literals")
public func resetLiterals(first: UInt32, count: UInt32) {
  let start = max(Int(first), 1)
  let end = min(Int(first) + Int(count), DesignTimeStore.capacity)
  if start < end { DesignTimeStore.reset(start..<end) }
}

/// The kind, in the interface, of a literal that is to have its own value.
private let ownValue = UInt8.max

/// Gives these literals values, or gives them back their own. A text has no underscores, and as a string no quotes and escapes.
@_cdecl("hotswift_set_literals")
public func setLiterals(
  count: Int, ids: UnsafePointer<UInt32>, kinds: UnsafePointer<UInt8>, texts: UnsafePointer<UnsafePointer<UInt8>>,
  lengths: UnsafePointer<Int>
) {
  let values = (0..<count).compactMap { index -> (id: Int, literal: LiteralText?)? in
    guard isLiteral(ids[index]) else { return nil }
    let id = Int(ids[index])
    if kinds[index] == ownValue { return (id, nil) }
    guard let kind = LiteralKind(rawValue: kinds[index]) else { return nil }
    let text = String(decoding: UnsafeBufferPointer(start: texts[index], count: lengths[index]), as: UTF8.self)
    return (id, LiteralText(kind: kind, text: text))
  }
  DesignTimeStore.set(values)
}

@_cdecl("hotswift_literal_reads")
public func literalReads(count: Int, ids: UnsafePointer<UInt32>, flags: UnsafeMutablePointer<UInt8>) {
  for index in 0..<count {
    var found: LiteralFlags = []
    if isLiteral(ids[index]) {
      let reads = DesignTimeStore.reads(of: Int(ids[index]))
      if reads.isRead { found.insert(.isRead) }
      if reads.isTainted { found.insert(.isTainted) }
      if reads.isRefused { found.insert(.isNotConvertible) }
      if reads.wasRead { found.insert(.wasRead) }
    }
    flags[index] = found.rawValue
  }
}

private func isLiteral(_ id: UInt32) -> Bool { id > 0 && id < DesignTimeStore.capacity }

/// The initialiser of a global, as the compiler hands it to `swift_once`.
public typealias Initialiser = @convention(c) (_ context: UnsafeMutableRawPointer?) -> Void

private struct Initialisation {
  let initialise: Initialiser
  let context: UnsafeMutableRawPointer?
}

/// Takes the place of `swift_once` in generations: what an initialiser reads may be kept for good. Shared libraries go on calling the
/// runtime's own.
@_cdecl("hotswift_once")
public func once(predicate: UnsafeMutableRawPointer, initialise: Initialiser, context: UnsafeMutableRawPointer?) {
  var initialisation = Initialisation(initialise: initialise, context: context)
  withUnsafeMutablePointer(to: &initialisation) { pointer in
    runtimeOnce(
      predicate,
      { pointer in
        guard let initialisation = pointer?.assumingMemoryBound(to: Initialisation.self).pointee else { return }
        DesignTimeStore.beginInitialiser()
        initialisation.initialise(initialisation.context)
        DesignTimeStore.endInitialiser()
      }, pointer)
  }
}

// As the compiler declares it for the globals of this module: an optional pointer would be another type to LLVM, and the two one function.
@_silgen_name("swift_once")
private func runtimeOnce(_ predicate: UnsafeMutableRawPointer, _ initialise: Initialiser, _ context: UnsafeMutableRawPointer)
