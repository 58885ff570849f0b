// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "Timetable",
  platforms: [.macOS(.v13)],
  products: [.library(name: "Timetable", targets: ["Timetable"])],
  targets: [.target(name: "Timetable")]
)
