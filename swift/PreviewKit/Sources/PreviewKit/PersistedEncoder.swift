extension PersistedNode {
  /// Rejects what the value itself rejects, and integers of more than 64 bits.
  init<Value: Encodable>(encoding value: Value) throws {
    let slot = Slot()
    try slot.encode(value, path: [])
    self = slot.node
  }
}

/// Where a node is going to be; containers fill it in bit by bit.
private final class Slot {
  private enum Content {
    case node(PersistedNode)
    case list([Slot])
    case record([(key: String, slot: Slot)])
  }

  private var content = Content.node(.record([]))

  var node: PersistedNode {
    switch content {
    case .node(let node): node
    case .list(let slots): .list(slots.map(\.node))
    case .record(let fields): .record(fields.map { ($0.key, $0.slot.node) })
    }
  }

  var count: Int {
    if case .list(let slots) = content { slots.count } else { 0 }
  }

  func becomeList() {
    if case .list = content { return }
    content = .list([])
  }

  func becomeRecord() {
    if case .record = content { return }
    content = .record([])
  }

  func append() -> Slot {
    let slot = Slot()
    guard case .list(var slots) = content else { return slot }
    slots.append(slot)
    content = .list(slots)
    return slot
  }

  func field(_ key: String) -> Slot {
    let slot = Slot()
    guard case .record(var fields) = content else { return slot }
    fields.removeAll { $0.key == key }
    fields.append((key, slot))
    content = .record(fields)
    return slot
  }

  func encodeNil() {
    content = .node(.null)
  }

  func encode<Value: Encodable>(_ value: Value, path: [any CodingKey]) throws {
    switch value {
    case let value as Bool: content = .node(.boolean(value))
    case let value as String: content = .node(.text(value))
    case let value as Double: content = .node(.number(value))
    case let value as Float: content = .node(.number(Double(value)))
    case let value as any FixedWidthInteger & Encodable where isStandard(type(of: value)): content = .node(try node(of: value, path))
    default: try value.encode(to: SlotEncoder(slot: self, codingPath: path))
    }
  }

  private func node(of value: some FixedWidthInteger, _ path: [any CodingKey]) throws -> PersistedNode {
    if let integer = Int64(exactly: value) { return .integer(integer) }
    if let unsigned = UInt64(exactly: value) { return .unsigned(unsigned) }
    throw EncodingError.invalidValue(value, .init(codingPath: path, debugDescription: "it has more than 64 bits"))
  }
}

/// Whether this is an integer of the standard library's, which encodes itself by asking for it to be encoded.
func isStandard(_ type: Any.Type) -> Bool {
  switch type {
  case is Int.Type, is Int8.Type, is Int16.Type, is Int32.Type, is Int64.Type: true
  case is UInt.Type, is UInt8.Type, is UInt16.Type, is UInt32.Type, is UInt64.Type: true
  default: false
  }
}

private struct SlotEncoder: Encoder {
  let slot: Slot
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    slot.becomeRecord()
    return KeyedEncodingContainer(Fields<Key>(slot: slot, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    slot.becomeList()
    return Elements(slot: slot, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    Single(slot: slot, codingPath: codingPath)
  }
}

// The containers' generic methods stand for all those that are asked for.

private struct Single: SingleValueEncodingContainer {
  let slot: Slot
  let codingPath: [any CodingKey]

  func encodeNil() { slot.encodeNil() }
  func encode<Value: Encodable>(_ value: Value) throws { try slot.encode(value, path: codingPath) }
}

private struct Elements: UnkeyedEncodingContainer {
  let slot: Slot
  let codingPath: [any CodingKey]
  var count: Int { slot.count }

  func encodeNil() { slot.append().encodeNil() }
  func encode<Value: Encodable>(_ value: Value) throws { try slot.append().encode(value, path: codingPath) }

  func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    superEncoder().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { superEncoder().unkeyedContainer() }
  func superEncoder() -> any Encoder { SlotEncoder(slot: slot.append(), codingPath: codingPath) }
}

private struct Fields<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let slot: Slot
  let codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) { slot.field(key.stringValue).encodeNil() }

  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    try slot.field(key.stringValue).encode(value, path: codingPath + [key])
  }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
    superEncoder(forKey: key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { superEncoder(forKey: key).unkeyedContainer() }
  func superEncoder() -> any Encoder { SlotEncoder(slot: slot.field("super"), codingPath: codingPath) }
  func superEncoder(forKey key: Key) -> any Encoder { SlotEncoder(slot: slot.field(key.stringValue), codingPath: codingPath + [key]) }
}
