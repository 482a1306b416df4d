# A build for 64-bit Arm on another machine: tools/aarch64.sh puts Arm's libraries into HEED_ARM_ROOT
# and runs what comes out under qemu.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES HEED_ARM_ROOT)
set(CMAKE_SYSROOT ${HEED_ARM_ROOT})
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${HEED_ARM_ROOT})
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${HEED_ARM_ROOT})
set(ENV{PKG_CONFIG_LIBDIR}
  ${HEED_ARM_ROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${HEED_ARM_ROOT}/usr/share/pkgconfig)
