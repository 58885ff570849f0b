// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "PreviewKit",
  platforms: [.macOS(.v13), .iOS(.v16)],
  products: [.library(name: "PreviewKit", targets: ["PreviewKit"])],
  targets: [.target(name: "PreviewKit", swiftSettings: [.swiftLanguageMode(.v5)])]
)
