import Timetable

/// A train on the board.
struct BoardRow {
  let departure: Departure
  let width: Double

  static let height = 36.0

  func svg(y: Double, isStriped: Bool) throws -> String {
    let middle = y + Self.height / 2
    let base = middle + 5
    let isLate = departure.delay > 0
    let stripe = isStriped ? "<rect y='\(y)' width='\(width)' height='\(Self.height)' fill='#ffffff' fill-opacity='0.05'/>" : ""
    return """
      \(stripe)
      <text x='16' y='\(base)' class='time'>\(departure.time.text)</text>
      \(isLate ? "<text x='76' y='\(base)' class='late'>\(departure.expected.text)</text>" : "")
      <g transform='translate(134 \(middle - 10))'>\(try Resources.icon(for: departure.kind, color: "#9fc2ff"))</g>
      <text x='164' y='\(base)' class='line'>\(escaped(departure.line))</text>
      <text x='234' y='\(base)' class='destination'>\(escaped(departure.destination))</text>
      <text x='\(width - 16)' y='\(base)' class='platform' text-anchor='end'>\(escaped(departure.platform))</text>
      """
  }
}

/// Text as it may stand in an SVG.
func escaped(_ text: String) -> String {
  text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
}
