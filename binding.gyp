# node-gyp's way in, for prebuildify and for installations without a matching prebuilt binary. The addon itself is built by CMake.
{
  "targets": [
    {
      "target_name": "hotswift",
      "type": "none",
      "actions": [
        {
          "action_name": "build_native",
          "message": "Building hotswift.node with CMake",
          "inputs": [],
          # Never made, so that the action always runs: CMake knows better what is out of date.
          "outputs": ["<(INTERMEDIATE_DIR)/always"],
          "action": ["node", "scripts/build-native.mjs", "--product-dir", "<(PRODUCT_DIR)"]
        }
      ]
    }
  ]
}
