/// What `Codable` makes of a value: a tree, which says itself what it holds.
enum PersistedNode: Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case number(Double)
  case text(String)
  case list([PersistedNode])
  case record([(key: String, node: PersistedNode)])
}

// As bytes: a tag, and behind it, least significant byte first, 64 bits of a number; of a text its length in UTF-8 and the text; of a list the number of
// its nodes and these; of a record the number of its fields and of each the key, as a text without its tag, and the node. Lengths have 32 bits.

extension PersistedNode {
  private enum Tag: UInt8 {
    case null, no, yes, integer, unsigned, number, text, list, record
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }

  private func write(to bytes: inout [UInt8]) {
    func append(_ tag: Tag) { bytes.append(tag.rawValue) }
    func append<Number: FixedWidthInteger>(_ number: Number) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
    func append(text: String) {
      append(UInt32(text.utf8.count))
      bytes.append(contentsOf: text.utf8)
    }
    switch self {
    case .null: append(.null)
    case .boolean(let value): append(value ? .yes : .no)
    case .integer(let value):
      append(.integer)
      append(value)
    case .unsigned(let value):
      append(.unsigned)
      append(value)
    case .number(let value):
      append(.number)
      append(value.bitPattern)
    case .text(let text):
      append(.text)
      append(text: text)
    case .list(let nodes):
      append(.list)
      append(UInt32(nodes.count))
      for node in nodes { node.write(to: &bytes) }
    case .record(let fields):
      append(.record)
      append(UInt32(fields.count))
      for (key, node) in fields {
        append(text: key)
        node.write(to: &bytes)
      }
    }
  }

  /// `nil` if the bytes are no node.
  init?(bytes: UnsafeRawBufferPointer) {
    var reader = Reader(bytes: bytes)
    guard let node = reader.node() else { return nil }
    self = node
  }

  private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    mutating func node() -> PersistedNode? {
      guard let raw: UInt8 = number(), let tag = Tag(rawValue: raw) else { return nil }
      switch tag {
      case .null: return .null
      case .no: return .boolean(false)
      case .yes: return .boolean(true)
      case .integer: return number().map(PersistedNode.integer)
      case .unsigned: return number().map(PersistedNode.unsigned)
      case .number: return number().map { .number(Double(bitPattern: $0)) }
      case .text: return text().map(PersistedNode.text)
      case .list: return all { $0.node() }.map(PersistedNode.list)
      case .record:
        return all { reader in
          guard let key = reader.text(), let node = reader.node() else { return nil }
          return (key: key, node: node)
        }.map(PersistedNode.record)
      }
    }

    private mutating func all<Element>(_ next: (inout Reader) -> Element?) -> [Element]? {
      guard let count: UInt32 = number() else { return nil }
      var elements: [Element] = []
      for _ in 0..<count {
        guard let element = next(&self) else { return nil }
        elements.append(element)
      }
      return elements
    }

    private mutating func text() -> String? {
      guard let length: UInt32 = number(), Int(length) <= bytes.count - position else { return nil }
      defer { position += Int(length) }
      return String(decoding: bytes[position..<position + Int(length)], as: UTF8.self)
    }

    private mutating func number<Number: FixedWidthInteger>() -> Number? {
      let size = MemoryLayout<Number>.size
      guard size <= bytes.count - position else { return nil }
      defer { position += size }
      return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
    }
  }
}
