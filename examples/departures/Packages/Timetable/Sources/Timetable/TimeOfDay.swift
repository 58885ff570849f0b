/// Hours and minutes; `hh:mm` in documents.
public struct TimeOfDay: Codable, Comparable, Sendable {
  /// 0 to 1439.
  public let minutes: Int

  public init(hour: Int, minute: Int) { self.init(minutes: hour * 60 + minute) }

  private init(minutes: Int) { self.minutes = minutes % 1440 }

  public func adding(minutes: Int) -> TimeOfDay { TimeOfDay(minutes: self.minutes + minutes) }

  /// `hh:mm`.
  public var text: String {
    [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
  }

  public static func < (left: TimeOfDay, right: TimeOfDay) -> Bool { left.minutes < right.minutes }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    let parts = text.split(separator: ":").compactMap { Int($0) }
    guard parts.count == 2, 0..<24 ~= parts[0], 0..<60 ~= parts[1] else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no time of day")
    }
    self.init(hour: parts[0], minute: parts[1])
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
