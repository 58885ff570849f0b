// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "weather-card",
  platforms: [.macOS(.v13)],
  products: [.library(name: "WeatherCard", targets: ["WeatherCard"])],
  dependencies: [.package(path: "../../swift/PreviewKit")],
  targets: [.target(name: "WeatherCard", dependencies: ["PreviewKit"])]
)
