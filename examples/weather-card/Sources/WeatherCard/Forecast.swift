/// The weather of one place: now, in the next hours and on the next days.
struct Forecast {
  let location: String
  let wind: Speed
  /// In order of time and at equal distances, starting with the current hour.
  let hours: [HourlyForecast]
  /// In order of time, starting with today.
  let days: [DailyForecast]

  /// - Precondition: there is at least one hour and one day.
  init(location: String, wind: Speed, hours: [HourlyForecast], days: [DailyForecast]) {
    precondition(!hours.isEmpty && !days.isEmpty, "a forecast has an hour and a day")
    self.location = location
    self.wind = wind
    self.hours = hours
    self.days = days
  }

  var current: HourlyForecast { hours[0] }
  var today: DailyForecast { days[0] }
}

struct HourlyForecast {
  /// 0 to 23, in the place's own time.
  let hour: Int
  let temperature: Temperature
  let condition: Condition

  var timeOfDay: TimeOfDay { (7..<20).contains(hour) ? .day : .night }
}

struct DailyForecast {
  let weekday: Weekday
  let condition: Condition
  let temperatures: ClosedRange<Temperature>

  var low: Temperature { temperatures.lowerBound }
  var high: Temperature { temperatures.upperBound }
}

/// What the sky does.
enum Condition {
  case clear, partlyCloudy, cloudy, rain, storm, snow

  /// A short name, as shown beside the temperature.
  var title: String {
    switch self {
    case .clear: "Clear"
    case .partlyCloudy: "Sun & clouds"
    case .cloudy: "Overcast"
    case .rain: "Rain"
    case .storm: "Thunderstorm"
    case .snow: "Snow"
    }
  }
}

/// Whether the sun is up.
enum TimeOfDay {
  case day, night
}

enum Weekday: String, CaseIterable {
  case monday, tuesday, wednesday, thursday, friday, saturday, sunday
}

extension Forecast {
  /// An afternoon in April.
  static let lisbon = Forecast(
    location: "Lisbon",
    wind: Speed(14, .kilometersPerHour),
    hours: hourly(
      from: 14, every: 2,
      [
        (18.4, .partlyCloudy), (19.6, .partlyCloudy), (18.2, .clear), (16.1, .clear),
        (14.9, .partlyCloudy), (14.2, .cloudy), (13.1, .rain), (12.8, .rain), (15.3, .partlyCloudy),
      ]),
    days: daily(
      from: .thursday,
      [
        (.partlyCloudy, 13, 20), (.rain, 12, 16), (.storm, 11, 15), (.cloudy, 12, 18),
        (.clear, 13, 22), (.clear, 14, 24), (.partlyCloudy, 15, 23),
      ]))

  private static func hourly(
    from start: Int, every step: Int, _ values: [(celsius: Double, condition: Condition)]
  ) -> [HourlyForecast] {
    values.enumerated().map { index, value in
      HourlyForecast(
        hour: (start + index * step) % 24, temperature: Temperature(value.celsius, .celsius),
        condition: value.condition)
    }
  }

  private static func daily(
    from start: Weekday, _ values: [(condition: Condition, low: Double, high: Double)]
  ) -> [DailyForecast] {
    let weekdays = Weekday.allCases.drop { $0 != start } + Weekday.allCases
    return zip(weekdays, values).map { weekday, value in
      DailyForecast(
        weekday: weekday, condition: value.condition,
        temperatures: Temperature(value.low, .celsius)...Temperature(value.high, .celsius))
    }
  }
}
