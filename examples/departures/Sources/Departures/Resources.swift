import Foundation
import Timetable

/// What lies in the package's bundle.
enum Resources {
  static func departures() throws -> [Departure] {
    try JSONDecoder().decode([Departure].self, from: contents(of: "departures", "json"))
  }

  /// An icon, 20 x 20, as an SVG document.
  static func icon(for kind: Departure.Kind, color: String) throws -> String {
    let icon = String(decoding: try contents(of: kind.rawValue, "svg", in: "icons"), as: UTF8.self)
    return icon.replacingOccurrences(of: "currentColor", with: color)
  }

  private static func contents(of name: String, _ type: String, in folder: String? = nil) throws -> Data {
    guard let url = Bundle.module.url(forResource: name, withExtension: type, subdirectory: folder) else {
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "\(name).\(type)"])
    }
    return try Data(contentsOf: url)
  }
}
