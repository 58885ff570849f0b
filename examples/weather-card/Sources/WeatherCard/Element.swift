/// A node of an SVG document.
struct Element {
  private let name: String
  /// As they stand in the document.
  private var attributes = ""
  private let content: Content

  private enum Content {
    case children([Element])
    case text(String)
  }

  init(_ name: String, @ElementBuilder children: () -> [Element] = { [] }) {
    self.name = name
    content = .children(children())
  }

  init(_ name: String, text: String) {
    self.name = name
    content = .text(text)
  }

  func attribute<Value: AttributeValue>(_ name: String, _ value: Value) -> Element {
    var element = self
    element.attributes += " \(name)=\"\(value.attributeText)\""
    return element
  }

  /// This element and what is in it, as XML.
  var markup: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    text += "<\(name)\(attributes)"
    switch content {
    case .children(let children) where children.isEmpty:
      text += "/>"
    case .children(let children):
      text += ">"
      for child in children { child.write(to: &text) }
      text += "</\(name)>"
    case .text(let content):
      text += ">\(content.escapedForXML)</\(name)>"
    }
  }
}

/// Something that can stand as the value of an attribute.
protocol AttributeValue {
  /// Free of characters that mean something in XML.
  var attributeText: String { get }
}

extension String: AttributeValue {
  var attributeText: String { escapedForXML }

  fileprivate var escapedForXML: String {
    reduce(into: "") { text, character in
      switch character {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      default: text.append(character)
      }
    }
  }
}

extension Int: AttributeValue {
  var attributeText: String { String(self) }
}

extension Double: AttributeValue {
  /// At most two decimals: a hundredth of a point cannot be seen.
  var attributeText: String {
    let hundredths = (self * 100).rounded()
    let whole = (hundredths / 100).rounded(.towardZero)
    return whole * 100 == hundredths ? String(Int(whole)) : String(hundredths / 100)
  }
}

extension Color: AttributeValue {
  var attributeText: String {
    let digits = String(hex, radix: 16, uppercase: true)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}

/// Collects elements one after the other, under `if` and in `for`.
@resultBuilder
enum ElementBuilder {
  static func buildExpression(_ element: Element) -> [Element] { [element] }
  static func buildExpression(_ elements: [Element]) -> [Element] { elements }
  static func buildBlock(_ parts: [Element]...) -> [Element] { parts.flatMap { $0 } }
  static func buildArray(_ parts: [[Element]]) -> [Element] { parts.flatMap { $0 } }
  static func buildOptional(_ part: [Element]?) -> [Element] { part ?? [] }
  static func buildEither(first part: [Element]) -> [Element] { part }
  static func buildEither(second part: [Element]) -> [Element] { part }
}
