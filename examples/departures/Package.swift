// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "departures",
  platforms: [.macOS(.v13)],
  products: [.library(name: "Departures", targets: ["Departures"])],
  dependencies: [.package(path: "Packages/Timetable")],
  targets: [
    .target(
      name: "Departures", dependencies: [.product(name: "Timetable", package: "Timetable")],
      resources: [.copy("Resources/departures.json"), .copy("Resources/icons")])
  ]
)
