struct Song {
  let title: String
  let artist: String
  let album: String
  /// Seconds.
  let length: Int
  /// Seconds that were played.
  let position: Int

  static let sample = Song(
    title: "Night Train to Lisbon", artist: "The Paper Lanterns", album: "Postcards, Vol. 2", length: 247, position: 93)
  static let arabic = Song(
    title: "قطار الليل إلى لشبونة", artist: "فوانيس الورق", album: "بطاقات بريدية", length: 247, position: 93)
}

/// `m:ss`.
func clock(_ seconds: Int) -> String {
  "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
}
