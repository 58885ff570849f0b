import PreviewKit

/// The medium widget: now, the next hours and the next five days.
struct WeatherCardView: Component {
  let forecast: Forecast

  func draw(in frame: Rect, theme: Theme) -> [Element] {
    var content = frame.inset(by: Insets(horizontal: 12, vertical: 12))
    let days = content.slice(.bottom, 54, gap: 8)
    var upper = content.inset(by: Insets(horizontal: 8, vertical: 2))
    let header = upper.slice(.top, 58, gap: 10)

    Backdrop().draw(in: frame, theme: theme)
    CurrentWeather(forecast: forecast).draw(in: header, theme: theme)
    TemperatureCurve(hours: forecast.hours, tint: 0xFFE08A).draw(in: upper, theme: theme)
    Element.rect(days, radius: 12).fill(theme.palette.panel).fillOpacity(theme.palette.panelOpacity)
    Row(forecast.days.prefix(5), column: DayColumn.init).draw(in: days, theme: theme)
  }
}

/// The small widget: now.
struct CompactWeatherView: Component {
  let forecast: Forecast

  func draw(in frame: Rect, theme: Theme) -> [Element] {
    var content = frame.inset(by: Insets(horizontal: 16, vertical: 16))
    let summary = content.slice(.bottom, 42, gap: 6)
    var upper = content
    let icon = upper.slice(.right, 46)

    Backdrop().draw(in: frame, theme: theme)
    PlaceAndTemperature(forecast: forecast).draw(in: content, theme: theme)
    WeatherIcon(forecast.current).draw(in: icon, theme: theme)
    TextLines(
      lines: [
        (forecast.current.condition.title, .headline),
        (theme.format.range(forecast.today), .body),
        (theme.format.wind(forecast.wind), .body),
      ], anchor: .start
    ).draw(in: summary, theme: theme)
  }
}

private struct CurrentWeather: Component {
  let forecast: Forecast

  func draw(in frame: Rect, theme: Theme) -> [Element] {
    var content = frame
    let icon = content.slice(.right, 58, gap: 14)

    WeatherIcon(forecast.current).draw(in: icon, theme: theme)
    PlaceAndTemperature(forecast: forecast).draw(in: content, theme: theme)
    TextLines(
      lines: [
        ("Right now", .caption),
        (forecast.current.condition.title, .headline),
        (theme.format.range(forecast.today), .body),
        (theme.format.wind(forecast.wind), .body),
      ], anchor: .end
    ).draw(in: content, theme: theme)
  }
}

extension Component {
  /// This component alone, at the size that `context` asks for.
  fileprivate func svg(in context: PreviewContext, scheme: Traits.ColorScheme? = nil) -> SVG {
    var traits = context.traits
    traits.colorScheme = scheme ?? traits.colorScheme
    let size = Size(width: Double(context.width ?? 320), height: Double(context.height ?? 200))
    return SVG(document(size: size, theme: Theme(traits: traits)))
  }
}

struct WeatherCard_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Light", width: 320, height: 200) { context in
      WeatherCardView(forecast: .lisbon).svg(in: context)
    }
    Preview("Dark", width: 320, height: 200) { context in
      WeatherCardView(forecast: .lisbon).svg(in: context, scheme: .dark)
    }
    Preview("Compact", width: 160, height: 160) { context in
      CompactWeatherView(forecast: .lisbon).svg(in: context)
    }
  }
}
