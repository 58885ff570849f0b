/* The ORC runtime's archive as data: the addon carries the one that matches its LLVM. */
#if defined(__APPLE__)
  .section __TEXT,__const
  .globl _hotswift_orc_runtime, _hotswift_orc_runtime_end
  .private_extern _hotswift_orc_runtime, _hotswift_orc_runtime_end
  .p2align 4
_hotswift_orc_runtime:
  .incbin HOTSWIFT_ORC_RUNTIME
_hotswift_orc_runtime_end:
  .byte 0
#else
  .section .rodata.hotswift_orc_runtime, "a", %progbits
  .globl hotswift_orc_runtime, hotswift_orc_runtime_end
  .hidden hotswift_orc_runtime, hotswift_orc_runtime_end
  .p2align 4
hotswift_orc_runtime:
  .incbin HOTSWIFT_ORC_RUNTIME
hotswift_orc_runtime_end:
  .byte 0
  .section .note.GNU-stack, "", %progbits
#endif
