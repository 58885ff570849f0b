import Timetable

#if HOTSWIFT
  import PreviewKit
#endif

/// The board in a station's hall: what leaves next.
struct DepartureBoard {
  let station: String
  let departures: [Departure]
  let now: TimeOfDay

  func svg(width: Double, height: Double) throws -> String {
    let header = 52.0
    let next = Departure.upcoming(departures, from: now)
    let rows = try next.enumerated().map { index, departure in
      try BoardRow(departure: departure, width: width)
        .svg(y: header + BoardRow.height * Double(index), isStriped: index.isMultiple(of: 2))
    }
    return """
      <svg xmlns='http://www.w3.org/2000/svg' width='\(width)' height='\(height)' font-family='DejaVu Sans, sans-serif' font-size='15'>
      <style>
        text { fill: #f2f5fa }
        .title { font-size: 20px; font-weight: bold }
        .time, .line { font-weight: bold }
        .late, .clock { fill: #ffd23f; font-weight: bold }
      </style>
      <rect width='\(width)' height='\(height)' rx='10' fill='\(background)'/>
      <text x='16' y='34' class='title'>\(escaped(station))</text>
      <text x='\(width - 16)' y='34' class='clock' text-anchor='end'>\(now.text)</text>
      \(rows.joined(separator: "\n"))
      </svg>
      """
  }

  private var background: String { "#14264b" }
}

#if HOTSWIFT
  extension DepartureBoard {
    /// As large as the preview.
    fileprivate func svg(in context: PreviewContext) throws -> SVG {
      SVG(try svg(width: Double(context.width ?? 100), height: Double(context.height ?? 100)))
    }
  }

  #Preview("Departures", width: 480, height: 244) { context in
    let board = DepartureBoard(
      station: "Friedrichshafen", departures: try Resources.departures(), now: TimeOfDay(hour: 17, minute: 30))
    return try board.svg(in: context)
  }

  #Preview("Nothing left", width: 480, height: 120) { context in
    let board = DepartureBoard(station: "Friedrichshafen", departures: [], now: TimeOfDay(hour: 23, minute: 58))
    return try board.svg(in: context)
  }
#endif
