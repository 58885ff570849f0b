import PreviewKit

/// An opaque colour, written as designers write it: `0xRRGGBB`.
struct Color: ExpressibleByIntegerLiteral {
  let hex: UInt32

  init(integerLiteral hex: UInt32) {
    self.hex = hex
  }
}

/// The colours of the card.
struct Palette {
  var skyTop: Color
  var skyBottom: Color
  var ink: Color = 0xFFFFFF
  var panel: Color = 0xFFFFFF
  var panelOpacity: Double
  /// For text and lines that step back behind the rest.
  var secondaryOpacity: Double
  var sun: Color = 0xFFD54A
  var moon: Color = 0xF3E9C6
  var cloud: Color
  var rain: Color
  var bolt: Color = 0xFFC53D

  static let light = Palette(
    skyTop: 0x1F5FC4, skyBottom: 0x4490E0, panelOpacity: 0.16, secondaryOpacity: 0.82,
    cloud: 0xFFFFFF, rain: 0xA9DCFF)

  static let dark = Palette(
    skyTop: 0x0B1430, skyBottom: 0x2A3C68, ink: 0xF1F5FF, panelOpacity: 0.08,
    secondaryOpacity: 0.7, cloud: 0xC9D5EC, rain: 0x7DB9F5)

  /// The same colours for people who need more contrast.
  func withIncreasedContrast() -> Palette {
    var palette = self
    palette.skyBottom = skyTop
    palette.ink = 0xFFFFFF
    palette.secondaryOpacity = 1
    return palette
  }
}

/// The roles text has on the card.
enum TextStyle {
  case display, title, headline, body, caption

  var size: Double {
    switch self {
    case .display: 46
    case .title: 15
    case .headline, .body: 11
    case .caption: 9
    }
  }

  var weight: Int {
    switch self {
    case .display: 200
    case .title, .headline: 700
    case .body, .caption: 400
    }
  }
}

/// Everything a component has to know about how it is shown.
struct Theme {
  let palette: Palette
  let format: WeatherFormat
  let textScale: Double
  let fontFamily = "DejaVu Sans, Helvetica Neue, Helvetica, Arial, sans-serif"

  init(traits: Traits) {
    let palette: Palette = traits.colorScheme == .dark ? .dark : .light
    self.palette = traits.contrast == .increased ? palette.withIncreasedContrast() : palette
    format = WeatherFormat(locale: traits.locale)
    textScale = traits.textScale
  }
}
