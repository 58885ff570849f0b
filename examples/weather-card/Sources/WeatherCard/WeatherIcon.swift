/// A condition as a picture, drawn on a grid of 24 by 24.
struct WeatherIcon: Component {
  let condition: Condition
  let time: TimeOfDay

  init(_ hour: HourlyForecast) {
    condition = hour.condition
    time = hour.timeOfDay
  }

  init(_ day: DailyForecast) {
    condition = day.condition
    time = .day
  }

  func draw(in frame: Rect, theme: Theme) -> [Element] {
    let side = min(frame.width, frame.height)
    Element("g") {
      for symbol in condition.symbols(at: time) {
        symbol.elements(theme.palette)
      }
    }
    .transform(.translate(frame.midX - side / 2, frame.midY - side / 2), .scale(side / 24))
  }
}

/// A shape that icons are put together from.
private enum Symbol {
  case sun, moon, cloud, drops, flakes, bolt
  /// The forms that leave room for a cloud in front of them.
  case smallSun, smallMoon

  @ElementBuilder
  func elements(_ palette: Palette) -> [Element] {
    switch self {
    case .sun:
      Element.circle(Point(x: 12, y: 12), radius: 5).fill(palette.sun)
      Element("g") {
        for angle in stride(from: 0.0, to: 360, by: 45) {
          Element.path("M12 1.8V4.2").transform(.rotate(angle, around: Point(x: 12, y: 12)))
        }
      }
      .stroke(palette.sun, width: 1.7)
    case .moon:
      Element.path("M20 14.6A8.6 8.6 0 1 1 9.4 4 7 7 0 0 0 20 14.6Z").fill(palette.moon)
    case .cloud:
      Element.path(
        "M6.6 18.4A4.4 4.4 0 0 1 6.4 9.6 6 6 0 0 1 17.9 10 4.25 4.25 0 0 1 17.6 18.4Z"
      ).fill(palette.cloud)
    case .drops:
      Element.path("M8 19.6L7 22.6M12.4 19.6L11.4 22.6M16.8 19.6L15.8 22.6")
        .stroke(palette.rain, width: 1.6)
    case .flakes:
      for x in [7.4, 12, 16.6] {
        Element.circle(Point(x: x, y: x == 12 ? 22.4 : 20.8), radius: 1.1).fill(palette.rain)
      }
    case .bolt:
      Element.path("M13.2 14.2L9.4 19.4H12L10.8 23.6L15.2 17.8H12.5L14.4 14.2Z").fill(palette.bolt)
    case .smallSun, .smallMoon:
      Element("g") {
        (self == .smallSun ? Symbol.sun : .moon).elements(palette)
      }
      .transform(.translate(8, 0.8), .scale(0.6))
    }
  }
}

extension Condition {
  /// What stands for this condition, from back to front.
  fileprivate func symbols(at time: TimeOfDay) -> [Symbol] {
    switch self {
    case .clear: [time == .day ? .sun : .moon]
    case .partlyCloudy: [time == .day ? .smallSun : .smallMoon, .cloud]
    case .cloudy: [.cloud]
    case .rain: [.cloud, .drops]
    case .storm: [.cloud, .bolt]
    case .snow: [.cloud, .flakes]
    }
  }
}
