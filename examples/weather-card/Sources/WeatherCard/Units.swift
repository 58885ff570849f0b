/// A unit that a quantity can be given and read in.
protocol Unit: Equatable {
  /// What follows the number, without a space.
  var symbol: String { get }

  func toBase(_ value: Double) -> Double
  func fromBase(_ value: Double) -> Double
}

/// A number with a unit, kept in the base unit of its kind.
struct Quantity<U: Unit>: Comparable {
  private let base: Double

  init(_ value: Double, _ unit: U) {
    base = unit.toBase(value)
  }

  func value(in unit: U) -> Double { unit.fromBase(base) }

  static func < (lhs: Self, rhs: Self) -> Bool { lhs.base < rhs.base }
}

typealias Temperature = Quantity<TemperatureUnit>
typealias Speed = Quantity<SpeedUnit>

enum TemperatureUnit: Unit {
  case celsius, fahrenheit

  var symbol: String { self == .celsius ? "C" : "F" }

  func toBase(_ value: Double) -> Double {
    self == .celsius ? value : (value - 32) / 1.8
  }

  func fromBase(_ value: Double) -> Double {
    self == .celsius ? value : value * 1.8 + 32
  }
}

enum SpeedUnit: Unit {
  case kilometersPerHour, milesPerHour, metersPerSecond

  var symbol: String {
    switch self {
    case .kilometersPerHour: "km/h"
    case .milesPerHour: "mph"
    case .metersPerSecond: "m/s"
    }
  }

  func toBase(_ value: Double) -> Double { value * metersPerSecond }
  func fromBase(_ value: Double) -> Double { value / metersPerSecond }

  private var metersPerSecond: Double {
    switch self {
    case .kilometersPerHour: 1 / 3.6
    case .milesPerHour: 0.44704
    case .metersPerSecond: 1
    }
  }
}
