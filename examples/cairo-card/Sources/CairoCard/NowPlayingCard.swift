import CPangoCairo
import PreviewKit

/// What is being played: cover, titles, progress.
struct NowPlayingCard {
  let song: Song
  let traits: Traits

  private var isDark: Bool { traits.colorScheme == .dark }
  private var ink: Color { isDark ? Color(0xF4F1FA) : Color(0x241E38) }
  private var accent: Color { Color(0xF2542D) }

  func draw(on canvas: Canvas, in frame: Rect) {
    let card = frame.inset(by: 8)
    canvas.fill(
      card, radius: 20,
      with: .linear(
        from: (card.minX, card.minY), to: (card.minX, card.maxY), isDark ? Color(0x2B2540) : Color(0xFFFFFF),
        isDark ? Color(0x191527) : Color(0xF0ECF7)))

    let cover = Rect(minX: card.minX + 16, minY: card.minY + 16, width: 96, height: 96)
    drawCover(on: canvas, in: cover)

    let left = cover.maxX + 16
    let width = card.maxX - 16 - left
    var y = cover.minY + 6
    for (string, font, color) in lines {
      y +=
        Text(string: string, font: font.scaled(by: traits.textScale), color: color)
        .draw(on: canvas, minX: left, y: y, width: width) + 4
    }
    drawProgress(on: canvas, in: Rect(minX: cover.minX, minY: cover.maxY + 18, width: card.width - 32, height: 6))
  }

  private var lines: [(String, Font, Color)] {
    [
      ("Now playing", Font(size: 11, weight: PANGO_WEIGHT_BOLD), accent),
      (song.title, Font(size: 18, weight: PANGO_WEIGHT_BOLD), ink),
      (song.artist, Font(size: 14), Color(ink.hex, opacity: 0.8)),
      (song.album, Font(size: 12), Color(ink.hex, opacity: 0.55)),
    ]
  }

  /// The sun goes down behind hills.
  private func drawCover(on canvas: Canvas, in frame: Rect) {
    canvas.isolated {
      canvas.clip(to: frame, radius: 12)
      canvas.fill(
        frame,
        with: .linear(from: (frame.midX, frame.minY), to: (frame.midX, frame.maxY), Color(0x3B2A6B), Color(0xF79256)))
      canvas.fillCircle(x: frame.midX, y: frame.minY + 58, radius: 24, with: .color(Color(0xFFD166)))
      for (index, hill) in [Color(0x6A3D7C), Color(0x4A2B66), Color(0x2A1A45)].enumerated() {
        let offset = Double(index)
        canvas.fillCircle(
          x: frame.minX + 18 + 34 * offset, y: frame.maxY + 34 - 6 * offset, radius: 54, with: .color(hill))
      }
    }
  }

  private func drawProgress(on canvas: Canvas, in frame: Rect) {
    let played = frame.width * Double(song.position) / Double(song.length)
    canvas.fill(frame, radius: 3, with: .color(Color(ink.hex, opacity: 0.15)))
    canvas.fill(
      Rect(minX: frame.minX, minY: frame.minY, width: played, height: frame.height), radius: 3, with: .color(accent))
    canvas.fillCircle(x: frame.minX + played, y: frame.midY, radius: 7, with: .color(accent))

    let times = Font(size: 11)
    let color = Color(ink.hex, opacity: 0.6)
    Text(string: clock(song.position), font: times, color: color)
      .draw(on: canvas, minX: frame.minX, y: frame.maxY + 8, width: frame.width)
    Text(string: "-" + clock(song.length - song.position), font: times, color: color)
      .draw(on: canvas, minX: frame.minX, y: frame.maxY + 8, width: frame.width, alignment: PANGO_ALIGN_RIGHT)
  }

  func bitmap(in context: PreviewContext) throws -> Bitmap {
    // As large as the preview.
    let (width, height) = (context.width ?? 100, context.height ?? 100)
    return try Canvas.bitmap(width: width, height: height, scale: context.scale) { canvas in
      draw(on: canvas, in: Rect(minX: 0, minY: 0, width: Double(width), height: Double(height)))
    }
  }
}

#if HOTSWIFT
  #Preview("Now playing", width: 360, height: 190) { context in
    try NowPlayingCard(song: .sample, traits: context.traits).bitmap(in: context)
  }

  #Preview("At night", width: 360, height: 190) { context in
    var traits = context.traits
    traits.colorScheme = .dark
    return try NowPlayingCard(song: .sample, traits: traits).bitmap(in: context)
  }

  #Preview("Right to left", width: 360, height: 190) { context in
    try NowPlayingCard(song: .arabic, traits: context.traits).bitmap(in: context)
  }
#endif
