//! Code that the compiler turns into vectors, compiled for the widest that the processor has.
//!
//! With [`crate::text::masks`], `sketch/lanes` and `judge/blocks` the only unsafe kernels of the crate: calls to functions compiled
//! for AVX2 and AVX-512 after the processor was asked whether it has them.

/// What is compiled once for each kind of vectors, so that `run` is to be `#[inline(always)]`.
pub trait Kernel {
    /// What comes out.
    type Output;
    /// Does it.
    fn run(self) -> Self::Output;
}

/// Runs `kernel` in the fastest form that this processor can run.
#[inline]
#[allow(unsafe_code)]
pub fn run<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("bmi1") {
            // SAFETY: the processor was just found to have AVX-512F and BMI1, all that the callee needs.
            return unsafe { run_avx512(kernel) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") {
            // SAFETY: the processor was just found to have AVX2 and BMI1, all that the callee needs.
            return unsafe { run_avx2(kernel) };
        }
    }
    kernel.run()
}

/// Runs `kernel` where this processor multiplies vectors of 64 bits (AVX-512 DQ), and does nothing elsewhere: who needs such
/// products has a better way where they have to be put together.
#[inline]
#[allow(unsafe_code)]
pub fn run_wide<K: Kernel>(kernel: K) -> Option<K::Output> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq") {
        // SAFETY: the processor was just found to have AVX-512F and AVX-512DQ, all that the callee needs.
        return Some(unsafe { run_avx512dq(kernel) });
    }
    #[cfg(not(target_arch = "x86_64"))]
    drop(kernel);
    None
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn run_avx512dq<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,bmi1")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}
