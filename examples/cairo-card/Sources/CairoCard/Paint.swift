import CPangoCairo

/// A colour, `0xRRGGBB`, and how much of it covers what is below: 0 to 1.
struct Color {
  let hex: UInt32
  var opacity = 1.0

  init(_ hex: UInt32, opacity: Double = 1) {
    self.hex = hex
    self.opacity = opacity
  }

  fileprivate var channels: (red: Double, green: Double, blue: Double) {
    (Double(hex >> 16 & 255) / 255, Double(hex >> 8 & 255) / 255, Double(hex & 255) / 255)
  }
}

/// What a shape is filled with.
enum Paint {
  case color(Color)
  /// From one point to another.
  case linear(from: (x: Double, y: Double), to: (x: Double, y: Double), Color, Color)
  /// From a centre outwards.
  case radial(center: (x: Double, y: Double), radius: Double, Color, Color)

  func makePattern() -> OpaquePointer? {
    switch self {
    case .color(let color):
      let (red, green, blue) = color.channels
      return cairo_pattern_create_rgba(red, green, blue, color.opacity)
    case .linear(let from, let to, let first, let last):
      return stops(of: cairo_pattern_create_linear(from.x, from.y, to.x, to.y), first, last)
    case .radial(let center, let radius, let first, let last):
      return stops(of: cairo_pattern_create_radial(center.x, center.y, 0, center.x, center.y, radius), first, last)
    }
  }

  private func stops(of pattern: OpaquePointer?, _ first: Color, _ last: Color) -> OpaquePointer? {
    for (offset, color) in [(0.0, first), (1.0, last)] {
      let (red, green, blue) = color.channels
      cairo_pattern_add_color_stop_rgba(pattern, offset, red, green, blue, color.opacity)
    }
    return pattern
  }
}
