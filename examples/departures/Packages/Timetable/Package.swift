// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "Timetable",
  products: [.library(name: "Timetable", targets: ["Timetable"])],
  targets: [.target(name: "Timetable")]
)
