import CPangoCairo
import PreviewKit

/// A Cairo context that draws into the pixels of a `Bitmap`, in points.
struct Canvas {
  let cairo: OpaquePointer

  /// A picture of `width` x `height` points with `scale` pixels each, painted by `draw`.
  ///
  /// Throws what Cairo says if it cannot draw, for want of memory, say.
  static func bitmap(width: Int, height: Int, scale: Double, draw: (Canvas) -> Void) throws -> Bitmap {
    let (columns, rows) = (Int((Double(width) * scale).rounded()), Int((Double(height) * scale).rounded()))
    var bitmap = try Bitmap(width: columns, height: rows, order: .bgra) { pixels in
      let surface = cairo_image_surface_create_for_data(
        pixels.bindMemory(to: UInt8.self).baseAddress, CAIRO_FORMAT_ARGB32, Int32(columns), Int32(rows), Int32(columns * 4))
      defer { cairo_surface_destroy(surface) }
      guard let cairo = cairo_create(surface) else { throw CairoError(status: CAIRO_STATUS_NO_MEMORY) }
      defer { cairo_destroy(cairo) }
      cairo_scale(cairo, scale, scale)
      draw(Canvas(cairo: cairo))
      cairo_surface_flush(surface)
      let status = cairo_status(cairo)
      if status != CAIRO_STATUS_SUCCESS { throw CairoError(status: status) }
    }
    bitmap.scale = scale
    return bitmap
  }

  /// Runs `draw` and takes its changes of the clip and of the transformation back.
  func isolated(_ draw: () -> Void) {
    cairo_save(cairo)
    draw()
    cairo_restore(cairo)
  }

  func fill(_ frame: Rect, radius: Double = 0, with paint: Paint) {
    trace(frame, radius: radius)
    set(paint)
    cairo_fill(cairo)
  }

  func clip(to frame: Rect, radius: Double) {
    trace(frame, radius: radius)
    cairo_clip(cairo)
  }

  func fillCircle(x: Double, y: Double, radius: Double, with paint: Paint) {
    cairo_new_path(cairo)
    cairo_arc(cairo, x, y, radius, 0, 2 * .pi)
    set(paint)
    cairo_fill(cairo)
  }

  func set(_ paint: Paint) {
    guard let pattern = paint.makePattern() else { return }
    cairo_set_source(cairo, pattern)
    cairo_pattern_destroy(pattern)
  }

  private func trace(_ frame: Rect, radius: Double) {
    let radius = min(radius, frame.width / 2, frame.height / 2)
    cairo_new_path(cairo)
    cairo_arc(cairo, frame.maxX - radius, frame.minY + radius, radius, -.pi / 2, 0)
    cairo_arc(cairo, frame.maxX - radius, frame.maxY - radius, radius, 0, .pi / 2)
    cairo_arc(cairo, frame.minX + radius, frame.maxY - radius, radius, .pi / 2, .pi)
    cairo_arc(cairo, frame.minX + radius, frame.minY + radius, radius, .pi, 1.5 * .pi)
    cairo_close_path(cairo)
  }
}

struct CairoError: Error, CustomStringConvertible {
  let status: cairo_status_t

  var description: String { String(cString: cairo_status_to_string(status)) }
}

struct Rect {
  var minX: Double
  var minY: Double
  var width: Double
  var height: Double

  var maxX: Double { minX + width }
  var maxY: Double { minY + height }
  var midX: Double { minX + width / 2 }
  var midY: Double { minY + height / 2 }

  func inset(by distance: Double) -> Rect {
    Rect(minX: minX + distance, minY: minY + distance, width: width - 2 * distance, height: height - 2 * distance)
  }
}
