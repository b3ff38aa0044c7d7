//! Libraries that panic over damaged input: one more way of saying that it is damaged.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// Lets a library work on input that may be damaged: `None` where it panicked. A hook of the program's own keeps such panics
/// quiet by [`is_contained`].
///
/// ```
/// assert_eq!(gyeol_base::contained(|| 3), Some(3));
/// assert_eq!(gyeol_base::contained(|| -> u8 { panic!("damaged") }), None);
/// ```
pub fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = WITHIN.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    WITHIN.set(before);
    done.ok()
}

/// Whether this thread is within [`contained`].
pub fn is_contained() -> bool {
    WITHIN.get()
}
