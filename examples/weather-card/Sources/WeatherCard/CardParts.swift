struct PlaceAndTemperature: Component {
  let forecast: Forecast

  func draw(in frame: Rect, theme: Theme) -> [Element] {
    let temperature = theme.format.temperature(forecast.current.temperature)
    Element.text(
      forecast.location, .title, at: Point(x: frame.minX, y: frame.minY + 13), theme: theme)
    Element.text(
      temperature, .display, at: Point(x: frame.minX - 4, y: frame.minY + 58), theme: theme)
  }
}

/// Lines of text at equal distances, the last one on the lower edge of the frame.
struct TextLines: Component {
  let lines: [(text: String, style: TextStyle)]
  let anchor: TextAnchor

  func draw(in frame: Rect, theme: Theme) -> [Element] {
    for (index, line) in lines.reversed().enumerated() {
      let x = anchor == .end ? frame.maxX : frame.minX
      Element.text(
        line.text, line.style, at: Point(x: x, y: frame.maxY - 15 * Double(index)), anchor: anchor,
        theme: theme
      ).fillOpacity(line.style == .headline ? 1 : theme.palette.secondaryOpacity)
    }
  }
}

struct DayColumn: Component {
  let day: DailyForecast

  func draw(in frame: Rect, theme: Theme) -> [Element] {
    let format = theme.format
    let content = frame.inset(by: Insets(horizontal: 0, vertical: 7))
    let icon = frame.inset(by: Insets(horizontal: 0, vertical: 16))

    Element.text(
      format.weekday(day.weekday), .caption, at: Point(x: frame.midX, y: content.minY + 7),
      anchor: .middle, theme: theme)
    WeatherIcon(day).draw(in: icon, theme: theme)
    Element.text(
      format.temperature(day.high), .caption, at: Point(x: frame.midX - 2, y: content.maxY),
      anchor: .end, theme: theme)
    Element.text(
      format.temperature(day.low), .caption, at: Point(x: frame.midX + 2, y: content.maxY),
      theme: theme
    ).fillOpacity(theme.palette.secondaryOpacity)
  }
}

/// The sky behind everything, as a rounded card.
struct Backdrop: Component {
  func draw(in frame: Rect, theme: Theme) -> [Element] {
    Element.verticalGradient("sky", [(theme.palette.skyTop, 1), (theme.palette.skyBottom, 1)])
    Element.rect(frame, radius: 22).fill(gradient: "sky")
  }
}
