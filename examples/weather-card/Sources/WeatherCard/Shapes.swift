/// The outline of a shape, in the syntax of SVG's `d` attribute.
struct Path: ExpressibleByStringLiteral, AttributeValue {
  private(set) var attributeText: String

  init(stringLiteral text: String) {
    attributeText = text
  }

  init(from start: Point) {
    attributeText = "M\(start.svg)"
  }

  mutating func addLine(to end: Point) {
    attributeText += "L\(end.svg)"
  }

  mutating func addCurve(to end: Point, control1: Point, control2: Point) {
    attributeText += "C\(control1.svg) \(control2.svg) \(end.svg)"
  }

  mutating func close() {
    attributeText += "Z"
  }
}

extension Point {
  fileprivate var svg: String { "\(x.attributeText) \(y.attributeText)" }
}

extension Element {
  static func path(_ path: Path) -> Element {
    Element("path").attribute("d", path)
  }

  static func circle(_ center: Point, radius: Double) -> Element {
    Element("circle").attribute("cx", center.x).attribute("cy", center.y).attribute("r", radius)
  }

  static func rect(_ rect: Rect, radius: Double = 0) -> Element {
    Element("rect").attribute("x", rect.x).attribute("y", rect.y)
      .attribute("width", rect.width).attribute("height", rect.height).attribute("rx", radius)
  }

  /// Colours from the top to the bottom of what is filled with it, each with an opacity.
  static func verticalGradient(
    _ id: String, _ stops: [(color: Color, opacity: Double)]
  ) -> Element {
    Element("linearGradient") {
      for (index, stop) in stops.enumerated() {
        Element("stop").attribute("offset", Double(index) / Double(stops.count - 1))
          .attribute("stop-color", stop.color).attribute("stop-opacity", stop.opacity)
      }
    }
    .attribute("id", id)
    .attribute("x1", 0).attribute("y1", 0).attribute("x2", 0).attribute("y2", 1)
  }

  /// One line of text; `position` is where its baseline starts, has its middle or ends.
  static func text(
    _ text: String, _ style: TextStyle, at position: Point, anchor: TextAnchor = .start,
    theme: Theme
  ) -> Element {
    Element("text", text: text).attribute("x", position.x).attribute("y", position.y)
      .attribute("font-size", style.size * theme.textScale)
      .attribute("font-weight", style.weight)
      .attribute("text-anchor", anchor.rawValue)
      .fill(theme.palette.ink)
  }

  func fill(_ color: Color) -> Element { attribute("fill", color) }
  func fill(gradient id: String) -> Element { attribute("fill", "url(#\(id))") }
  /// Not `opacity`, which Skia's SVG module does not heed on text.
  func fillOpacity(_ opacity: Double) -> Element { attribute("fill-opacity", opacity) }

  /// Draws the outline only.
  func stroke(_ color: Color, width: Double) -> Element {
    attribute("fill", "none").attribute("stroke", color).attribute("stroke-width", width)
      .attribute("stroke-linecap", "round").attribute("stroke-linejoin", "round")
  }

  func transform(_ steps: Transform...) -> Element {
    attribute("transform", steps.map(\.attributeText).joined(separator: " "))
  }
}

enum TextAnchor: String {
  case start, middle, end
}

enum Transform: AttributeValue {
  case translate(Double, Double)
  case scale(Double)
  /// Clockwise, in degrees.
  case rotate(Double, around: Point)

  var attributeText: String {
    switch self {
    case .translate(let x, let y): "translate(\(x.attributeText) \(y.attributeText))"
    case .scale(let factor): "scale(\(factor.attributeText))"
    case .rotate(let angle, let center): "rotate(\(angle.attributeText) \(center.svg))"
    }
  }
}
