/* warm_frontend.cpp, built, as data: empty where it cannot be of use. */
#if defined(__linux__)
  .section .rodata.hotswift_warm_frontend, "a", %progbits
  .globl hotswift_warm_frontend, hotswift_warm_frontend_end
  .hidden hotswift_warm_frontend, hotswift_warm_frontend_end
  .p2align 4
hotswift_warm_frontend:
  .incbin HOTSWIFT_WARM_FRONTEND
hotswift_warm_frontend_end:
  .byte 0
  .section .note.GNU-stack, "", %progbits
#endif
