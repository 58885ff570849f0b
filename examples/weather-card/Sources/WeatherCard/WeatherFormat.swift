/// Turns the values of a forecast into text, in the units and on the clock of a region.
struct WeatherFormat {
  private let temperatureUnit: TemperatureUnit
  private let speedUnit: SpeedUnit
  private let usesTwelveHourClock: Bool

  /// - Parameter locale: a BCP 47 tag such as `en-US`. Without a region, units are metric.
  init(locale: String) {
    let region = locale.split(separator: "-").dropFirst().first { $0.count == 2 }?.uppercased()
    switch region {
    case "US", "BS", "BZ", "KY", "PR", "PW":
      self.init(.fahrenheit, .milesPerHour, usesTwelveHourClock: true)
    case "GB":
      self.init(.celsius, .milesPerHour, usesTwelveHourClock: false)
    case "SE", "NO", "FI", "DK", "IS":
      self.init(.celsius, .metersPerSecond, usesTwelveHourClock: false)
    case "CA", "AU", "NZ", "IN":
      self.init(.celsius, .kilometersPerHour, usesTwelveHourClock: true)
    default:
      self.init(.celsius, .kilometersPerHour, usesTwelveHourClock: false)
    }
  }

  private init(_ temperature: TemperatureUnit, _ speed: SpeedUnit, usesTwelveHourClock: Bool) {
    self.temperatureUnit = temperature
    self.speedUnit = speed
    self.usesTwelveHourClock = usesTwelveHourClock
  }

  func temperature(_ temperature: Temperature) -> String {
    "\(rounded(temperature, temperatureUnit))°"
  }

  /// High and low of a day, in this order.
  func range(_ day: DailyForecast) -> String {
    "H \(temperature(day.high)) L \(temperature(day.low))"
  }

  func wind(_ speed: Speed) -> String {
    "Wind \(rounded(speed, speedUnit)) \(speedUnit.symbol)"
  }

  func hour(_ hour: Int) -> String {
    guard usesTwelveHourClock else { return hour < 10 ? "0\(hour):00" : "\(hour):00" }
    return "\((hour + 11) % 12 + 1) \(hour < 12 ? "AM" : "PM")"
  }

  func weekday(_ weekday: Weekday) -> String {
    let name = weekday.rawValue
    return name.prefix(1).uppercased() + name.dropFirst().prefix(2)
  }

  private func rounded<U: Unit>(_ quantity: Quantity<U>, _ unit: U) -> Int {
    Int(quantity.value(in: unit).rounded())
  }
}
