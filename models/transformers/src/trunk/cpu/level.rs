//! Which vector instructions a kernel is compiled for, chosen while running.
//!
//! The compiler vectorises the same safe code for each level. Sums have one fixed order, so that all levels with fused multiply-add give
//! the same bits.
#![allow(unsafe_code)]

/// A kernel. `WIDE`: 32 vector registers of 16 floats. `FUSED`: multiply-add in one instruction.
pub(super) trait Kernel {
    /// Must be `#[inline(always)]`, as all that it calls: only then is it compiled for the level.
    fn run<const WIDE: bool, const FUSED: bool>(self);
}

/// Runs a kernel by the best instructions that this processor has.
pub(super) fn run<K: Kernel>(kernel: K) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { avx512(kernel) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: as above.
            return unsafe { avx2(kernel) };
        }
        kernel.run::<false, false>();
    }
    // Fused multiply-add is part of every 64-bit ARM.
    #[cfg(not(target_arch = "x86_64"))]
    kernel.run::<false, { cfg!(target_arch = "aarch64") }>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,fma")]
fn avx512<K: Kernel>(kernel: K) {
    kernel.run::<true, true>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<K: Kernel>(kernel: K) {
    kernel.run::<false, true>();
}
