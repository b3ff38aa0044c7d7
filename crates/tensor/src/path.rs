//! Which kernels run here: chosen once, from what the processor says or from `GYEOL_KERNEL`.

use std::sync::OnceLock;

/// A family of compiled kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KernelPath {
    /// 512-bit vectors with fused multiply-add (x86-64).
    Avx512,
    /// 256-bit vectors with fused multiply-add (x86-64).
    Avx2,
    /// The AArch64 baseline, which has 128-bit vectors and fused multiply-add.
    Neon,
    /// Whatever the target's baseline offers; multiply and add rounded apart.
    Portable,
}

impl KernelPath {
    /// Name as `GYEOL_KERNEL` takes it.
    pub fn name(self) -> &'static str {
        match self {
            KernelPath::Avx512 => "avx512",
            KernelPath::Avx2 => "avx2",
            KernelPath::Neon => "neon",
            KernelPath::Portable => "portable",
        }
    }

    /// True where this machine can run the path.
    pub fn available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            KernelPath::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            KernelPath::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(not(target_arch = "x86_64"))]
            KernelPath::Avx512 | KernelPath::Avx2 => false,
            KernelPath::Neon => cfg!(target_arch = "aarch64"),
            KernelPath::Portable => true,
        }
    }
}

/// The path in force in this process.
///
/// `GYEOL_KERNEL=avx512|avx2|neon|portable` forces one; a name that is unknown or that this machine cannot run
/// is ignored here and reported by [`forced_path_problem`].
pub fn kernel_path() -> KernelPath {
    #[cfg(test)]
    if let Some(path) = tests::ON_THIS_THREAD.get() {
        return path;
    }
    static PATH: OnceLock<KernelPath> = OnceLock::new();
    *PATH.get_or_init(|| match forced() {
        Some(Ok(path)) => path,
        _ => best(),
    })
}

/// Why the path named by `GYEOL_KERNEL` is not in force, if it is not.
pub fn forced_path_problem() -> Option<String> {
    match forced() {
        Some(Err(problem)) => Some(problem),
        _ => None,
    }
}

/// True where bf16 products run: the processor has `vdpbf16ps` and the AVX-512 path is in force.
pub fn bf16_available() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        kernel_path() == KernelPath::Avx512 && is_x86_feature_detected!("avx512bf16")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// True where products of bf16 take clearly less time than those of `f32`: on AMD's cores, which do twice as many
/// multiply-adds a cycle of them (measured on Zen 4). Intel's were measured slower than `f32` by the same instructions.
pub fn bf16_is_quicker() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let vendor = std::arch::x86_64::__cpuid(0);
        let name = [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes).concat();
        bf16_available() && name == b"AuthenticAMD"
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

const ALL: [KernelPath; 4] = [KernelPath::Avx512, KernelPath::Avx2, KernelPath::Neon, KernelPath::Portable];

fn best() -> KernelPath {
    ALL.into_iter().find(|p| p.available()).unwrap_or(KernelPath::Portable)
}

fn forced() -> Option<Result<KernelPath, String>> {
    let name = std::env::var("GYEOL_KERNEL").ok().filter(|n| !n.is_empty())?;
    Some(match ALL.into_iter().find(|p| p.name() == name) {
        None => Err(format!(
            "GYEOL_KERNEL is \"{name}\", which is no kernel path; it may be avx512, avx2, neon or portable"
        )),
        Some(p) if !p.available() => {
            Err(format!("GYEOL_KERNEL is \"{name}\", but this processor cannot run that path"))
        }
        Some(p) => Ok(p),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local! {
        pub(super) static ON_THIS_THREAD: Cell<Option<KernelPath>> = const { Cell::new(None) };
    }

    /// What `f` gives on every path that this machine can run, so that one test compares them.
    pub(crate) fn on_every_path<R>(f: impl Fn() -> R) -> Vec<(KernelPath, R)> {
        let paths = ALL.into_iter().filter(|p| p.available());
        paths
            .map(|path| {
                ON_THIS_THREAD.set(Some(path));
                let r = f();
                ON_THIS_THREAD.set(None);
                (path, r)
            })
            .collect()
    }
}
