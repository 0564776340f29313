# Built by node-gyp. The same sources and flags as CMakeLists.txt; the sources come from native/sources.json.
#
# gyp has no flags per file, so the kernels are one static library per instruction set, all of the same
# sources. Everything else is built for the oldest processor: only a kernel library may use wider registers.
{
  "variables": {
    "gnu_flags": [
      "-std=c++17", "-O3", "-Wall", "-Wextra", "-Werror=switch", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden",
      # Contraction to FMA and no errno or trap bookkeeping, but never -ffast-math: NaN and infinity keep their
      # meaning, and its start-up code would flush denormals in the whole JavaScript thread.
      "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast",
      # A hot loop that straddles a cache line can run at half speed.
      "-falign-loops=64", "-fno-semantic-interposition",
    ],
  },
  "target_defaults": {
    "include_dirs": ["native"],
    "defines": ["NDEBUG"],
    "cflags_cc": ["<@(gnu_flags)"],
    # Node's own choices, which would win over these or add to them.
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
    "cflags!": ["-fno-omit-frame-pointer"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
      "GCC_OPTIMIZATION_LEVEL": "3",
      "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
      "GCC_ENABLE_CPP_RTTI": "NO",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "OTHER_CPLUSPLUSFLAGS": ["<@(gnu_flags)"],
    },
    "msvs_settings": {
      "VCCLCompilerTool": {"AdditionalOptions": ["/std:c++17", "/O2", "/utf-8", "/fp:contract"], "ExceptionHandling": 0},
    },
    # Late, so that it wins over the system that the Node in use was built for.
    "target_conditions": [["OS=='mac'", {"xcode_settings": {"MACOSX_DEPLOYMENT_TARGET": "11.0"}}]],
  },
  "targets": [
    {
      "target_name": "nodegrad",
      "sources": ["<!@(node native/tools/sources.js addon)", "<!@(node native/tools/sources.js core)"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS"],
      "dependencies": ["kernels_base"],
      "conditions": [
        ["target_arch=='x64'", {
          "dependencies": ["kernels_avx2", "kernels_avx512"],
          "defines": ["NG_HAVE_AVX2=1", "NG_HAVE_AVX512=1"],
        }],
        ["target_arch=='arm64'", {"dependencies": ["kernels_neon"], "defines": ["NG_HAVE_NEON=1"]}],
        # The C++ library comes along, and its symbols stay inside. A missing symbol fails the load, not a call.
        ["OS=='linux'", {
          "libraries": [
            "-static-libstdc++", "-static-libgcc", "-pthread",
            # Seen from build/, where make runs: a whole path might have spaces.
            "-Wl,--version-script=../native/exports.map,--gc-sections,-z,now",
          ],
        }],
      ],
    },
    {
      "target_name": "kernels_base",
      "type": "static_library",
      "win_delay_load_hook": "false",
      "sources": ["<!@(node native/tools/sources.js kernels)"],
      "defines": ["NG_ISA=base", "NG_ISA_BASE=1"],
    },
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "kernels_avx2",
          "type": "static_library",
          "win_delay_load_hook": "false",
          "sources": ["<!@(node native/tools/sources.js kernels)"],
          "defines": ["NG_ISA=avx2", "NG_ISA_AVX2=1"],
          "variables": {"isa_flags": ["-mavx2", "-mfma", "-mf16c", "-mbmi2"]},
          "cflags_cc": ["<@(isa_flags)"],
          "xcode_settings": {"OTHER_CPLUSPLUSFLAGS": ["<@(isa_flags)"]},
          "msvs_settings": {"VCCLCompilerTool": {"AdditionalOptions": ["/arch:AVX2"]}},
        },
        {
          "target_name": "kernels_avx512",
          "type": "static_library",
          "win_delay_load_hook": "false",
          "sources": ["<!@(node native/tools/sources.js kernels)"],
          "defines": ["NG_ISA=avx512", "NG_ISA_AVX512=1"],
          "variables": {
            "isa_flags": [
              "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mavx2", "-mfma", "-mbmi2",
              "-mprefer-vector-width=512",
            ],
          },
          "cflags_cc": ["<@(isa_flags)"],
          "xcode_settings": {"OTHER_CPLUSPLUSFLAGS": ["<@(isa_flags)"]},
          "msvs_settings": {"VCCLCompilerTool": {"AdditionalOptions": ["/arch:AVX512"]}},
        },
      ],
    }],
    ["target_arch=='arm64'", {
      "targets": [
        {
          "target_name": "kernels_neon",
          "type": "static_library",
          "win_delay_load_hook": "false",
          "sources": ["<!@(node native/tools/sources.js kernels)"],
          "defines": ["NG_ISA=neon", "NG_ISA_NEON=1"],
        },
      ],
    }],
  ],
}
