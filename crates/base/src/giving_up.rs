//! Work that nobody waits for any more ends itself: a moment is set around it, and its loops ask now and then.

use std::cell::Cell;
use std::time::Instant;

use crate::{Error, Fault, Kind};

thread_local! {
    static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Does work that [`in_time`] ends after `until`, on this thread.
pub fn until<T>(until: Instant, work: impl FnOnce() -> T) -> T {
    /// Sets the moment of outside again, also where the work panics.
    struct Before(Option<Instant>);
    impl Drop for Before {
        fn drop(&mut self) {
            UNTIL.set(self.0);
        }
    }
    let _before = Before(UNTIL.replace(Some(until)));
    work()
}

/// Asked by long loops; cheap enough for every thousandth row.
///
/// # Errors
/// `too-slow` once the moment that was set around the work has passed.
///
/// ```
/// use std::time::Instant;
/// assert!(gyeol_base::in_time().is_ok());
/// let late = gyeol_base::until(Instant::now(), gyeol_base::in_time);
/// assert_eq!(late.unwrap_err().code(), "too-slow");
/// ```
pub fn in_time() -> Result<(), Error> {
    match UNTIL.get() {
        Some(until) if Instant::now() >= until => {
            let fault =
                Fault::new("too-slow", "the work took longer than the time limit").next("send less at once");
            Err(Error::new(Kind::Stopped, fault))
        }
        _ => Ok(()),
    }
}
