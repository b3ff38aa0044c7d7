//! Memory that a file or a request may make the program take: counted before it is taken, since memory that cannot be had
//! ends a process, whatever caught its panics.

use crate::{Error, Fault};

/// Bytes that may still be taken.
///
/// ```
/// let mut budget = gyeol_base::Budget::new(100);
/// assert!(budget.take(60).is_ok());
/// assert!(budget.take(60).is_err());
/// ```
#[derive(Debug, Clone)]
pub struct Budget {
    of: u64,
    left: u64,
}

impl Budget {
    /// So many bytes, never more than this machine and process have at hand.
    pub fn new(bytes: u64) -> Self {
        let of = at_hand().map_or(bytes, |there| bytes.min(there));
        Budget { of, left: of }
    }

    /// Takes so many bytes.
    ///
    /// # Errors
    /// `too-much-memory` where fewer are left; nothing is taken then.
    pub fn take(&mut self, bytes: u64) -> Result<(), Error> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(self.spent(bytes)),
        }
    }

    /// Takes `each` bytes `count` times.
    ///
    /// # Errors
    /// As [`Budget::take`].
    pub fn take_each(&mut self, count: usize, each: u64) -> Result<(), Error> {
        self.take((count as u64).saturating_mul(each))
    }

    /// Gives back what was taken for a while.
    pub fn give_back(&mut self, bytes: u64) {
        self.left = self.left.saturating_add(bytes).min(self.of);
    }

    /// Bytes not yet taken.
    pub fn left(&self) -> u64 {
        self.left
    }

    fn spent(&self, bytes: u64) -> Error {
        let needed = (self.of - self.left).saturating_add(bytes);
        let found =
            format!("what it unpacks to takes {needed} bytes of memory or more, {} are allowed", self.of);
        Fault::new("too-much-memory", found)
            .cause("a small file that unpacks to an enormous one, lengths in it that are not true, or a file too large for this machine")
            .next("cut it into pieces, or leave out columns and rows that are not needed")
            .limit()
    }
}

/// Bytes that this process can plan with: three quarters of what the machine and its control group have left, and half of what
/// its own limit of address space leaves, where an allocator takes more room than it hands out. `None` where the system does
/// not tell (it is asked by the files of Linux).
pub fn at_hand() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| kib(&text, "MemAvailable:"));
    let group = (|| {
        let most: u64 = read("/sys/fs/cgroup/memory.max")?.trim().parse().ok()?;
        let now: u64 = read("/sys/fs/cgroup/memory.current")?.trim().parse().ok()?;
        Some(most.saturating_sub(now))
    })();
    let process = (|| {
        let limits = read("/proc/self/limits")?;
        let line = limits.lines().find(|line| line.starts_with("Max address space"))?;
        let most: u64 =
            line.trim_start_matches("Max address space").split_whitespace().next()?.parse().ok()?;
        let now = read("/proc/self/status").and_then(|text| kib(&text, "VmSize:")).unwrap_or(0);
        Some(most.saturating_sub(now))
    })();
    let quarters = [machine, group].into_iter().flatten().map(|left| left / 4 * 3);
    quarters.chain(process.map(|left| left / 2)).min()
}

/// The bytes of a line `name 123 kB`.
fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_never_overdrawn() {
        let mut budget = Budget::new(1000);
        budget.take(400).unwrap();
        let error = budget.take_each(usize::MAX, u64::MAX).unwrap_err();
        assert_eq!(error.fault().code, "too-much-memory");
        assert_eq!(budget.left(), 600);
        budget.give_back(100);
        budget.take(700).unwrap();
        budget.give_back(u64::MAX);
        assert_eq!(budget.left(), 1000);
    }

    #[test]
    fn lines_of_the_system_are_read() {
        assert_eq!(kib("MemTotal:  5 kB\nMemAvailable:   12 kB\n", "MemAvailable:"), Some(12 * 1024));
        assert_eq!(kib("", "VmSize:"), None);
        if cfg!(target_os = "linux") {
            assert!(at_hand().is_some_and(|bytes| bytes > 1 << 20));
        }
    }
}
