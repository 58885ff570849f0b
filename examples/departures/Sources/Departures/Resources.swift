import Foundation
import Timetable

/// What lies in the package's bundle.
enum Resources {
  static func departures() throws -> [Departure] {
    try JSONDecoder().decode([Departure].self, from: data(named: "departures.json"))
  }

  /// The shape of an icon, 20 x 20, as the content of an SVG.
  static func icon(for kind: Departure.Kind, color: String) throws -> String {
    let shape = String(decoding: try data(named: "icons/\(kind.rawValue).svg"), as: UTF8.self)
    return shape.replacingOccurrences(of: "currentColor", with: color)
  }

  private static func data(named name: String) throws -> Data {
    try Data(contentsOf: Bundle.module.bundleURL.appendingPathComponent(name))
  }
}
