// The end of the previewed file: a preview of the module's values, and the function that tests compare.

/** @typedef {import('./lookup.cjs').Lookup} Lookup */
/** @typedef {import('./model.js').SourceFile} SourceFile */
/** @typedef {import('./model.js').Method} Method */

const previewedName = 'View.swift';

/** The preview's size in points; {@link viewLines} fills the first twenty rows with the colour that stands for the sum of the module. */
const viewSize = { width: 240, height: 120 };

/** @param {Lookup} lookup @param {SourceFile} file */
function viewLines(lookup, { entry }) {
  const { name } = /** @type {Method} */ (lookup.entity(entry));
  const { width, height } = viewSize;
  return `/// Draws what the module adds up to as bars below a banner.
struct Dashboard {
  let total: Int

  var banner: String {
    let digits = String(abs(total) % 0x1000000, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  var bars: [String] {
    (0..<8).map { index in
      let length = abs(total) / (index * index * 37 + 1) % 90 + 6
      return "<rect x='\\(index * 30)' y='\\(${height} - length)' width='24' height='\\(length)' fill='#336699'/>"
    }
  }

  var svg: String {
    """
    <svg xmlns='http://www.w3.org/2000/svg' width='${width}' height='${height}'>
      <rect width='${width}' height='20' fill='\\(banner)'/>
      \\(bars.joined(separator: "\\n  "))
    </svg>
    """
  }
}

struct Dashboard_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Dashboard", width: ${width}, height: ${height}) { SVG(Dashboard(total: ${name}(1)).svg) }
  }
}

@_cdecl("value")
public func value() -> Int32 {
  Int32(${name}(1))
}`.split('\n');
}

module.exports = { previewedName, viewLines, viewSize };
