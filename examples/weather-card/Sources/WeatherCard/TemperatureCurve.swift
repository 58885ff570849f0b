/// The temperatures of the next hours as a smooth line, with a label below every other hour.
struct TemperatureCurve: Component {
  let hours: [HourlyForecast]
  let tint: Color

  func draw(in frame: Rect, theme: Theme) -> [Element] {
    var plot = frame
    let labels = plot.slice(.bottom, 9, gap: 7)
    let points = points(in: plot)
    let line = Path(smoothThrough: points)

    Element.verticalGradient("curve", [(tint, 0.45), (tint, 0)])
    Element.path(line.closed(downTo: plot.maxY, from: points)).fill(gradient: "curve")
    Element.path(line).stroke(tint, width: 2)
    if let now = points.first {
      Element.circle(now, radius: 6).fill(tint).fillOpacity(0.35)
      Element.circle(now, radius: 3).fill(theme.palette.ink)
    }
    for index in stride(from: 0, to: hours.count, by: 2) {
      Element.text(
        index == 0 ? "Now" : theme.format.hour(hours[index].hour), .caption,
        at: Point(x: points[index].x, y: labels.maxY), anchor: anchor(at: index), theme: theme
      ).fillOpacity(theme.palette.secondaryOpacity)
    }
  }

  private func points(in plot: Rect) -> [Point] {
    let values = hours.map { $0.temperature.value(in: .celsius) }
    guard let low = values.min(), let high = values.max(), values.count > 1 else { return [] }
    return values.enumerated().map { index, value in
      Point(
        x: plot.minX + plot.width * Double(index) / Double(values.count - 1),
        y: plot.maxY - plot.height * (value - low) / max(high - low, 1))
    }
  }

  /// The outermost labels stay within the curve's frame.
  private func anchor(at index: Int) -> TextAnchor {
    switch index {
    case 0: .start
    case hours.count - 1: .end
    default: .middle
    }
  }
}

extension Path {
  /// A cubic curve through all points that never rises above or falls below its neighbours.
  ///
  /// - Precondition: there are two points or more, at equal horizontal distances.
  init(smoothThrough points: [Point]) {
    let step = points[1].x - points[0].x
    let slopes = zip(points, points.dropFirst()).map { ($1.y - $0.y) / step }
    let inner = zip(slopes, slopes.dropFirst()).map(harmonicMean)
    let tangents = slopes.prefix(1) + inner + slopes.suffix(1)

    self.init(from: points[0])
    for (index, end) in points.enumerated().dropFirst() {
      let start = points[index - 1]
      addCurve(
        to: end,
        control1: Point(x: start.x + step / 3, y: start.y + tangents[index - 1] * step / 3),
        control2: Point(x: end.x - step / 3, y: end.y - tangents[index] * step / 3))
    }
  }

  /// The area between this line through `points` and a base line.
  fileprivate func closed(downTo baseline: Double, from points: [Point]) -> Path {
    var area = self
    for corner in [points.last, points.first].compactMap({ $0 }) {
      area.addLine(to: Point(x: corner.x, y: baseline))
    }
    area.close()
    return area
  }
}

/// Zero at a turning point, where a curve through it has to be level.
private func harmonicMean(_ a: Double, _ b: Double) -> Double {
  a * b > 0 ? 2 * a * b / (a + b) : 0
}
