//! One body, several compilations: the macro that turns a safe generic body into a function which runs the
//! best compilation of it for this processor.

/// Defines `fn name(args)` that calls `body::<FUSED>(args)`, compiled for each kernel path.
///
/// `FUSED` says whether `mul_add` is one instruction on the path (without that it would call libm, which is
/// sixty times slower than a multiply and an add).
macro_rules! dispatch {
    ($(#[$meta:meta])* $vis:vis fn $name:ident ( $($arg:ident : $ty:ty),* $(,)? ) = $body:ident) => {
        $(#[$meta])*
        $vis fn $name($($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
                fn avx512($($arg: $ty),*) {
                    $body::<true>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) {
                    $body::<true>($($arg),*)
                }
                match $crate::path::kernel_path() {
                    // SAFETY: `kernel_path` gives Avx512 or Avx2 only after the processor said it has them.
                    $crate::path::KernelPath::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::path::KernelPath::Avx2 => return unsafe { avx2($($arg),*) },
                    _ => {}
                }
            }
            #[cfg(target_arch = "aarch64")]
            if $crate::path::kernel_path() == $crate::path::KernelPath::Neon {
                return $body::<true>($($arg),*);
            }
            $body::<false>($($arg),*)
        }
    };
}

pub(crate) use dispatch;
