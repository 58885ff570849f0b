import CPangoCairo

/// A line of text that Pango sets: with the script's own direction, and an ellipsis where it is too long.
struct Text {
  let string: String
  let font: Font
  let color: Color

  /// Draws with the top of the line at `y`, between `minX` and `minX + width`.
  ///
  /// - Returns: the height of the line, in points.
  @discardableResult
  func draw(on canvas: Canvas, minX: Double, y: Double, width: Double, alignment: PangoAlignment = PANGO_ALIGN_LEFT) -> Double {
    guard let layout = pango_cairo_create_layout(canvas.cairo) else { return 0 }
    defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
    font.withDescription { pango_layout_set_font_description(layout, $0) }
    pango_layout_set_text(layout, string, -1)
    pango_layout_set_width(layout, pangoUnits(width))
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END)
    pango_layout_set_alignment(layout, alignment)
    canvas.set(.color(color))
    cairo_move_to(canvas.cairo, minX, y)
    pango_cairo_show_layout(canvas.cairo, layout)
    var height: Int32 = 0
    pango_layout_get_size(layout, nil, &height)
    return Double(height) / Double(PANGO_SCALE)
  }
}

struct Font {
  var family = "DejaVu Sans, Sans"
  var size: Double
  var weight = PANGO_WEIGHT_NORMAL

  func scaled(by factor: Double) -> Font { Font(family: family, size: size * factor, weight: weight) }

  fileprivate func withDescription(_ body: (OpaquePointer) -> Void) {
    guard let description = pango_font_description_new() else { return }
    defer { pango_font_description_free(description) }
    pango_font_description_set_family(description, family)
    pango_font_description_set_weight(description, weight)
    pango_font_description_set_absolute_size(description, size * Double(PANGO_SCALE))
    body(description)
  }
}

private func pangoUnits(_ points: Double) -> Int32 { Int32(points * Double(PANGO_SCALE)) }
