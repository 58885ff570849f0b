/// What hotswift writes in the place of `#Preview`, by names that stay what they are in a file that imports SwiftUI, too: that module has a `Preview` and a
/// `PreviewProvider` of its own.
public enum PreviewMacro {
  public typealias Provider = PreviewProvider
  public typealias Declaration = Preview
}
