/// A picture of pixels: RGBA, 8 bits a channel, colour premultiplied by alpha, rows from top to bottom.
public struct Bitmap: PreviewContent {
  /// Width in pixels.
  public let width: Int
  /// Height in pixels.
  public let height: Int
  /// Pixels per point, more than 0. Default 1. Where neither the snapshot nor the preview has a size, the picture's is `width / scale` x `height / scale` points.
  public var scale: Double = 1
  /// `width * height * 4` bytes: red, green, blue, alpha of the top left pixel first. Transparent at first.
  public private(set) var bytes: [UInt8]

  /// A transparent bitmap.
  ///
  /// - Precondition: `width` and `height` are positive.
  public init(width: Int, height: Int) {
    precondition(width > 0 && height > 0, "a Bitmap has at least one pixel, not \(width) x \(height)")
    self.width = width
    self.height = height
    self.bytes = [UInt8](repeating: 0, count: width * height * 4)
  }

  /// A transparent bitmap that `draw` paints.
  ///
  /// - Precondition: `width` and `height` are positive.
  public init(width: Int, height: Int, draw: (inout Bitmap) throws -> Void) rethrows {
    self.init(width: width, height: height)
    try draw(&self)
  }

  /// A bitmap that a graphics library paints, whose pixels may have their bytes in another order than a bitmap's.
  ///
  /// `draw` is given zeros, `width * 4` bytes a row, without padding, and leaves pixels there that are premultiplied by alpha.
  ///
  /// - Precondition: `width` and `height` are positive.
  public init(
    width: Int, height: Int, order: PixelOrder, draw: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    self.init(width: width, height: height)
    try withUnsafeMutableBytes(draw)
    guard order == .bgra else { return }
    for start in stride(from: 0, to: bytes.count, by: 4) { bytes.swapAt(start, start + 2) }
  }

  /// The pixel in column `x` from the left and row `y` from the top.
  ///
  /// - Precondition: `x` is in `0 ..< width`, `y` in `0 ..< height`.
  public subscript(x: Int, y: Int) -> Pixel {
    get {
      let start = offset(x, y)
      return Pixel(
        premultipliedRed: bytes[start], green: bytes[start + 1], blue: bytes[start + 2], alpha: bytes[start + 3])
    }
    set {
      let start = offset(x, y)
      bytes[start] = newValue.red
      bytes[start + 1] = newValue.green
      bytes[start + 2] = newValue.blue
      bytes[start + 3] = newValue.alpha
    }
  }

  /// Sets every pixel.
  public mutating func fill(_ pixel: Pixel) {
    for start in stride(from: 0, to: bytes.count, by: 4) {
      bytes[start] = pixel.red
      bytes[start + 1] = pixel.green
      bytes[start + 2] = pixel.blue
      bytes[start + 3] = pixel.alpha
    }
  }

  /// The pixels as memory, for graphics libraries that draw into a buffer: `width * 4` bytes a row, without padding.
  public mutating func withUnsafeMutableBytes<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try bytes.withUnsafeMutableBytes(body)
  }

  public var image: PreviewImage { .bitmap(self) }

  private func offset(_ x: Int, _ y: Int) -> Int {
    precondition(
      x >= 0 && x < width && y >= 0 && y < height, "pixel (\(x), \(y)) is outside of \(width) x \(height)")
    return (y * width + x) * 4
  }
}

/// The order of a pixel's bytes in memory.
public enum PixelOrder {
  /// Red, green, blue, alpha: as in a `Bitmap`.
  case rgba
  /// Blue, green, red, alpha: Cairo's `CAIRO_FORMAT_ARGB32`, whose pixels are words, on a processor that is little-endian.
  case bgra
}

/// One pixel, colour premultiplied by alpha.
public struct Pixel: Equatable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8
  public var alpha: UInt8

  /// A colour as designers write it, not premultiplied; channels 0 to 255.
  public init(red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8 = 255) {
    func premultiplied(_ channel: UInt8) -> UInt8 { UInt8((Int(channel) * Int(alpha) + 127) / 255) }
    self.init(
      premultipliedRed: premultiplied(red), green: premultiplied(green), blue: premultiplied(blue), alpha: alpha)
  }

  /// The four bytes as they stand in the bitmap.
  public init(premultipliedRed red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
    self.alpha = alpha
  }
}
