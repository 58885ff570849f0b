/// A train that leaves.
public struct Departure: Codable, Sendable {
  public enum Kind: String, Codable, Sendable { case express, regional, night }

  public let line: String
  public let kind: Kind
  public let destination: String
  public let time: TimeOfDay
  public let platform: String
  /// Minutes.
  public let delay: Int
}

extension Departure {
  /// Those of the same day that have not left at `time`, the next one first.
  public static func upcoming(_ departures: [Departure], from time: TimeOfDay) -> [Departure] {
    departures
      .filter { $0.expected >= time }
      .sorted { $0.expected < $1.expected }
  }

  public var expected: TimeOfDay { time.adding(minutes: delay) }
}
