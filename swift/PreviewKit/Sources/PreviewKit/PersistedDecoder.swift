extension PersistedNode {
  /// Rejects what the type itself rejects, and nodes that are not what it asks for. Numbers may change their types where their values can stay.
  func decoded<Value: Decodable>(as type: Value.Type, path: [any CodingKey] = []) throws -> Value {
    let standard: Any?
    switch type {
    case is Bool.Type: standard = boolean
    case is String.Type: standard = text
    case is Double.Type: standard = number
    case is Float.Type: standard = number.map { Float($0) }
    case let type as any FixedWidthInteger.Type where isStandard(type): standard = integer(type)
    default: return try type.init(from: NodeDecoder(node: self, codingPath: path))
    }
    guard let value = standard as? Value else {
      throw DecodingError.typeMismatch(type, .init(codingPath: path, debugDescription: "it is \(self)"))
    }
    return value
  }

  private var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  private var text: String? { if case .text(let value) = self { value } else { nil } }

  private var number: Double? {
    switch self {
    case .number(let value): value
    case .integer(let value): Double(exactly: value)
    case .unsigned(let value): Double(exactly: value)
    default: nil
    }
  }

  private func integer<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
    switch self {
    case .integer(let value): Number(exactly: value)
    case .unsigned(let value): Number(exactly: value)
    case .number(let value): Number(exactly: value)
    default: nil
    }
  }

  fileprivate var isNull: Bool { if case .null = self { true } else { false } }
}

private struct NodeDecoder: Decoder {
  let node: PersistedNode
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .record(let fields) = node else { throw mismatch([String: Any].self) }
    return KeyedDecodingContainer(Fields<Key>(fields: fields, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let nodes) = node else { throw mismatch([Any].self) }
    return Elements(nodes: nodes, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    Single(node: node, codingPath: codingPath)
  }

  private func mismatch(_ type: Any.Type) -> DecodingError {
    .typeMismatch(type, .init(codingPath: codingPath, debugDescription: "it is \(node)"))
  }
}

// The containers' generic methods stand for all those that are asked for.

private struct Single: SingleValueDecodingContainer {
  let node: PersistedNode
  let codingPath: [any CodingKey]

  func decodeNil() -> Bool { node.isNull }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try node.decoded(as: type, path: codingPath) }
}

private struct Elements: UnkeyedDecodingContainer {
  let nodes: [PersistedNode]
  let codingPath: [any CodingKey]
  var currentIndex = 0
  var count: Int? { nodes.count }
  var isAtEnd: Bool { currentIndex >= nodes.count }

  init(nodes: [PersistedNode], codingPath: [any CodingKey]) {
    self.nodes = nodes
    self.codingPath = codingPath
  }

  mutating func decodeNil() throws -> Bool {
    guard try next(Any?.self).isNull else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let value = try next(type).decoded(as: type, path: codingPath)
    currentIndex += 1
    return value
  }

  mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    try superDecoder().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try superDecoder().unkeyedContainer() }

  mutating func superDecoder() throws -> any Decoder {
    let decoder = NodeDecoder(node: try next(Any.self), codingPath: codingPath)
    currentIndex += 1
    return decoder
  }

  private func next(_ type: Any.Type) throws -> PersistedNode {
    if isAtEnd {
      throw DecodingError.valueNotFound(type, .init(codingPath: codingPath, debugDescription: "there are \(nodes.count) elements"))
    }
    return nodes[currentIndex]
  }
}

private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let fields: [(key: String, node: PersistedNode)]
  let codingPath: [any CodingKey]
  var allKeys: [Key] { fields.compactMap { Key(stringValue: $0.key) } }

  func contains(_ key: Key) -> Bool { fields.contains { $0.key == key.stringValue } }
  func decodeNil(forKey key: Key) throws -> Bool { try node(key.stringValue, key).isNull }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try node(key.stringValue, key).decoded(as: type, path: codingPath + [key])
  }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
    try superDecoder(forKey: key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try superDecoder(forKey: key).unkeyedContainer() }
  func superDecoder() throws -> any Decoder { NodeDecoder(node: try node("super", nil), codingPath: codingPath) }
  func superDecoder(forKey key: Key) throws -> any Decoder {
    NodeDecoder(node: try node(key.stringValue, key), codingPath: codingPath + [key])
  }

  private func node(_ name: String, _ key: Key?) throws -> PersistedNode {
    if let field = fields.first(where: { $0.key == name }) { return field.node }
    let context = DecodingError.Context(codingPath: codingPath, debugDescription: "there is no field \(name)")
    guard let key else { throw DecodingError.dataCorrupted(context) }
    throw DecodingError.keyNotFound(key, context)
  }
}
