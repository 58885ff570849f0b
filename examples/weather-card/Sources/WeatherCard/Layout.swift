struct Point {
  var x: Double
  var y: Double
}

struct Size {
  var width: Double
  var height: Double
}

struct Insets {
  var horizontal: Double
  var vertical: Double
}

enum Edge {
  case top, bottom, left, right
}

/// A rectangle that layout cuts into smaller ones.
struct Rect {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var minX: Double { x }
  var midX: Double { x + width / 2 }
  var maxX: Double { x + width }
  var minY: Double { y }
  var midY: Double { y + height / 2 }
  var maxY: Double { y + height }

  func inset(by insets: Insets) -> Rect {
    Rect(
      x: x + insets.horizontal, y: y + insets.vertical,
      width: width - 2 * insets.horizontal, height: height - 2 * insets.vertical)
  }

  /// Cuts a strip off one edge and keeps the rest, less `gap`.
  mutating func slice(_ edge: Edge, _ length: Double, gap: Double = 0) -> Rect {
    var strip = self
    switch edge {
    case .top, .bottom:
      strip.height = length
      height -= length + gap
      if edge == .top { y += length + gap } else { strip.y = maxY + gap }
    case .left, .right:
      strip.width = length
      width -= length + gap
      if edge == .left { x += length + gap } else { strip.x = maxX + gap }
    }
    return strip
  }

  /// Equal columns from left to right.
  func columns(_ count: Int, gap: Double = 0) -> [Rect] {
    let column = (width - gap * Double(count - 1)) / Double(count)
    return (0..<count).map { index in
      Rect(x: x + Double(index) * (column + gap), y: y, width: column, height: height)
    }
  }
}

extension Rect {
  init(size: Size) {
    self.init(x: 0, y: 0, width: size.width, height: size.height)
  }
}

/// A piece of the card, which draws itself into the frame that its parent gives it.
protocol Component {
  @ElementBuilder func draw(in frame: Rect, theme: Theme) -> [Element]
}

extension Component {
  /// This component alone, as an SVG document.
  func document(size: Size, theme: Theme) -> String {
    Element("svg") {
      draw(in: Rect(size: size), theme: theme)
    }
    .attribute("xmlns", "http://www.w3.org/2000/svg")
    .attribute("width", size.width).attribute("height", size.height)
    .attribute("font-family", theme.fontFamily)
    .markup
  }
}

/// One component for each element of a collection, in equal columns.
struct Row<Data: Collection, Column: Component>: Component {
  let data: Data
  let column: (Data.Element) -> Column

  init(_ data: Data, column: @escaping (Data.Element) -> Column) {
    self.data = data
    self.column = column
  }

  func draw(in frame: Rect, theme: Theme) -> [Element] {
    for (element, cell) in zip(data, frame.columns(data.count)) {
      column(element).draw(in: cell, theme: theme)
    }
  }
}
