// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "cairo-card",
  platforms: [.macOS(.v13)],
  products: [.library(name: "CairoCard", targets: ["CairoCard"])],
  dependencies: [.package(path: "../../swift/PreviewKit")],
  targets: [
    .systemLibrary(
      name: "CPangoCairo", pkgConfig: "pangocairo",
      providers: [.apt(["libpango1.0-dev", "libcairo2-dev"]), .yum(["pango-devel", "cairo-devel"]), .brew(["pango", "cairo"])]),
    .target(name: "CairoCard", dependencies: ["CPangoCairo", "PreviewKit"]),
  ]
)
