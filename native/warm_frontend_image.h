#pragma once

namespace hotswift {

/// The library of warm_frontend.cpp as a file without a name, which processes
/// can be given to load: its descriptor, which lives as long as this process.
/// -1 where there is none: the library is for Linux with glibc.
int warmFrontendImage();

} // namespace hotswift
