/// A node of an SVG document.
struct Element {
  private let name: String
  private var attributes: [(name: String, value: String)] = []
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
    element.attributes.append((name, value.attributeText))
    return element
  }

  /// This element and what is in it, as XML.
  var markup: String {
    let head = attributes.reduce("<\(name)") { $0 + " \($1.name)=\"\($1.value.escapedForXML)\"" }
    switch content {
    case .children(let children) where children.isEmpty: return head + "/>"
    case .children(let children): return head + ">\(children.map(\.markup).joined())</\(name)>"
    case .text(let text): return head + ">\(text.escapedForXML)</\(name)>"
    }
  }
}

/// Something that can stand as the value of an attribute.
protocol AttributeValue {
  var attributeText: String { get }
}

extension String: AttributeValue {
  var attributeText: String { self }

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
