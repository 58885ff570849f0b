/// A value that a literal has, or had, instead of its own. Never freed: somebody may be reading it.
struct LiteralOverride {
  let literal: LiteralText
  /// The one that the literal was given before it.
  let older: UnsafeMutablePointer<LiteralOverride>?
  /// Whether a read since it was set could not take it.
  var isRefused = false
  /// What reads have made of it, the newest first: in a generic function one literal is read as several types.
  var cells: UnsafeMutablePointer<Cell>?

  struct Cell {
    /// The metadata of the type that was asked for.
    let type: UnsafeRawPointer
    let content: Content
    let payload: UnsafeMutableRawPointer
    var next: UnsafeMutablePointer<Cell>?
  }

  enum Content {
    /// The payload is the value.
    case value
    /// The payload is a function that makes it.
    case recipe
    /// It cannot be of this type.
    case nothing
  }
}

extension UnsafeMutablePointer<LiteralOverride> {
  /// Makes the cell for a type. Threads that do so at the same time add one each, with equal contents.
  ///
  /// Not inlined: readers would ask for the conversion's metadata each time.
  @inline(never)
  func addCell<T>(
    _ type: UnsafeRawPointer, _ convert: (LiteralText) -> LiteralConversion<T>
  ) -> UnsafeMutablePointer<LiteralOverride.Cell> {
    let made = UnsafeMutablePointer<LiteralOverride.Cell>.allocate(capacity: 1)
    let content: LiteralOverride.Content
    let payload: UnsafeMutableRawPointer
    switch convert(pointee.literal) {
    case .value(let value):
      (content, payload) = (.value, stored(value))
    case .recipe(let recipe):
      (content, payload) = (.recipe, stored(recipe))
    case .nothing:
      (content, payload) = (.nothing, UnsafeMutableRawPointer(made))
    }
    made.initialize(to: LiteralOverride.Cell(type: type, content: content, payload: payload, next: nil))
    publish(made, at: &pointee.cells) { made.pointee.next = $0 }
    return made
  }
}

private func stored<Value>(_ value: Value) -> UnsafeMutableRawPointer {
  let place = UnsafeMutablePointer<Value>.allocate(capacity: 1)
  place.initialize(to: value)
  return UnsafeMutableRawPointer(place)
}

/// Stores a pointer so that whoever finds it finds all that was written before. `prepare` is given what it replaces. Readers load without
/// more ado: they go on from what they loaded, which processors keep in order.
func publish<Value>(
  _ pointer: UnsafeMutablePointer<Value>?, at place: UnsafeMutablePointer<UnsafeMutablePointer<Value>?>,
  prepare: (UnsafeMutablePointer<Value>?) -> Void = { _ in }
) {
  var former = place.pointee
  repeat { prepare(former) } while !_stdlib_atomicCompareExchangeStrongPtr(object: place, expected: &former, desired: pointer)
}
