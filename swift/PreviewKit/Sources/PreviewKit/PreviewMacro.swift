// swift-format-ignore: NoLeadingUnderscores
/// What hotswift writes in the place of `#Preview`, by names that stay what they are in a file that imports SwiftUI, too: that module has a `Preview` and a
/// `PreviewProvider` of its own. Nor is the name of this module written there: a type of the user's may have it.
public enum __HotswiftPreviewMacro {
  public typealias Provider = PreviewProvider
  public typealias Declaration = Preview
}
