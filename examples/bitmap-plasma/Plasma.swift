import Foundation
import PreviewKit

/// Waves that interfere, and a colour for each of their heights.
struct Plasma {
  /// How many waves lie side by side.
  let waves: Double
  /// How far the waves have moved on, in turns of theirs.
  let time: Double
  let palette: Palette

  /// -1 to 1, at a place between 0 and 1 in both directions.
  func height(x: Double, y: Double) -> Double {
    let turn = 2 * Double.pi
    let phase = time * turn
    let (centerX, centerY) = (0.5 + 0.3 * sin(phase), 0.5 + 0.3 * cos(phase))
    let distance = ((x - centerX) * (x - centerX) + (y - centerY) * (y - centerY)).squareRoot()
    let straight = sin(x * waves * turn / 2 + phase)
    let slanted = sin((x + y) * waves * turn / 3 - phase)
    let round = sin(distance * waves * turn)
    return (straight + slanted + round) / 3
  }

  /// As large as the preview, with as many pixels a point as were asked for.
  func bitmap(in context: PreviewContext) -> Bitmap {
    let (width, height) = (pixels(context.width, context.scale), pixels(context.height, context.scale))
    return Bitmap(width: width, height: height) { bitmap in
      for row in 0..<height {
        for column in 0..<width {
          let level = self.height(x: Double(column) / Double(width), y: Double(row) / Double(width))
          bitmap[column, row] = palette.color(at: (level + 1) / 2)
        }
      }
    }
  }

  private func pixels(_ points: Int?, _ scale: Double) -> Int { Int((Double(points ?? 100) * scale).rounded()) }
}

/// Colours from low to high, with all those in between.
struct Palette {
  let stops: [(red: Double, green: Double, blue: Double)]

  static let ember = Palette(stops: [(20, 11, 52), (132, 32, 107), (229, 92, 48), (246, 215, 70)])
  static let lagoon = Palette(stops: [(8, 24, 58), (15, 94, 130), (64, 184, 171), (236, 246, 214)])

  /// `level` is 0 to 1.
  func color(at level: Double) -> Pixel {
    let position = max(0, min(level, 1)) * Double(stops.count - 1)
    let index = min(Int(position), stops.count - 2)
    let (low, high, part) = (stops[index], stops[index + 1], position - Double(index))
    func mixed(_ from: Double, _ to: Double) -> UInt8 { UInt8(from + (to - from) * part) }
    return Pixel(red: mixed(low.red, high.red), green: mixed(low.green, high.green), blue: mixed(low.blue, high.blue))
  }
}

#Preview("Ember", width: 240, height: 160) { context in
  Plasma(waves: 5, time: 0.15, palette: .ember).bitmap(in: context)
}

#Preview("Lagoon", width: 240, height: 160) { context in
  Plasma(waves: 3, time: 0.6, palette: .lagoon).bitmap(in: context)
}
